/**
 * Results of decoding header blocks that carry no state, found again by the block's bytes. Clients repeat themselves: the blocks of one gRPC
 * method differ in few fields, if in any.
 */
export class BlockMemo<Result> {
  readonly #results = new Map<string, Result>();

  /** `make` decodes a block that was not seen before. */
  get(block: Buffer, make: (block: Buffer) => Result): Result {
    if (block.length > blockLengthMax) return make(block);
    const key = block.toString('latin1');
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const made = make(block);
    if (this.#results.size >= entriesMax) {
      // The oldest goes: a client with an id in each request would else keep everything but what it repeats.
      for (const oldest of this.#results.keys()) {
        this.#results.delete(oldest);
        break;
      }
    }
    this.#results.set(key, made);
    return made;
  }
}

/** Longer blocks carry tokens and cookies that rarely repeat. */
const blockLengthMax = 1024;
/** At most about 10 KiB each when a block is all references to the static table, 1–2 KiB else: below 320 KiB a connection. */
const entriesMax = 32;
