import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { addressOf, ListenError, listenFailure, listenGrpc, listenOn, type GrpcServer } from './listen.js';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(port: number): Promise<Server> {
  const server = createServer();
  open.push(server);
  await listenOn(server, { host: '127.0.0.1', port }, 'the test');
  return server;
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Says what grpc-js says. */
const grpcServer = (bound: number | Error, asked: string[] = []): GrpcServer<string> => ({
  bindAsync(address, credentials, done) {
    asked.push(`${address} ${credentials}`);
    if (typeof bound === 'number') done(null, bound);
    else done(bound, 0);
  },
});

describe('listening', () => {
  it('gives the address in use, and lets go of the failure’s listener', async () => {
    const server = await listening(0);
    expect(addressOf(server)).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
    expect(addressOf(server).port).toBeGreaterThan(0);
    expect(server.listenerCount('error')).toBe(0);
  });

  it('says who wanted a port that is taken, and what to do', async () => {
    const { port } = addressOf(await listening(0));
    const failure = await failureOf(listening(port));
    expect(failure).toBeInstanceOf(ListenError);
    expect(failure).toMatchObject({
      message: `the test cannot use 127.0.0.1:${port}: the port is in use; end the process that holds it (\`ss -ltnp 'sport = :${port}'\` names it) or choose another port`,
      cause: { code: 'EADDRINUSE' },
    });
  });

  it('of a gRPC server gives the same', async () => {
    const asked: string[] = [];
    const address = { host: '::1', port: 0 };
    expect(await listenGrpc(grpcServer(8090, asked), 'insecure', address, 'the API')).toEqual({
      host: '::1',
      port: 8090,
    });
    expect(asked).toEqual(['[::1]:0 insecure']);
    const taken = new Error(
      'No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use ::1:7]',
    );
    const failure = await failureOf(listenGrpc(grpcServer(taken), '', { host: '::1', port: 7 }, 'the API'));
    expect(failure).toMatchObject({
      message: listenFailure(
        Object.assign(new Error('taken'), { code: 'EADDRINUSE' }),
        { host: '::1', port: 7 },
        'the API',
      ).message,
      cause: taken,
    });
    expect(failure).toBeInstanceOf(ListenError);
  });
});

describe('a failure to listen', () => {
  const address = { host: '192.0.2.1', port: 80 };
  it.each([
    [
      { code: 'EADDRNOTAVAIL' },
      'this machine has no such address; on Linux all of 127.0.0.0/8 is available, other systems need it added first',
    ],
    [{ code: 'EACCES' }, 'ports below 1024 need privileges; choose a higher one'],
    [{ code: 'EMFILE' }, 'odd'],
    [{}, 'odd'],
  ])('for %j names the remedy, or else the reason', (more, remedy) => {
    expect(listenFailure(Object.assign(new Error('odd'), more), address, 'it').message).toBe(
      `it cannot use 192.0.2.1:80: ${remedy}`,
    );
  });

  it('that is no error is told as it is', () => {
    expect(listenFailure('odd', address, 'it').message).toBe('it cannot use 192.0.2.1:80: odd');
  });
});
