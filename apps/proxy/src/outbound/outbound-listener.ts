/**
 * The small outbound side: a plain process dials a local address, and the proxy carries its bytes to another workload over mesh
 * TLS under this workload's identity. No policy is asked here; the other side's proxy asks its own.
 */
import { verifyServer } from '@doorward/mtls';
import { formatHostPort, listenOn, type Log } from '@doorward/telemetry';
import { createServer, type Server, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls';
import type { OpenConnections } from '../inbound/open-connections.js';
import { joinStreams } from '../tcp/join-streams.js';
import type { OutboundPort } from './outbound-port.js';

export interface OutboundOptions {
  readonly port: OutboundPort;
  readonly secureContext: () => SecureContext | undefined;
  readonly connections: OpenConnections;
  /** Bounds connecting and the handshake together. */
  readonly connectTimeoutMs: number;
  readonly log: Log;
}

/** @throws ListenError */
export async function listenOutbound(options: OutboundOptions): Promise<Server> {
  const { port, connections, log } = options;
  const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) => {
    if (!connections.add(socket)) return void socket.destroy();
    socket.on('error', () => {});
    carry(socket, options).catch((error: unknown) => {
      log.error({ event: 'connection.fault', error: String(error) }, 'a fault of ours ended a connection');
      socket.destroy();
    });
  });
  await listenOn(server, port.listen, 'the outbound listener');
  log.info(
    { event: 'outbound.listening', listen: formatHostPort(port.listen), target: formatHostPort(port.target) },
    `listening on ${formatHostPort(port.listen)} for mesh TLS to ${port.serverName} at ${formatHostPort(port.target)}`,
  );
  return server;
}

async function carry(socket: Socket, options: OutboundOptions): Promise<void> {
  const { port, log } = options;
  let secured: TLSSocket;
  try {
    secured = await connectMesh(options);
  } catch (error) {
    log.info(
      {
        event: 'outbound.failed',
        target: formatHostPort(port.target),
        error: error instanceof Error ? error.message : String(error),
      },
      `cannot reach ${port.serverName} at ${formatHostPort(port.target)}`,
    );
    socket.destroy();
    return;
  }
  if (socket.destroyed) return void secured.destroy();
  await joinStreams(socket, secured);
}

/** A TLS 1.3 connection to a peer whose certificate chains to our anchors and carries the wanted name (docs/spec/data-plane.md §8.3). */
async function connectMesh({ port, secureContext, connectTimeoutMs }: OutboundOptions): Promise<TLSSocket> {
  const context = secureContext();
  if (context === undefined) throw new Error('this proxy has no certificate yet');
  return new Promise((resolve, reject) => {
    const options: ConnectionOptions & { allowHalfOpen: boolean } = {
      host: port.target.host,
      port: port.target.port,
      servername: port.serverName,
      secureContext: context,
      minVersion: 'TLSv1.3',
      // A peer that has finished sending may go on receiving.
      allowHalfOpen: true,
      // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment does not make everybody who we want.
      rejectUnauthorized: true,
      // The chain is verified by TLS; the name by membership, since a certificate may carry several.
      checkServerIdentity: verifyServer(port.serverName),
    };
    const stream = connect(options);
    const timer = setTimeout(() => {
      stream.destroy(new Error(`no mesh TLS connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    stream.once('secureConnect', () => {
      clearTimeout(timer);
      stream.on('error', () => {});
      stream.setNoDelay(true);
      resolve(stream);
    });
    stream.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
