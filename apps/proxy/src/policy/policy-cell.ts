import type { InboundPolicy } from '@doorward/core';
import type { Duplex } from 'node:stream';

/**
 * The policy of one port as it stands now. Everybody who holds the cell sees each new value at once; open TCP connections
 * subscribe, requests just read.
 */
export class PolicyCell {
  #current: InboundPolicy;
  #answered = false;
  readonly #listeners = new Set<() => void>();
  /** Who waits for the first answer. Not a promise: what waits on one stays in memory until it is settled. */
  readonly #waiting = new Set<() => void>();

  /** `initial` is in force until the controller has answered. */
  constructor(initial: InboundPolicy) {
    this.#current = initial;
  }

  get current(): InboundPolicy {
    return this.#current;
  }

  /** Whether the current value came from the controller. */
  get answered(): boolean {
    return this.#answered;
  }

  set(policy: InboundPolicy): void {
    this.#current = policy;
    this.#answered = true;
    for (const answered of this.#waiting) answered();
    for (const listener of this.#listeners) listener();
  }

  /** Called after each new value, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Wait for the controller's first answer, `timeoutMs` at most and no longer than `connection` is open; what is in force
   * afterwards is `current`.
   */
  async firstAnswer(timeoutMs: number, connection?: Duplex): Promise<void> {
    if (this.#answered || connection?.destroyed === true) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        connection?.off('close', finish);
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiting.add(finish);
      connection?.once('close', finish);
    });
  }
}
