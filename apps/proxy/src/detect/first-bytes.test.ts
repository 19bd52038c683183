import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { peek } from './first-bytes.js';

const open: { destroy(): void }[] = [];
const servers: ReturnType<typeof createServer>[] = [];

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map(async (server) => new Promise((resolve) => server.close(resolve))));
});

/** Both ends of a real connection. */
async function pair(): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
  const accepted = await new Promise<Socket>((resolve) => {
    server.once('connection', resolve);
  });
  open.push(client, accepted);
  return { client, accepted };
}

const atLeast = (length: number) => (bytes: Buffer) => (bytes.length >= length ? bytes.toString() : undefined);

describe('looking at the first bytes', () => {
  it('waits until there is a verdict and puts everything back', async () => {
    const { client, accepted } = await pair();
    const peeked = peek(accepted, atLeast(6), 10_000);
    client.write('abc');
    await once(accepted, 'readable');
    client.write('defgh');
    expect(await peeked).toEqual({ kind: 'verdict', verdict: 'abcdefgh' });
    client.end('!');
    let read = '';
    for await (const chunk of accepted) read += String(chunk);
    expect(read).toBe('abcdefgh!');
  });

  it('gives up when the time is up, with what there is', async () => {
    const { client, accepted } = await pair();
    client.write('abc');
    await once(accepted, 'readable');
    expect(await peek(accepted, atLeast(6), 20)).toEqual({ kind: 'timeout', bytes: Buffer.from('abc') });
    client.end();
    let read = '';
    for await (const chunk of accepted) read += String(chunk);
    expect(read).toBe('abc');
  });

  it('tells that the peer ended before there was a verdict', async () => {
    const { client, accepted } = await pair();
    client.end('abc');
    expect(await peek(accepted, atLeast(6), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.from('abc') });
  });

  it('tells a silent peer from one that went away', async () => {
    const { client, accepted } = await pair();
    expect(await peek(accepted, atLeast(1), 20)).toEqual({ kind: 'timeout', bytes: Buffer.alloc(0) });
    client.destroy();
    expect(await peek(accepted, atLeast(1), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });
  });
});
