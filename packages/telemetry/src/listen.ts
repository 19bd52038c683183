import type { Server } from 'node:net';
import { formatHostPort, type HostPort } from './host-port.js';

/** The address cannot be listened on; the message names it and says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Listen, or say in words for people why not. `what` begins the sentence: `the admin server`. @throws ListenError
 */
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

/** As grpc-js has it: the form of its server that matters here, so that a process without gRPC need not load it. */
export interface GrpcServer<Credentials> {
  bindAsync(address: string, credentials: Credentials, done: (error: Error | null, port: number) => void): void;
}

/** The same for a gRPC server. Returns the address with the real port. @throws ListenError */
export async function listenGrpc<Credentials>(
  server: GrpcServer<Credentials>,
  credentials: Credentials,
  address: HostPort,
  what: string,
): Promise<HostPort> {
  return new Promise((resolve, reject) => {
    server.bindAsync(formatHostPort(address), credentials, (error, port) => {
      if (error === null) resolve({ host: address.host, port });
      else reject(listenFailure(error, address, what));
    });
  });
}

/** Where a server listens: port 0 has become a real one. */
export function addressOf(server: Server): HostPort {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listener without an IP address');
  return { host: address.address, port: address.port };
}

export function listenFailure(error: unknown, address: HostPort, what: string): ListenError {
  return new ListenError(`${what} cannot use ${formatHostPort(address)}: ${remedy(error, address)}`, { cause: error });
}

function remedy(error: unknown, address: HostPort): string {
  switch (codeOf(error)) {
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

/** grpc-js has no codes, but the message of Node's error within its own. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'none';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /\blisten (E[A-Z]+)\b/.exec(error.message)?.[1] ?? 'none';
}
