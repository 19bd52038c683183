/** DER certificates as one PEM text, the leaf first, as TLS servers want it. */
export function pemOfChain(certificates: readonly Uint8Array[]): string {
  return certificates
    .map((der) => {
      const lines = Buffer.from(der)
        .toString('base64')
        .replace(/.{64}(?=.)/g, '$&\n');
      return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}
