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

  it.each([
    ['in one piece', ['abc']],
    ['in several pieces', ['a', 'b', 'c']],
  ])('tells that the peer ended before there was a verdict, and loses nothing that came %s', async (_, pieces) => {
    const { client, accepted } = await pair();
    let known = 0;
    const peeked = peek(
      accepted,
      (bytes) => {
        known = bytes.length;
        return undefined;
      },
      10_000,
    );
    for (const piece of pieces) {
      client.write(piece);
      await once(accepted, 'readable');
    }
    expect(known).toBe(3);
    client.end();
    expect(await peeked).toEqual({ kind: 'ended', bytes: Buffer.from('abc') });
    // Another look sees the same, and the bytes are still there to be read.
    expect(await peek(accepted, atLeast(6), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.from('abc') });
    let read = '';
    for await (const chunk of accepted) read += String(chunk);
    expect(read).toBe('abc');
  });

  it('does not wait for a connection that is over', async () => {
    const { client, accepted } = await pair();
    accepted.on('error', () => {});
    client.resetAndDestroy();
    await new Promise((resolve) => accepted.once('close', resolve));
    expect(await peek(accepted, atLeast(6), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });

    const other = await pair();
    other.client.end();
    other.accepted.resume();
    await once(other.accepted, 'end');
    expect(await peek(other.accepted, atLeast(6), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });
  });

  it('holds as much as the judge wants, however small the pieces that a stream holds by itself', async () => {
    const { client, accepted } = await pair();
    const length = 4 * accepted.readableHighWaterMark + 1;
    client.end(Buffer.alloc(length, 'x'));
    const peeked = await peek(accepted, (bytes) => (bytes.length >= length ? bytes.length : undefined), 10_000);
    expect(peeked).toEqual({ kind: 'verdict', verdict: length });
    let read = 0;
    for await (const chunk of accepted) read += (chunk as Buffer).length;
    expect(read).toBe(length);
  });

  it('tells a silent peer from one that went away', async () => {
    const { client, accepted } = await pair();
    expect(await peek(accepted, atLeast(1), 20)).toEqual({ kind: 'timeout', bytes: Buffer.alloc(0) });
    client.destroy();
    expect(await peek(accepted, atLeast(1), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });
  });
});
