/** A case as a sequence of states: that at the beginning, then that after each step. */
import type { Case } from './corpus.js';
import type { Expectations } from './format.js';
import type { Step } from './manifest-state.js';
import { targetOf } from './question.js';

export interface Stage extends Expectations {
  /** What leads to it; absent at the beginning. */
  readonly by?: Step;
  /** For messages. */
  readonly where: string;
}

export const stagesOf = ({ expected }: Case): Stage[] => [
  { ...expectationsOf(expected), where: 'at first' },
  ...expected.steps.map((by, i) => ({ ...expectationsOf(by), by, where: `step ${i + 1} (${by.step})` })),
];

const expectationsOf = ({ policy, requests, rates, loads }: Expectations): Expectations => ({
  policy,
  requests,
  rates,
  loads,
});

export const rowCount = ({ policy, requests, rates, loads }: Expectations): number =>
  policy.length + requests.length + rates.length + loads.length;

/** Only what a proxy can ask for: pod templates have none. */
export function ofProxies(found: Case, stage: Stage): Stage {
  const isAskable = (row: { readonly target?: string | undefined }): boolean =>
    targetOf(found, row).ref.kind !== 'workload';
  return {
    ...stage,
    policy: stage.policy.filter(isAskable),
    requests: stage.requests.filter(isAskable),
    rates: stage.rates.filter(isAskable),
    loads: stage.loads.filter(isAskable),
  };
}
