import type { InboundPolicy } from '@doorward/core';

/**
 * The policy of one port as it stands now. Everybody who holds the cell sees each new value at once; open TCP connections
 * subscribe, requests just read.
 */
export class PolicyCell {
  #current: InboundPolicy;
  #answered = false;
  readonly #listeners = new Set<() => void>();
  readonly #firstAnswer: Promise<void>;
  #resolveFirst: () => void = () => {};

  /** `initial` is in force until the controller has answered. */
  constructor(initial: InboundPolicy) {
    this.#current = initial;
    this.#firstAnswer = new Promise((resolve) => {
      this.#resolveFirst = resolve;
    });
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
    this.#resolveFirst();
    for (const listener of this.#listeners) listener();
  }

  /** Called after each new value, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Wait for the controller's first answer, `timeoutMs` at most; what is in force afterwards is `current`. */
  async firstAnswer(timeoutMs: number): Promise<void> {
    if (this.#answered) return;
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#firstAnswer, timeUp]);
    clearTimeout(timer);
  }
}
