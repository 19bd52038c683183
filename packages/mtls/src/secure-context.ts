/** The parameters of mesh TLS for node:tls (docs/spec/data-plane.md §8.3), and what a handshake proved. */
import { constants } from 'node:crypto';
import { createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import { certificateNames, peerIdentity, type PeerIdentity } from './subject-names.js';

export interface Credentials {
  /** The leaf first, then what stands between it and a trust anchor. */
  readonly certPem: string;
  readonly keyPem: string;
}

/**
 * One context for both ends of mesh TLS. To rotate, make another one and use it for new handshakes; open connections keep the
 * one they began with.
 *
 * Sessions are not resumed: a resumed client would be let in on a certificate that was checked long ago.
 */
export function meshSecureContext(credentials: Credentials, trustAnchorsPem: string): SecureContext {
  return createSecureContext({
    cert: credentials.certPem,
    key: credentials.keyPem,
    ca: trustAnchorsPem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    ecdhCurve: 'X25519:P-256:P-384',
    // With this option tickets name a session in a cache, and there is no cache; without it a ticket carries the session.
    secureOptions: constants.SSL_OP_NO_TICKET,
    // OpenSSL fails the handshake of a client that offers a session to a server without such an id.
    sessionIdContext: 'mesh',
  });
}

/** How a server asks for a client's certificate: wanted, not demanded. Then look at {@link meshClient}. */
export const requestClientCertificate = { isServer: true, requestCert: true, rejectUnauthorized: false } as const;

export type MeshClient =
  /** It showed no certificate: mesh TLS without an identity. */
  | { readonly kind: 'anonymous' }
  /** Its certificate chains to a trust anchor. The identity is absent if the certificate names nobody. */
  | { readonly kind: 'verified'; readonly identity: PeerIdentity | undefined }
  /** It showed a certificate that does not verify; the connection has to be closed (docs/spec/data-plane.md §2.3). */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * What the client proved; to be asked once the handshake is done (event `secure`) of a server-side socket that was made with
 * {@link requestClientCertificate}.
 */
export function meshClient(socket: TLSSocket): MeshClient {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { kind: 'anonymous' };
  const reason = verifyError(socket);
  return reason === undefined
    ? { kind: 'verified', identity: peerIdentity(certificate.raw) }
    : { kind: 'refused', reason };
}

/**
 * OpenSSL's verdict on the peer's chain; `undefined` when it verified. `TLSSocket.authorized` has it only on sockets that a
 * `tls.Server` made, and a proxy that has already read the ClientHello makes its own. Node offers the verdict nowhere else but on
 * the handle, as `ssl.verifyError()`; should it go from there, nobody is let in.
 */
function verifyError(socket: TLSSocket): string | undefined {
  if (socket.authorized) return undefined;
  const handle: unknown = Reflect.get(socket, 'ssl');
  if (!hasVerifyError(handle)) return 'this version of Node.js does not tell whether the certificate verified';
  const error = handle.verifyError();
  if (error === null || error === undefined) return undefined;
  return error instanceof Error ? error.message : 'certificate not verified';
}

function hasVerifyError(handle: unknown): handle is { verifyError(): unknown } {
  return (
    typeof handle === 'object' && handle !== null && 'verifyError' in handle && typeof handle.verifyError === 'function'
  );
}

/**
 * For `tls.connect({checkServerIdentity})`: the server is `identity` if that is one of its names, whatever its host name is
 * (docs/spec/data-plane.md §8.3). The chain is verified by TLS itself.
 */
export function verifyServer(identity: string): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (_host, certificate) =>
    certificateNames(certificate.raw).includes(identity)
      ? undefined
      : new Error(`certificate does not match TLS identity \`${identity}\``);
}
