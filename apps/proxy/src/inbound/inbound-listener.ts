import { formatHostPort, listenOn, type Log } from '@doorward/telemetry';
import { createServer, type Server } from 'node:net';
import { AppConnector } from './app-connector.js';
import { serveInbound, type InboundContext } from './inbound-connection.js';
import type { InboundPort } from './inbound-port.js';
import type { OpenConnections } from './open-connections.js';

export interface InboundListenerOptions {
  readonly port: InboundPort;
  readonly connections: OpenConnections;
  readonly appConnectTimeoutMs: number;
  readonly context: InboundContext;
  readonly log: Log;
}

/** Accept connections for one port and serve each. @throws an error whose message names the address and the remedy */
export async function listenInbound(options: InboundListenerOptions): Promise<Server> {
  const { port, connections, context, log } = options;
  const app = new AppConnector(port.app, options.appConnectTimeoutMs, log);
  let full = false;
  const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) => {
    if (!connections.add(socket)) {
      if (!full) {
        log.warn(
          { event: 'connections.full', max: connections.max },
          `${connections.max} connections are open; new ones are refused until some end (--max-connections)`,
        );
      }
      full = true;
      socket.destroy();
      return;
    }
    full = false;
    // What breaks a connection shows in its close; without a listener it would break the process.
    socket.on('error', () => {});
    serveInbound(socket, port, app, context).catch((error: unknown) => {
      log.error({ event: 'connection.fault', error: String(error) }, 'a fault of ours ended a connection');
      socket.destroy();
    });
  });
  await listenOn(server, port.listen, 'the inbound listener');
  log.info(
    { event: 'inbound.listening', listen: formatHostPort(port.listen), app: formatHostPort(port.app) },
    `listening on ${formatHostPort(port.listen)} for the application at ${formatHostPort(port.app)}`,
  );
  return server;
}
