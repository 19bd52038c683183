import { X509Certificate } from 'node:crypto';

/** Longer paths have no use; the bound keeps a hostile answer from costing more than a few signatures. */
const longestChain = 8;

/** The certificates of a PEM bundle. @throws Error if one of them, or all of the text, is none */
export function certificatesOfPem(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('no certificate in PEM');
  return blocks.map((block) => new X509Certificate(block));
}

/**
 * Whether a leaf chains to one of the anchors at a point in time; `undefined` if it does, else the reason. For the certificate that
 * one is given oneself: peers are verified by TLS.
 */
export function chainProblem(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  now: Date,
): string | undefined {
  if (intermediates.length > longestChain) return `the chain has more than ${longestChain} certificates`;
  if (!isCurrent(leaf, now)) return `the certificate is valid from ${leaf.validFrom} to ${leaf.validTo} only`;
  const candidates = intermediates.filter((certificate) => certificate.ca && isCurrent(certificate, now));
  const usableAnchors = anchors.filter((certificate) => isCurrent(certificate, now));
  const used = new Set<X509Certificate>();
  let subject = leaf;
  while (used.size <= longestChain) {
    const of = subject;
    if (usableAnchors.some((anchor) => issued(anchor, of))) return undefined;
    const next = candidates.find((candidate) => !used.has(candidate) && issued(candidate, of));
    if (next === undefined) break;
    used.add(next);
    subject = next;
  }
  return 'the certificate does not chain to a trust anchor';
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function isCurrent(certificate: X509Certificate, now: Date): boolean {
  return new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo);
}
