import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { decideByReference, type ReferenceDecision } from './decide.reference.js';
import type { Decision } from './decision.js';
import type { Authorization, InboundPolicy } from './policy.js';
import { arbitraryInterview } from './testing/arbitrary.js';
import { net } from './testing/build.js';

/** More for a night's run: `DOORWARD_PROPERTY_RUNS=200000 npx vitest run packages/core`. */
const numRuns = Number(process.env['DOORWARD_PROPERTY_RUNS'] ?? 2000);
/** A tenth of this is what it takes here. */
const timeoutMs = 5000 + 2 * numRuns;

function essence(decision: Decision): ReferenceDecision {
  const { route } = decision;
  if (decision.verdict === 'denied') return { verdict: 'denied', reason: decision.reason, route };
  return { verdict: 'allowed', route, authorization: decision.authorization, filters: decision.filters };
}

function outcome(decision: Decision): string {
  if (decision.verdict === 'denied') return decision.reason;
  return decision.audit ? 'audited' : 'allowed';
}

describe('decide and its reference', () => {
  it(
    'agree on every question, in whatever order they come',
    () => {
      fc.assert(
        fc.property(arbitraryInterview, ({ policy, questions }) => {
          for (const { client, wanted } of [...questions, ...questions]) {
            expect(essence(decide(policy, client, wanted))).toEqual(decideByReference(policy, client, wanted));
          }
        }),
        { numRuns },
      );
    },
    timeoutMs,
  );

  it('are asked questions of every outcome, often', () => {
    const outcomes = new Map<string, number>();
    let asked = 0;
    for (const { policy, questions } of fc.sample(arbitraryInterview, { numRuns: 1000, seed: 7 })) {
      for (const { client, wanted } of questions) {
        const decision = decide(policy, client, wanted);
        outcomes.set(outcome(decision), (outcomes.get(outcome(decision)) ?? 0) + 1);
        asked += 1;
      }
    }
    const shares = Object.fromEntries([...outcomes].map(([outcome, count]) => [outcome, count / asked]));
    expect(Object.keys(shares).sort()).toEqual([
      'allowed',
      'audited',
      'http-only',
      'no-route',
      'not-http',
      'unauthorized',
    ]);
    expect(shares['allowed']).toBeGreaterThan(0.1);
    expect(shares['unauthorized']).toBeGreaterThan(0.1);
    expect(shares['no-route']).toBeGreaterThan(0.1);
    for (const share of Object.values(shares)) expect(share).toBeGreaterThan(0.01);
  });
});

const anywhere = [net('0.0.0.0/0'), net('::/0')].map((network) => ({ network, except: [] }));
const audit: Authorization = {
  origin: { kind: 'default', name: 'audit' },
  networks: anywhere,
  authentication: { kind: 'unauthenticated' },
};

describe('audit', () => {
  it(
    'never changes an allow, and lets in exactly those whom no policy permits',
    () => {
      fc.assert(
        fc.property(arbitraryInterview, ({ policy, questions }) => {
          const audited: InboundPolicy = { ...policy, authorizations: [...policy.authorizations, audit] };
          for (const { client, wanted } of questions) {
            const before = decide(policy, client, wanted);
            const after = decide(audited, client, wanted);
            const unchanged = before.verdict === 'allowed' || before.reason !== 'unauthorized';
            // A path of two readings may be unauthorized as one and without a route as the other; that it stays, audit or not.
            const lawful: unknown[] = unchanged ? [outcome(before)] : ['audited', 'no-route'];
            expect(lawful).toContain(outcome(after));
            expect(unchanged ? after : before).toEqual(before);
          }
        }),
        { numRuns: numRuns / 4 },
      );
    },
    timeoutMs,
  );

  it(
    'lets the same in wherever the list has it',
    () => {
      fc.assert(
        fc.property(arbitraryInterview, ({ policy, questions }) => {
          const last: InboundPolicy = { ...policy, authorizations: [...policy.authorizations, audit] };
          const first: InboundPolicy = { ...policy, authorizations: [audit, ...policy.authorizations] };
          for (const { client, wanted } of questions) {
            expect(decide(first, client, wanted).verdict).toBe(decide(last, client, wanted).verdict);
          }
        }),
        { numRuns: numRuns / 4 },
      );
    },
    timeoutMs,
  );
});
