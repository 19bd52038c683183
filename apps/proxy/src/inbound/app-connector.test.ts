import { decide } from '@doorward/core';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { decided, plain } from '../testing/asked.js';
import { Cleanup } from '../testing/cleanup.js';
import { anyone, policy } from '../testing/policies.js';
import { RecordedLog } from '../testing/recorded-log.js';
import { AppConnector } from './app-connector.js';
import { AppUnreachable } from './session.js';

const allowed = decide(policy('opaque', anyone), plain, { kind: 'connection' });
if (allowed.verdict !== 'allowed') throw new Error('not allowed');
const { permit } = allowed;

async function listen(server: Server, port = 0): Promise<number> {
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('dialling the application', () => {
  const cleanup = new Cleanup();
  afterEach(async () => cleanup.run());

  it('says once that it cannot be reached, and once that it can again', async () => {
    const down = createServer();
    const port = await listen(down);
    await new Promise((resolve) => down.close(resolve));
    const log = new RecordedLog();
    const connector = new AppConnector({ host: '127.0.0.1', port }, 10_000, log);
    for (const _ of [1, 2]) {
      const error = await connector.connect(permit).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AppUnreachable);
      expect(error).toMatchObject({ status: 502, message: 'client error (Connect)' });
    }
    const up = createServer((socket) => cleanup.destroyLater(socket));
    await listen(up, port);
    cleanup.add({ close: () => up.close() });
    for (const _ of [1, 2]) cleanup.destroyLater(await connector.connect(permit));
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        event: 'app.unreachable',
        app: `127.0.0.1:${port}`,
        reason: expect.stringMatching(/ECONNREFUSED/),
      },
      { level: 'info', event: 'app.reachable', app: `127.0.0.1:${port}` },
    ]);
  });

  it('does not wait longer than it may', async () => {
    // An address for documentation, where nobody answers; where the network says so at once, that is an answer too.
    const log = new RecordedLog();
    const connector = new AppConnector({ host: '192.0.2.1', port: 9 }, 20, log);
    const started = performance.now();
    const error = await connector.connect(permit).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppUnreachable);
    expect([502, 504]).toContain(error instanceof AppUnreachable ? error.status : undefined);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(log.of('app.unreachable').length).toBe(1);
  });

  it('needs a permit, which only a decision makes', () => {
    expect(decided(policy('opaque'), plain)).not.toHaveProperty('permit');
  });
});
