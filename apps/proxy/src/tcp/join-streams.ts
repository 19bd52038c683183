import type { Duplex } from 'node:stream';

/**
 * Pass bytes both ways until both directions have ended. An end is passed on as an end, so a peer may finish sending and go on
 * receiving; a broken side breaks the other. Resolves when both are closed, never rejects: what went wrong ended the
 * connection, which is all there is to do about it.
 */
export async function joinStreams(a: Duplex, b: Duplex): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const closed = (): void => {
      open -= 1;
      // One side is gone: what the other still sends has nowhere to go, what it still has to get was flushed by its end.
      if (open === 1) {
        for (const stream of [a, b]) if (!stream.writableEnded) stream.destroy();
      }
      if (open === 0) resolve();
    };
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      from.on('error', () => to.destroy());
      from.once('close', closed);
      from.pipe(to);
    }
  });
}
