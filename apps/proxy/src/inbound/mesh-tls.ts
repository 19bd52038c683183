/** The proxy's end of mesh TLS: TLS 1.3 under its own name, with the client's identity from its certificate. */
import { meshClient, requestClientCertificate, type PeerIdentity } from '@doorward/mtls';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';

export interface MeshIdentity {
  /** The SNI that means mesh TLS; every other name is passed through. In lower case. */
  readonly serverName: string;
  /** Newest certificate; a rotation concerns new handshakes only. Absent until the first one was issued. */
  secureContext(): SecureContext | undefined;
}

export interface AcceptedTls {
  readonly stream: TLSSocket;
  /** Absent when the client showed no certificate, or one that names nobody. */
  readonly identity: PeerIdentity | undefined;
}

/**
 * Finish the handshake on a socket whose ClientHello was put back. `undefined` when it failed or took too long: then the
 * connection is over. A client certificate is asked for and may be missing; one that was shown and does not verify is
 * refused (docs/spec/data-plane.md §2.3).
 */
export async function acceptMeshTls(
  socket: Socket,
  identity: MeshIdentity,
  timeoutMs: number,
): Promise<AcceptedTls | undefined> {
  const secureContext = identity.secureContext();
  if (secureContext === undefined) return undefined;
  const stream = new TLSSocket(socket, { ...requestClientCertificate, secureContext });
  const established = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => finish(false), timeoutMs);
    const finish = (done: boolean): void => {
      clearTimeout(timer);
      stream.off('close', failed);
      resolve(done);
    };
    const failed = (): void => finish(false);
    stream.once('secure', () => finish(true));
    stream.once('close', failed);
    // A failed handshake is the client's affair; the closed connection is the answer.
    stream.on('error', failed);
  });
  if (!established) {
    stream.destroy();
    return undefined;
  }
  const client = meshClient(stream);
  if (client.kind === 'refused') {
    stream.destroy();
    return undefined;
  }
  return { stream, identity: client.kind === 'verified' ? client.identity : undefined };
}
