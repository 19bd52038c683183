import { once } from 'node:events';
import type { Server } from 'node:net';

/** Listen on a free port of 127.0.0.1; the port. */
export async function listenLocally(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on an IP address');
  return address.port;
}
