import type { Server } from 'node:net';
import { formatHostPort, type HostPort } from './inbound/inbound-port.js';

/** The address cannot be listened on; the message names it and says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Listen, or say in words for people why not. */
export async function listenOn(server: Server, address: HostPort, what: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(
        new ListenError(`${what} cannot use ${formatHostPort(address)}: ${remedy(error, address)}`, { cause: error }),
      );
    };
    server.once('error', failed);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function remedy(error: NodeJS.ErrnoException, address: HostPort): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `the port is in use; end the process that holds it (\`ss -ltnp 'sport = :${address.port}'\` names it) or choose another port`;
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; on Linux all of 127.0.0.0/8 is available, other systems need it added first';
    case 'EACCES':
      return 'ports below 1024 need privileges; choose a higher one';
    case undefined:
    default:
      return error.message;
  }
}
