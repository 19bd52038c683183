import { RateLimiter, type InboundPolicy, type Origin } from '@doorward/core';

export interface PolicyRateLimiter {
  readonly origin: Origin;
  readonly limiter: RateLimiter;
}

const limiters = new WeakMap<InboundPolicy, PolicyRateLimiter>();

/** Nanoseconds of a monotonic clock; exact for 104 days of uptime, then to a few nanoseconds. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}

/**
 * The limiter that belongs to a policy value. A new value starts with full allowances, as in Linkerd's proxy
 * (docs/spec/data-plane.md §3.5).
 */
export function rateLimiterOf(policy: InboundPolicy): PolicyRateLimiter | undefined {
  const { protocol } = policy;
  if (!('rateLimit' in protocol) || protocol.rateLimit === undefined) return undefined;
  let known = limiters.get(policy);
  if (known === undefined) {
    const { rateLimit } = protocol;
    known = { origin: rateLimit.origin, limiter: new RateLimiter(rateLimit, monotonicNs()) };
    limiters.set(policy, known);
  }
  return known;
}
