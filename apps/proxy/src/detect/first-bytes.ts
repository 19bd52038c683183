import type { Duplex } from 'node:stream';

/** What a look at the first bytes ended with. */
export type Peeked<Verdict> =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** The time was up; what had arrived is handed over for a last judgement. */
  | { readonly kind: 'timeout'; readonly bytes: Buffer }
  /** The peer ended or broke the connection before there was a verdict. */
  | { readonly kind: 'ended'; readonly bytes: Buffer };

/**
 * Read from a paused stream until `judge` knows, then put everything back, so that whoever comes next reads the connection
 * from its first byte. `judge` gets all bytes so far and answers `undefined` to wait for more; it has to give a verdict once
 * the bytes are more than it is willing to hold. A timeout of Infinity waits for ever.
 */
export async function peek<Verdict>(
  stream: Duplex,
  judge: (bytes: Buffer) => Verdict | undefined,
  timeoutMs: number,
): Promise<Peeked<Verdict>> {
  let bytes: Buffer = Buffer.alloc(0);
  return new Promise((resolve) => {
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => finish({ kind: 'timeout', bytes }), timeoutMs)
      : undefined;
    const finish = (result: Peeked<Verdict>): void => {
      clearTimeout(timer);
      stream.off('readable', read);
      stream.off('end', ended);
      stream.off('close', ended);
      stream.off('error', ended);
      if (bytes.length > 0 && !stream.destroyed && !stream.readableEnded) stream.unshift(bytes);
      resolve(result);
    };
    const ended = (): void => finish({ kind: 'ended', bytes });
    const read = (): void => {
      const chunk: unknown = stream.read();
      if (!Buffer.isBuffer(chunk)) return;
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const verdict = judge(bytes);
      if (verdict !== undefined) finish({ kind: 'verdict', verdict });
    };
    stream.on('readable', read);
    stream.once('end', ended);
    stream.once('close', ended);
    // The connection's owner reports errors; here they only end the waiting.
    stream.once('error', ended);
    read();
  });
}
