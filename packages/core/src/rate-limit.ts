/**
 * Local rate limits: GCRA with a burst of one second (docs/spec/data-plane.md §4.6). State lives here, time comes from the
 * caller, so that the same calls give the same answers.
 */
import type { RateLimit } from './policy.js';

/** Which limit refused, and its rate in requests per second. */
export interface RateLimitExceeded {
  readonly scope: 'total' | 'per-identity' | 'override';
  readonly requestsPerSecond: number;
}

class Limiter {
  readonly #stepNs: number;
  readonly #toleranceNs: number;

  constructor(readonly requestsPerSecond: number) {
    this.#stepNs = Math.floor(1e9 / requestsPerSecond);
    this.#toleranceNs = this.#stepNs * (requestsPerSecond - 1);
  }

  /** The new theoretical arrival time, or `undefined` when the request comes too early. */
  admit(arrivalNs: number, nowNs: number): number | undefined {
    return nowNs >= arrivalNs - this.#toleranceNs ? Math.max(arrivalNs, nowNs) + this.#stepNs : undefined;
  }
}

/** One allowance, shared by whoever asks it. */
class Allowance {
  #arrivalNs: number;

  constructor(
    readonly limiter: Limiter,
    nowNs: number,
  ) {
    this.#arrivalNs = nowNs;
  }

  take(nowNs: number): boolean {
    const next = this.limiter.admit(this.#arrivalNs, nowNs);
    if (next === undefined) return false;
    this.#arrivalNs = next;
    return true;
  }

  /** A full allowance behaves like one that was never used. */
  isFull(nowNs: number): boolean {
    return this.#arrivalNs <= nowNs;
  }
}

/** How many identities are remembered before full allowances are dropped: about 200 B each, so 2 MB a port at most in between. */
const identitiesBeforeSweep = 10_000;

export class RateLimiter {
  readonly #total: Allowance | undefined;
  readonly #perIdentity: Limiter | undefined;
  readonly #identities = new Map<string | undefined, Allowance>();
  readonly #overrides = new Map<string, Allowance>();
  #sweepAt = identitiesBeforeSweep;

  /** `nowNs`: a monotonic clock in nanoseconds. */
  constructor(limit: RateLimit, nowNs: number) {
    if (limit.total !== undefined) this.#total = new Allowance(new Limiter(limit.total), nowNs);
    if (limit.perIdentity !== undefined) this.#perIdentity = new Limiter(limit.perIdentity);
    for (const { requestsPerSecond, identities } of limit.overrides) {
      // All identities of an entry share one allowance; an identity named twice has the last entry's.
      const allowance = new Allowance(new Limiter(requestsPerSecond), nowNs);
      for (const identity of identities) this.#overrides.set(identity, allowance);
    }
  }

  /**
   * Take one request's worth. `identity` is the client's proven name; all clients without one share an allowance. The total is
   * taken first and is not given back when a later limit refuses.
   */
  take(identity: string | undefined, nowNs: number): RateLimitExceeded | undefined {
    if (this.#total?.take(nowNs) === false) return exceeded('total', this.#total.limiter);
    const override = identity === undefined ? undefined : this.#overrides.get(identity);
    if (override !== undefined) return override.take(nowNs) ? undefined : exceeded('override', override.limiter);
    if (this.#perIdentity === undefined) return undefined;
    let allowance = this.#identities.get(identity);
    if (allowance === undefined) {
      this.#sweep(nowNs);
      allowance = new Allowance(this.#perIdentity, nowNs);
      this.#identities.set(identity, allowance);
    }
    return allowance.take(nowNs) ? undefined : exceeded('per-identity', this.#perIdentity);
  }

  #sweep(nowNs: number): void {
    if (this.#identities.size < this.#sweepAt) return;
    for (const [identity, allowance] of this.#identities) {
      if (allowance.isFull(nowNs)) this.#identities.delete(identity);
    }
    // Should all be in use, do not sweep again for each newcomer.
    this.#sweepAt = Math.max(identitiesBeforeSweep, this.#identities.size * 2);
  }
}

function exceeded(scope: RateLimitExceeded['scope'], { requestsPerSecond }: Limiter): RateLimitExceeded {
  return { scope, requestsPerSecond };
}
