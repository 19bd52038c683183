import type { Duplex } from 'node:stream';

export interface JoinLimits {
  /**
   * How long a side that has taken everything may go on once the other is closed in good order, in milliseconds: time for its own
   * end. What it sends meanwhile has nowhere to go and is thrown away; closing at once would reset the connection under what it
   * has yet to read.
   */
  readonly lingerMs: number;
  /** How long it may take before that to accept what is still on its way to it. At most a few reads of 64 KiB: 30 s suit the slowest of links. */
  readonly unreadMs: number;
}

const defaultLimits: JoinLimits = { lingerMs: 1_000, unreadMs: 30_000 };

/**
 * Pass bytes both ways until both directions have ended. An end is passed on as an end, so a peer may finish sending and go on
 * receiving; a broken side breaks the other. Resolves when both are closed, never rejects: what went wrong ended the
 * connection, which is all there is to do about it.
 */
export async function joinStreams(a: Duplex, b: Duplex, limits: JoinLimits = defaultLimits): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const join = (from: Duplex, to: Duplex): void => {
      from.on('error', () => to.destroy());
      from.once('close', () => {
        open -= 1;
        if (open === 0) resolve();
        else finish(to, limits);
      });
      from.pipe(to);
    };
    join(a, b);
    join(b, a);
  });
}

/** The other side is gone: end this one as well. */
function finish(stream: Duplex, { lingerMs, unreadMs }: JoinLimits): void {
  if (!stream.writableEnded) {
    stream.destroy();
    return;
  }
  const destroy = (): void => void stream.destroy();
  let timer = setTimeout(destroy, stream.writableFinished ? lingerMs : unreadMs);
  stream.once('finish', () => {
    clearTimeout(timer);
    timer = setTimeout(destroy, lingerMs);
  });
  stream.once('close', () => clearTimeout(timer));
  // Nobody reads it any more, and a stream that is not read never notices its end.
  stream.resume();
}
