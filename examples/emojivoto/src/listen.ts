/** Opening and closing Node's servers as promises. */
import { once } from 'node:events';
import type { Server } from 'node:net';
import type { Address } from './address.js';

/** Resolves to the address with the real port. Rejects when it can't be had, for instance with EADDRINUSE. */
export async function listenOn(server: Server, { host, port }: Address): Promise<Address> {
  server.listen({ host, port });
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('a TCP server has an address and a port');
  return { host, port: bound.port };
}

/** Stops accepting and resolves once the last connection is gone; the caller ends those that would stay. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The one error there is says that it was closed already, which is what was asked for.
    server.close(() => {
      resolve();
    });
  });
}
