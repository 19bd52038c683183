import { Refusal } from './refusal.js';

/** Room for a usual head, so that a head in two segments is copied once. */
const firstCapacity = 2_048;

/**
 * Reads one head after the other from a stream of chunks, wherever the network cut them. Bytes are looked at once; a head that
 * lies within one chunk is not copied.
 */
export abstract class HeadReader<HeadType> {
  /** After {@link read} gave a head: where in the chunk the bytes after it begin. */
  end = 0;
  #partial: Buffer | undefined;
  #length = 0;

  /** Whether some bytes of a head have arrived, but not all. */
  get started(): boolean {
    return this.#partial !== undefined;
  }

  /**
   * Read on. A head: complete, the chunk's bytes from {@link end} on are not part of it. A refusal: the stream is of no more use.
   * `undefined`: the whole chunk was taken, more is needed.
   */
  read(chunk: Buffer): HeadType | Refusal | undefined {
    const partial = this.#partial;
    if (partial === undefined) {
      const head = this.scan(chunk, chunk.length);
      if (head === undefined) this.#keep(chunk, Buffer.allocUnsafeSlow(Math.max(firstCapacity, chunk.length)), 0);
      else this.#reset(head, 0);
      return head;
    }
    const before = this.#length;
    const bytes = this.#keep(chunk, partial, before);
    const head = this.scan(bytes, this.#length);
    if (head !== undefined) this.#reset(head, before);
    return head;
  }

  /** Scan `bytes`, which hold the stream from the head's first byte up to `end`, from where the last scan stopped. */
  protected abstract scan(bytes: Buffer, end: number): HeadType | Refusal | undefined;

  /** After a head, or a refusal: forget it. Returns the length of what was read. */
  protected abstract restart(): number;

  #keep(chunk: Buffer, into: Buffer, at: number): Buffer {
    const length = at + chunk.length;
    let bytes = into;
    if (bytes.length < length) {
      // The scanners refuse at their limits, so this grows to the longest head and one chunk at most.
      bytes = Buffer.allocUnsafeSlow(Math.max(length, bytes.length * 2));
      into.copy(bytes, 0, 0, at);
    }
    chunk.copy(bytes, at);
    this.#partial = bytes;
    this.#length = length;
    return bytes;
  }

  #reset(result: HeadType | Refusal, before: number): void {
    const length = this.restart();
    this.end = result instanceof Refusal ? 0 : length - before;
    this.#partial = undefined;
    this.#length = 0;
  }
}
