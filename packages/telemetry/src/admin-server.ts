import { createServer, type Server } from 'node:http';
import { isIP } from 'node:net';

export interface AdminOptions {
  readonly host: string;
  /** 0: the system picks one. */
  readonly port: number;
  /** `/ready` says 200 or 503; `/live` always 200. */
  readonly isReady: () => boolean;
  /** The text of `/metrics`. */
  readonly metrics: () => string;
}

export interface AdminServer {
  /** `HOST:PORT` in use. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * `/live`, `/ready` and `/metrics` for operators (docs/spec/data-plane.md §9). It tells who called whom, so it belongs on
 * loopback unless somebody decides otherwise. @throws when the address cannot be listened on
 */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    // Whatever the method: a body is not read, and nothing here changes anything.
    const path = request.url?.split('?')[0] ?? '';
    const { status, text } = answer(path, options);
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { address: addressOf(server), close: async () => closeServer(server) };
}

function answer(path: string, { isReady, metrics }: AdminOptions): { status: number; text: string } {
  switch (path) {
    case '/live':
      return { status: 200, text: 'live\n' };
    case '/ready':
      return isReady() ? { status: 200, text: 'ready\n' } : { status: 503, text: 'not ready\n' };
    case '/metrics':
      return { status: 200, text: metrics() };
    default:
      return { status: 404, text: '' };
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the admin server has no IP address');
  return isIP(address.address) === 6 ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
