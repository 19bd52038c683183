import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { SocketPairs } from '../testing/socket-pair.js';
import { peek } from './first-bytes.js';

const pairs = new SocketPairs();
afterEach(async () => pairs.closeAll());

const atLeast = (length: number) => (bytes: Buffer) => (bytes.length >= length ? bytes.toString() : undefined);

describe('looking at the first bytes', () => {
  it('waits until there is a verdict and puts everything back', async () => {
    const { client, accepted } = await pairs.open();
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
    const { client, accepted } = await pairs.open();
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
    const { client, accepted } = await pairs.open();
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
    const { client, accepted } = await pairs.open();
    accepted.on('error', () => {});
    client.resetAndDestroy();
    await new Promise((resolve) => accepted.once('close', resolve));
    expect(await peek(accepted, atLeast(6), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });

    const other = await pairs.open();
    other.client.end();
    other.accepted.resume();
    await once(other.accepted, 'end');
    expect(await peek(other.accepted, atLeast(6), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });
  });

  it('holds as much as the judge wants, however small the pieces that a stream holds by itself', async () => {
    const { client, accepted } = await pairs.open();
    const length = 4 * accepted.readableHighWaterMark + 1;
    client.end(Buffer.alloc(length, 'x'));
    const peeked = await peek(accepted, (bytes) => (bytes.length >= length ? bytes.length : undefined), 10_000);
    expect(peeked).toEqual({ kind: 'verdict', verdict: length });
    let read = 0;
    for await (const chunk of accepted) read += (chunk as Buffer).length;
    expect(read).toBe(length);
  });

  it('tells a silent peer from one that went away', async () => {
    const { client, accepted } = await pairs.open();
    expect(await peek(accepted, atLeast(1), 20)).toEqual({ kind: 'timeout', bytes: Buffer.alloc(0) });
    client.destroy();
    expect(await peek(accepted, atLeast(1), 10_000)).toEqual({ kind: 'ended', bytes: Buffer.alloc(0) });
  });
});
