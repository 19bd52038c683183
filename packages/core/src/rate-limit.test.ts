/** The numbers of docs/spec/data-plane.md §4.6. */
import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limit.js';
import type { RateLimit } from './policy.js';
import { origin } from './testing/build.js';

const second = 1e9;
const start = 5 * second;

function limiter(limit: Partial<RateLimit>): RateLimiter {
  return new RateLimiter({ origin: origin('httplocalratelimitpolicy', 'limit'), overrides: [], ...limit }, start);
}

/** How many of `count` requests at one moment get through. */
function admitted(subject: RateLimiter, count: number, identity: string | undefined, nowNs: number): number {
  return Array.from({ length: count }, () => subject.take(identity, nowNs)).filter((refused) => refused === undefined)
    .length;
}

describe('a limit of n requests per second', () => {
  it.each([1, 2, 3, 7, 10, 1000])('admits %i at once, then one every n-th of a second', (rps) => {
    const subject = limiter({ total: rps });
    const stepNs = Math.floor(second / rps);
    expect(admitted(subject, rps + 5, undefined, start)).toBe(rps);
    expect(admitted(subject, 1, undefined, start + stepNs - 1)).toBe(0);
    expect(admitted(subject, 2, undefined, start + stepNs)).toBe(1);
    expect(admitted(subject, 5, undefined, start + 3 * stepNs)).toBe(Math.min(2, rps));
  });

  it('is full again after a second, and never fuller', () => {
    const subject = limiter({ total: 10 });
    expect(admitted(subject, 20, undefined, start)).toBe(10);
    expect(admitted(subject, 20, undefined, start + second)).toBe(10);
    expect(admitted(subject, 20, undefined, start + 3600 * second)).toBe(10);
  });

  it('is not used up by what it refuses', () => {
    const subject = limiter({ total: 2 });
    expect(admitted(subject, 1000, undefined, start)).toBe(2);
    expect(admitted(subject, 1000, undefined, start + second / 2)).toBe(1);
  });

  it('says which limit refused, and its rate', () => {
    const subject = limiter({ total: 3, perIdentity: 1, overrides: [{ requestsPerSecond: 2, identities: ['vip'] }] });
    expect(subject.take('a', start)).toBeUndefined();
    expect(subject.take('a', start)).toEqual({ scope: 'per-identity', requestsPerSecond: 1 });
    expect(subject.take('b', start)).toBeUndefined();
    expect(subject.take('c', start)).toEqual({ scope: 'total', requestsPerSecond: 3 });
    const vips = limiter({ overrides: [{ requestsPerSecond: 1, identities: ['vip'] }] });
    expect(vips.take('vip', start)).toBeUndefined();
    expect(vips.take('vip', start)).toEqual({ scope: 'override', requestsPerSecond: 1 });
  });
});

describe('limits by identity', () => {
  it('are each client’s own', () => {
    const subject = limiter({ perIdentity: 5 });
    expect(admitted(subject, 9, 'a', start)).toBe(5);
    expect(admitted(subject, 9, 'b', start)).toBe(5);
    expect(admitted(subject, 9, 'a', start)).toBe(0);
  });

  it('are shared by all clients without one', () => {
    const subject = limiter({ perIdentity: 5 });
    expect(admitted(subject, 3, undefined, start)).toBe(3);
    expect(admitted(subject, 3, undefined, start)).toBe(2);
    expect(admitted(subject, 3, 'a', start)).toBe(3);
  });

  it('give way to an override, whose clients share it', () => {
    const subject = limiter({ perIdentity: 2, overrides: [{ requestsPerSecond: 4, identities: ['a', 'b'] }] });
    expect(admitted(subject, 3, 'a', start)).toBe(3);
    expect(admitted(subject, 3, 'b', start)).toBe(1);
    expect(admitted(subject, 3, 'c', start)).toBe(2);
  });

  it('of an identity named twice are the last entry’s', () => {
    const overrides = [
      { requestsPerSecond: 1, identities: ['a', 'b'] },
      { requestsPerSecond: 3, identities: ['a'] },
    ];
    const subject = limiter({ overrides });
    expect(admitted(subject, 9, 'a', start)).toBe(3);
    expect(admitted(subject, 9, 'b', start)).toBe(1);
  });

  it('without any of their own leave a client unlimited', () => {
    expect(admitted(limiter({ overrides: [{ requestsPerSecond: 1, identities: ['a'] }] }), 100, 'b', start)).toBe(100);
  });
});

describe('total, identity and overrides together', () => {
  it('meet their limits at 5, 10 and 15, each refusal at the total’s cost', () => {
    const subject = limiter({
      total: 35,
      perIdentity: 5,
      overrides: [
        { requestsPerSecond: 10, identities: ['ten'] },
        { requestsPerSecond: 15, identities: ['fifteen'] },
      ],
    });
    const round = (nowNs: number) => {
      const refused: string[] = [];
      for (let i = 1; i <= 15; i++) {
        for (const [client, most] of [
          ['plain', 6],
          ['ten', 11],
          ['fifteen', 15],
        ] as const) {
          if (i > most) continue;
          const exceeded = subject.take(client, nowNs);
          if (exceeded !== undefined) refused.push(`${client} ${i} ${exceeded.scope}`);
        }
      }
      return [...refused, subject.take('late', nowNs)?.scope];
    };
    // 6 + 11 + 15 = 32 of the total's 35 are taken, two of them for nothing; then 3 more are left.
    expect(round(start)).toEqual(['plain 6 per-identity', 'ten 11 override', undefined]);
    expect(admitted(subject, 5, 'late', start)).toBe(2);
    expect(subject.take('fresh', start)).toEqual({ scope: 'total', requestsPerSecond: 35 });
    expect(round(start + second)).toEqual(['plain 6 per-identity', 'ten 11 override', undefined]);
  });
});

describe('what is remembered', () => {
  it('can be forgotten without anybody noticing', () => {
    const subject = limiter({ perIdentity: 2 });
    for (let i = 0; i < 10_000; i++) expect(subject.take(`early-${i}`, start)).toBeUndefined();
    // A second later the first are full again and make room; whoever is short stays short.
    const later = start + second;
    expect(admitted(subject, 3, 'busy', later)).toBe(2);
    for (let i = 0; i < 20_000; i++) subject.take(`late-${i}`, later);
    expect(admitted(subject, 3, 'busy', later)).toBe(0);
    expect(admitted(subject, 3, 'early-7', later)).toBe(2);
  });
});
