/** What a case expects of the policy of its ports, held against a door that has one. */
import { decide, RateLimiter, type InboundPolicy, type RateLimit } from '@doorward/core';
import { expect } from 'vitest';
import { compactPolicy, originText } from './compact-policy.js';
import type { Case } from './corpus.js';
import type { Expectations, RequestRow } from './format.js';
import { clientOf, rowText, seenClient, targetOf, wantedOf, type CaseTarget } from './question.js';
import type { Stage } from './stages.js';

/** `undefined`: the door knows no such workload. */
export type PolicyDoor = (target: CaseTarget) => Promise<InboundPolicy | undefined>;

export async function check(found: Case, expected: Stage, door: PolicyDoor): Promise<void> {
  const { where } = expected;
  const policies = new Map<string, InboundPolicy | undefined>();
  const policyOf = async (row: { readonly target?: string | undefined }): Promise<InboundPolicy | undefined> => {
    const target = targetOf(found, row);
    if (!policies.has(target.text)) policies.set(target.text, await door(target));
    return policies.get(target.text);
  };
  const known = async (row: { readonly target?: string | undefined }): Promise<InboundPolicy> => {
    const policy = await policyOf(row);
    if (policy === undefined) throw new Error(`${where}: there is no workload ${targetOf(found, row).text}`);
    return policy;
  };

  for (const row of expected.policy) {
    const policy = await policyOf(row);
    expect.soft(policy ? compactPolicy(policy) : 'unknown', `${where}, ${targetOf(found, row).text}`).toEqual(row.is);
  }
  for (const row of expected.requests) {
    const policy = await known(row);
    expect.soft(answerOf(found, row, policy), `${where}, ${rowText(found, row)}`).toEqual(answerIn(row));
  }
  for (const row of expected.rates) {
    const limiter = limiterOf(await known(row), where);
    const taken = row.take.flatMap(({ identity, times, atMs }) =>
      Array.from({ length: times }, () => limitText(limiter.take(identity, atMs * 1e6))),
    );
    const wanted = row.take.flatMap(({ times, is }) => Array.from({ length: times }, () => is));
    expect.soft(taken, `${where}, limits of ${targetOf(found, row).text}`).toEqual(wanted);
  }
  for (const row of expected.loads) {
    const shares = loadShares(limiterOf(await known(row), where), row);
    for (const [i, { limited, identity = 'no identity', perSecond }] of row.clients.entries()) {
      const what = `${where}, ${identity} at ${perSecond} a second for ${row.seconds} s`;
      // The specification gives these shares as "about".
      expect.soft(Math.abs((shares[i] ?? 0) - limited), `${what}: ${shares[i]} is refused`).toBeLessThan(0.05);
    }
  }
}

/** The decision, as far as the row speaks of it. */
function answerOf(found: Case, row: RequestRow, policy: InboundPolicy): object {
  const client = seenClient(clientOf(found, row), policy);
  const decision = decide(policy, client, wantedOf(row, client));
  const route = row.route !== undefined && { route: decision.route && originText(decision.route) };
  if (decision.verdict === 'denied') return { is: decision.verdict, reason: decision.reason, ...route };
  return {
    is: decision.verdict,
    by: originText(decision.authorization.origin),
    audit: decision.audit,
    ...route,
    ...(row.filters && { filters: decision.filters }),
  };
}

function answerIn({ is, by, audit, reason, route, filters }: RequestRow): object {
  if (is === 'denied') return { is, reason, ...(route !== undefined && { route }) };
  return { is, by, audit, ...(route !== undefined && { route }), ...(filters && { filters }) };
}

function limiterOf({ protocol }: InboundPolicy, where: string): RateLimiter {
  const limit: RateLimit | undefined = 'rateLimit' in protocol ? protocol.rateLimit : undefined;
  if (limit === undefined) throw new Error(`${where}: the port has no rate limit`);
  return new RateLimiter(limit, 0);
}

function limitText(exceeded: ReturnType<RateLimiter['take']>): string {
  return exceeded === undefined ? 'ok' : `${exceeded.scope} ${exceeded.requestsPerSecond}`;
}

/** The clients send evenly, a little out of step with one another. */
function loadShares(limiter: RateLimiter, { seconds, clients }: Expectations['loads'][number]): number[] {
  const requests = clients.flatMap(({ identity, perSecond }, i) =>
    Array.from({ length: perSecond * seconds }, (_, n) => ({ i, identity, atNs: (n / perSecond) * 1e9 + i * 1e6 })),
  );
  const refused = clients.map(() => 0);
  for (const { i, identity, atNs } of requests.sort((a, b) => a.atNs - b.atNs)) {
    if (limiter.take(identity, atNs) !== undefined) refused[i] = (refused[i] ?? 0) + 1;
  }
  return clients.map(({ perSecond }, i) => (refused[i] ?? 0) / (perSecond * seconds));
}
