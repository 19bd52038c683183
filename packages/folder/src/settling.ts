/** Files that changed and have to come to rest before they are read. Times are in milliseconds of a monotonic clock. */
export class Settling {
  readonly #quietMs: number;
  readonly #burstMs: number;
  readonly #moving = new Map<string, { signature: string; since: number; quietMs: number }>();
  /** When the burst began that is going on now. */
  #began: number | undefined;

  constructor(options: { readonly quietMs: number; readonly burstMs: number }) {
    this.#quietMs = options.quietMs;
    this.#burstMs = options.burstMs;
  }

  get isIdle(): boolean {
    return this.#moving.size === 0;
  }

  get paths(): Iterable<string> {
    return this.#moving.keys();
  }

  has(path: string): boolean {
    return this.#moving.has(path);
  }

  /** Every file, at rest or not. */
  all(): string[] {
    return [...this.#moving.keys()].sort();
  }

  /** The file is seen in this version. Its rest begins anew if that is another one, or if an event came for it. */
  saw(path: string, signature: string, isTouched: boolean, now: number): void {
    const before = this.#moving.get(path);
    if (!before || isTouched || before.signature !== signature) {
      this.#moving.set(path, { signature, since: now, quietMs: this.#quietMs });
    }
    this.#began ??= now;
  }

  /** Read, or as it was before. */
  forget(path: string): void {
    this.#moving.delete(path);
    if (this.#moving.size === 0) this.#began = undefined;
  }

  clear(): void {
    this.#moving.clear();
    this.#began = undefined;
  }

  isQuietFor(path: string, quietMs: number, now: number): boolean {
    return now - (this.#moving.get(path)?.since ?? now) >= quietMs;
  }

  /** Let a file rest longer than others. */
  extend(path: string, quietMs: number): void {
    const entry = this.#moving.get(path);
    if (entry) this.#moving.set(path, { ...entry, quietMs });
  }

  /** The files at rest, if all are, or if the burst has gone on for too long to wait for the others. */
  ready(now: number): string[] {
    const quiet = [...this.#moving].filter(([, { since, quietMs }]) => now - since >= quietMs).map(([path]) => path);
    const isLong = this.#began !== undefined && now - this.#began >= this.#burstMs;
    if (quiet.length < this.#moving.size && !isLong) return [];
    if (isLong) this.#began = now;
    return quiet.sort();
  }

  /** How long until it makes sense to ask again; undefined when nothing is waited for. */
  waitMs(now: number): number | undefined {
    if (this.#moving.size === 0) return undefined;
    let last = 0;
    for (const { since, quietMs } of this.#moving.values()) last = Math.max(last, since + quietMs);
    const burstEnd = (this.#began ?? now) + this.#burstMs;
    // Timers may fire a fraction early.
    return Math.max(1, Math.ceil(Math.min(last, Math.max(burstEnd, now + 1)) - now));
  }
}
