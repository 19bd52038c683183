/** Time, as far as renewals need it, so that a test need not wait for tomorrow. */
export interface Clock {
  now(): Date;
  /** Run once after `delayMs`; what is returned takes it back. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
