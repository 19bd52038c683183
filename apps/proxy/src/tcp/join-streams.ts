import type { Duplex } from 'node:stream';

/**
 * How long a side may go on once the other is closed in good order: time to take what was still on its way to it. What it sends
 * meanwhile has nowhere to go and is thrown away; closing at once would reset the connection under what it has yet to read.
 */
const lingerMs = 1_000;

/**
 * Pass bytes both ways until both directions have ended. An end is passed on as an end, so a peer may finish sending and go on
 * receiving; a broken side breaks the other. Resolves when both are closed, never rejects: what went wrong ended the
 * connection, which is all there is to do about it.
 */
export async function joinStreams(a: Duplex, b: Duplex): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const join = (from: Duplex, to: Duplex): void => {
      from.on('error', () => to.destroy());
      from.once('close', () => {
        open -= 1;
        if (open === 0) resolve();
        else finish(to);
      });
      from.pipe(to);
    };
    join(a, b);
    join(b, a);
  });
}

/** The other side is gone: end this one as well. */
function finish(stream: Duplex): void {
  if (!stream.writableEnded) {
    stream.destroy();
    return;
  }
  const timer = setTimeout(() => stream.destroy(), lingerMs);
  stream.once('close', () => clearTimeout(timer));
  // Nobody reads it any more, and a stream that is not read never notices its end.
  stream.resume();
}
