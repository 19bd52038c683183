import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { OpenConnections } from './open-connections.js';

const closed = async (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('close', resolve));

describe('open connections', () => {
  it('are as many as may be, and one more when one has ended', async () => {
    const connections = new OpenConnections(2);
    const [a, b, c] = [new Socket(), new Socket(), new Socket()];
    expect([connections.add(a), connections.add(b), connections.add(c), connections.count]).toEqual([
      true,
      true,
      false,
      2,
    ]);
    const over = closed(a);
    a.destroy();
    await over;
    expect([connections.count, connections.add(c), connections.count]).toEqual([1, true, 2]);
    connections.destroyAll();
    await connections.empty();
    expect([a, b, c].map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  it('tell everybody who waits when the last has ended', async () => {
    const connections = new OpenConnections(2);
    await connections.empty();
    const [a, b] = [new Socket(), new Socket()];
    connections.add(a);
    connections.add(b);
    let told = 0;
    const waiting = [1, 2].map(async () => connections.empty().then(() => (told += 1)));
    const over = closed(a);
    a.destroy();
    await over;
    expect(told).toBe(0);
    b.destroy();
    await Promise.all(waiting);
    expect(told).toBe(2);
  });
});
