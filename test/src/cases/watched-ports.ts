/** What the watchers of a case's ports are told from step to step. */
import { expect } from 'vitest';
import { compactPolicy } from './compact-policy.js';
import type { Case } from './corpus.js';
import type { CompactPolicy } from './policy-format.js';
import type { GrpcDoor } from './grpc-door.js';
import { targetOf } from './question.js';
import type { Stage } from './stages.js';

type Served = CompactPolicy | 'unknown';

/** What is in force on the ports that have been spoken of, by target. */
export type ServedPorts = Map<string, Served>;

/** Exactly one message where the policy is another than before, none where it is not. A port that a step leaves out keeps its own. */
export async function checkWatched(
  found: Case,
  { policy, where }: Stage,
  door: GrpcDoor,
  served: ServedPorts,
): Promise<void> {
  const now = new Map(policy.map((row) => [targetOf(found, row).text, row.is] as const));
  for (const [text, is] of new Map([...served, ...now])) {
    const told = (await door.told(targetOf(found, { target: text }))).map((policy) =>
      policy === 'unknown' ? policy : compactPolicy(policy),
    );
    // Who asks for a workload that is still unknown is told so again.
    const isNews = is === 'unknown' || !isEqual(served.get(text), is);
    expect.soft(told, `${where}, what a watcher of ${text} is told`).toEqual(isNews ? [is] : []);
    served.set(text, is);
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => isEqual(value, right.get(key)));
}
