/** Opening and closing Node's servers as promises. */
import { once } from 'node:events';
import type { Server } from 'node:net';
import { formatAddress, type Address } from './address.js';

/** Resolves to the address with the real port. Rejects when it can't be had, and says what to do where it is in use. */
export async function listenOn(server: Server, address: Address): Promise<Address> {
  server.listen({ host: address.host, port: address.port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenFault(address, error);
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('a TCP server has an address and a port');
  return { host: address.host, port: bound.port };
}

/** Why nothing can listen at an address, and the remedy where something else does. */
export function listenFault(address: Address, error: unknown): unknown {
  // grpc-js has no code, only words.
  if (!(error instanceof Error && error.message.includes('EADDRINUSE'))) return error;
  const remedy = 'end what listens there, mostly another demo, or use `npm start -- --free-ports`';
  return new Error(`${formatAddress(address)} is in use; ${remedy}`, { cause: error });
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
