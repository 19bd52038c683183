import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Both ends of real TCP connections, half-open allowed, for tests of what happens between two sockets. */
export class SocketPairs {
  readonly #sockets: Socket[] = [];
  readonly #servers: Server[] = [];

  async open(): Promise<{ client: Socket; accepted: Socket }> {
    const server = createServer({ allowHalfOpen: true });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const client = connect({ host: '127.0.0.1', port: address.port, allowHalfOpen: true });
    const accepted = await new Promise<Socket>((resolve) => {
      server.once('connection', resolve);
    });
    this.#sockets.push(client, accepted);
    return { client, accepted };
  }

  async closeAll(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
    await Promise.all(this.#servers.splice(0).map(async (server) => new Promise((resolve) => server.close(resolve))));
  }
}
