import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SocketPairs } from '../testing/socket-pair.js';
import { joinStreams } from './join-streams.js';

const pairs = new SocketPairs();
afterEach(async () => pairs.closeAll());

async function joined(): Promise<{ client: Socket; app: Socket; done: Promise<void> }> {
  const [left, right] = await Promise.all([pairs.open(), pairs.open()]);
  return { client: left.client, app: right.client, done: joinStreams(left.accepted, right.accepted) };
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  // Not by iterating, which would destroy the socket at the end of what it reads.
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(socket, 'end');
  return text;
}

describe('two joined connections', () => {
  it('carry bytes both ways, and an end as an end', async () => {
    const { client, app, done } = await joined();
    client.end('question');
    expect(await readAll(app)).toBe('question');
    app.end('answer');
    expect(await readAll(client)).toBe('answer');
    await done;
  });

  it('end together when one breaks', async () => {
    const { client, app, done } = await joined();
    client.write('half a ques');
    await once(app, 'readable');
    client.resetAndDestroy();
    expect(await readAll(app)).toBe('half a ques');
    await done;
  });

  it('end when one side has closed and the other only ever waits', async () => {
    const { client, app, done } = await joined();
    client.end();
    await readAll(app);
    app.end('bye');
    app.destroySoon();
    // The client does not read and does not close: it is let go all the same.
    expect(await done).toBeUndefined();
  });

  it('end when the side that is left stops after the other is gone', async () => {
    const { client, app, done } = await joined();
    app.end();
    app.destroySoon();
    await once(client, 'readable');
    client.read();
    client.write('too late');
    client.on('error', () => {});
    client.destroy();
    expect(await done).toBeUndefined();
  });

  it('leave a slow reader the time to take what was on its way when the other side was gone', async () => {
    const { client: app, accepted: inner } = await pairs.open();
    const taken: string[] = [];
    let take = (): void => {};
    const slow = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk.toString());
        take = done;
      },
    });
    const done = joinStreams(slow, inner, { lingerMs: 1, unreadMs: 10_000 });
    slow.push(null);
    await readAll(app);
    app.end('the whole answer');
    await new Promise((resolve) => inner.once('close', resolve));
    // Its own time would be over by now, had it begun.
    await setTimeout(5);
    expect([taken, slow.destroyed]).toEqual([['the whole answer'], false]);
    take();
    await done;
    expect(slow.writableFinished).toBe(true);
  });

  it('do not wait for ever for one who takes nothing', async () => {
    const { client: app, accepted: inner } = await pairs.open();
    const stuck = new Duplex({ read() {}, write() {} });
    const done = joinStreams(stuck, inner, { lingerMs: 10_000, unreadMs: 1 });
    stuck.push(null);
    await readAll(app);
    app.end('answer');
    await done;
    expect(stuck.writableFinished).toBe(false);
  });
});
