import { RateLimiter, type InboundPolicy } from '@doorward/core';

const limiters = new WeakMap<InboundPolicy, RateLimiter>();

/** Nanoseconds of a monotonic clock; exact for 104 days of uptime, then to a few nanoseconds. */
export function monotonicNs(): number {
  return Number(process.hrtime.bigint());
}

/**
 * The limiter that belongs to a policy value. A new value starts with full allowances, as in Linkerd's proxy
 * (docs/spec/data-plane.md §3.5).
 */
export function rateLimiterOf(policy: InboundPolicy): RateLimiter | undefined {
  const { protocol } = policy;
  if (!('rateLimit' in protocol) || protocol.rateLimit === undefined) return undefined;
  let limiter = limiters.get(policy);
  if (limiter === undefined) {
    limiter = new RateLimiter(protocol.rateLimit, monotonicNs());
    limiters.set(policy, limiter);
  }
  return limiter;
}
