/** One way to tell what happens to a port while objects come and go. */
import type { InboundPolicy } from '@doorward/core';
import { keyOf, type PolicyObject } from '@doorward/resources';
import { expect } from 'vitest';
import type { ClusterConfig } from '../config.js';
import { PolicyIndex } from '../policy-index.js';
import type { WorkloadRef } from '../workload.js';
import { cluster } from './policies.js';

export interface Step {
  readonly apply?: readonly PolicyObject[];
  readonly remove?: readonly PolicyObject[];
  /** Absent: nothing changes. `gone`: there is no such workload. */
  readonly expect?: InboundPolicy | 'gone';
}

export interface Story {
  readonly config?: Partial<ClusterConfig>;
  /** `pod-0` in `ns-0` where nothing is said. */
  readonly workload?: Partial<WorkloadRef>;
  /** 2222 where nothing is said. */
  readonly port?: number;
}

/**
 * Applies each step and asserts what is in force then: told to a watcher exactly once if it changed and not at all if it did not;
 * the same when asked for; and the same in an index that gets all the objects at once, in the opposite order.
 */
export function check({ config, workload, port = 2222 }: Story, steps: readonly Step[]): PolicyIndex {
  const settings = { ...cluster, ...config };
  const ref: WorkloadRef = { namespace: 'ns-0', kind: 'pod', name: 'pod-0', ...workload };
  const index = new PolicyIndex(settings);
  const told: (InboundPolicy | undefined)[] = [];
  const stop = index.watch(ref, port, (policy) => told.push(policy));
  let current: InboundPolicy | undefined;

  for (const [number, step] of steps.entries()) {
    told.length = 0;
    index.applyAll({ upserted: step.apply ?? [], removed: (step.remove ?? []).map(keyOf) });
    const wanted = step.expect === undefined ? current : step.expect === 'gone' ? undefined : step.expect;
    const label = `step ${number + 1}`;
    expect(told, `${label}, what the watcher was told`).toEqual(step.expect === undefined ? [] : [wanted]);
    expect(index.policyOf(ref, port), `${label}, what is in force`).toEqual(wanted);
    const rebuilt = new PolicyIndex(settings);
    for (const object of [...index.objects()].toReversed()) rebuilt.apply(object);
    expect(rebuilt.policyOf(ref, port), `${label}, built anew`).toEqual(wanted);
    current = wanted;
  }
  stop();
  return index;
}
