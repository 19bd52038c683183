import type { EffectiveDefault, PolicyIndex } from '@doorward/index';
import type { ProxyPlan } from './proxy-plan.js';

/** The default policy of a workload's ports, and who set it; for ports that no Server selects. */
export function effectiveDefault(index: PolicyIndex, { namespace, name }: ProxyPlan): EffectiveDefault | undefined {
  for (const { ref, defaultPolicy } of index.workloads()) {
    if (ref.kind === 'external-workload' && ref.namespace === namespace && ref.name === name) return defaultPolicy;
  }
  return undefined;
}

/** `default: deny (namespace)` */
export function defaultText({ policy, from }: EffectiveDefault): string {
  return `default: ${policy} (${from})`;
}
