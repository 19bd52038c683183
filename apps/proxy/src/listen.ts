import type { Server } from 'node:net';
import { formatHostPort, type HostPort } from './inbound/inbound-port.js';

/** The address cannot be listened on; the message names it and says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Listen, or say in words for people why not. @throws ListenError */
export async function listenOn(server: Server, address: HostPort, what: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => reject(listenFailure(error, address, what));
    server.once('error', failed);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

export function listenFailure(error: unknown, address: HostPort, what: string): ListenError {
  return new ListenError(`${what} cannot use ${formatHostPort(address)}: ${remedy(error, address)}`, { cause: error });
}

function remedy(error: unknown, address: HostPort): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `the port is in use; end the process that holds it (\`ss -ltnp 'sport = :${address.port}'\` names it) or choose another port`;
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; on Linux all of 127.0.0.0/8 is available, other systems need it added first';
    case 'EACCES':
      return 'ports below 1024 need privileges; choose a higher one';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
