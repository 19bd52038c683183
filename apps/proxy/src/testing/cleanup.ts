/** What a test has opened, closed after it in the opposite order. */
export class Cleanup {
  readonly #open: (() => unknown)[] = [];

  /** Close it at the end, and hand it on. */
  add<T extends { close(): unknown } | { destroy(): unknown }>(thing: T): T {
    this.#open.push(() => ('close' in thing ? thing.close() : thing.destroy()));
    return thing;
  }

  /** Sockets have no `close`; of streams that have both, `destroy` is meant. */
  destroyLater<T extends { destroy(): unknown }>(thing: T): T {
    this.#open.push(() => thing.destroy());
    return thing;
  }

  async run(): Promise<void> {
    for (const close of this.#open.splice(0).toReversed()) await close();
  }
}
