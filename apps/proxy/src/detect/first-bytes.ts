import type { Duplex } from 'node:stream';

/** What a look at the first bytes ended with. */
export type Peeked<Verdict> =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** The time was up, or the answer no longer wanted; what had arrived is handed over for a last judgement. */
  | { readonly kind: 'timeout'; readonly bytes: Buffer }
  /** The peer ended or broke the connection before there was a verdict. After an orderly end the bytes can still be read. */
  | { readonly kind: 'ended'; readonly bytes: Buffer };

/**
 * Look at the beginning of a paused stream until `judge` knows, and leave everything in it, so that whoever comes next reads the
 * connection from its first byte. `judge` gets all bytes so far and answers `undefined` to wait for more; it has to give a verdict
 * once the bytes are more than it is willing to hold. A timeout of Infinity waits for ever, or until `enough` says so.
 */
export async function peek<Verdict>(
  stream: Duplex,
  judge: (bytes: Buffer) => Verdict | undefined,
  timeoutMs: number,
  enough?: AbortSignal,
): Promise<Peeked<Verdict>> {
  let bytes: Buffer = Buffer.alloc(0);
  // Such a stream has no more events to wait for.
  if (stream.destroyed || stream.readableEnded) return { kind: 'ended', bytes };
  return new Promise((resolve) => {
    const stop = (): void => finish({ kind: 'timeout', bytes });
    const timer = Number.isFinite(timeoutMs) ? setTimeout(stop, timeoutMs) : undefined;
    const finish = (result: Peeked<Verdict>): void => {
      clearTimeout(timer);
      enough?.removeEventListener('abort', stop);
      stream.off('readable', look);
      stream.off('end', ended);
      stream.off('close', ended);
      stream.off('error', ended);
      resolve(result);
    };
    const ended = (): void => finish({ kind: 'ended', bytes });
    const look = (): void => {
      // Asked for one byte more than is known, a stream gives nothing until there is more, and at its end what is left. So what is
      // undecided never leaves the stream, which could not take it back once it has said `end`.
      const beginning: unknown = stream.read(bytes.length + 1);
      if (!Buffer.isBuffer(beginning)) return;
      const rest: unknown = beginning.length > bytes.length ? stream.read() : undefined;
      const all = Buffer.isBuffer(rest) ? Buffer.concat([beginning, rest]) : beginning;
      stream.unshift(all);
      if (all.length === bytes.length) return ended();
      bytes = all;
      const verdict = judge(bytes);
      if (verdict !== undefined) finish({ kind: 'verdict', verdict });
    };
    stream.on('readable', look);
    stream.once('end', ended);
    stream.once('close', ended);
    // The connection's owner reports errors; here they only end the waiting.
    stream.once('error', ended);
    enough?.addEventListener('abort', stop);
    look();
  });
}
