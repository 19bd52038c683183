import { createServer, type Server } from 'node:http';
import { formatHostPort, type HostPort } from './host-port.js';
import { addressOf, listenOn } from './listen.js';

export interface AdminOptions extends HostPort {
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
 * loopback unless somebody decides otherwise. @throws ListenError
 */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    // Whatever the method: a body is not read, and nothing here changes anything.
    const path = request.url?.split('?')[0] ?? '';
    const { status, text } = answer(path, options);
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  });
  await listenOn(server, options, 'the admin server');
  return { address: formatHostPort(addressOf(server)), close: async () => closeServer(server) };
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

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
