const never = Number.POSITIVE_INFINITY;

/**
 * When a connection is closed if nothing happens until then. One timer for the connection's life: moving the deadline away costs
 * a clock reading, so a request costs no work on timers.
 */
export class Deadline {
  readonly #expired: () => void;
  #at = never;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer looks at the deadline; always at or before it. */
  #looksAt = never;

  constructor(expired: () => void) {
    this.#expired = expired;
  }

  /** Expire after this many milliseconds, in the place of what was set before. */
  set(afterMs: number): void {
    const now = performance.now();
    this.#at = now + afterMs;
    if (this.#at < this.#looksAt) this.#look(now, afterMs);
  }

  /** Don't expire until it is set again. */
  clear(): void {
    this.#at = never;
  }

  /** For good. */
  stop(): void {
    this.#at = never;
    this.#looksAt = never;
    clearTimeout(this.#timer);
  }

  #look(now: number, afterMs: number): void {
    clearTimeout(this.#timer);
    this.#looksAt = now + afterMs;
    this.#timer = setTimeout(this.#onTimer, afterMs);
  }

  readonly #onTimer = (): void => {
    this.#looksAt = never;
    if (this.#at === never) return;
    const now = performance.now();
    // Node's timers may be early by a fraction of a millisecond.
    if (this.#at - now < 1) this.#expired();
    else this.#look(now, this.#at - now);
  };
}
