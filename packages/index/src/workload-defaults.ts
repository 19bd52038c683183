/** What holds on a workload's ports where no Server selects them (docs/spec/control-plane.md §1.11, §4.3). */
import { defaultPolicyNames, type DefaultPolicyName } from '@doorward/core';
import { annotationNames } from '@doorward/resources';
import { annotationPorts, type AnnotationPorts } from './annotation-ports.js';
import type { ClusterConfig } from './config.js';
import type { Template } from './template.js';
import type { EffectiveDefault, WorkloadNote } from './workload.js';

export interface WorkloadDefaults {
  readonly effective: EffectiveDefault;
  readonly opaque: AnnotationPorts;
  readonly requireIdentity: AnnotationPorts;
  readonly notes: readonly WorkloadNote[];
}

/** `inherited`: the annotations of the namespace, empty where they don't count. */
export function workloadDefaults(
  template: Pick<Template, 'annotations' | 'facts'>,
  inherited: Readonly<Record<string, string>>,
  config: Pick<ClusterConfig, 'defaultPolicy'>,
): WorkloadDefaults {
  const notes: WorkloadNote[] = [];
  const annotation = (name: string): string | undefined => template.annotations[name] ?? inherited[name];

  const ports = (name: string): AnnotationPorts => {
    const set = annotationPorts(annotation(name), template.facts.named);
    for (const item of set.unknown) notes.push({ kind: 'unknown-port', annotation: name, item });
    return set;
  };

  const written = annotation(annotationNames.defaultInboundPolicy);
  const policy = defaultPolicyNames.find((name) => name === written);
  if (written !== undefined && policy === undefined) notes.push({ kind: 'unknown-default-policy', value: written });
  // A value that is no policy falls to the cluster's default, not to the namespace's: the injector copies only what is absent.
  const effective: EffectiveDefault =
    policy === undefined
      ? { policy: config.defaultPolicy, from: 'cluster' }
      : {
          policy,
          from: template.annotations[annotationNames.defaultInboundPolicy] === undefined ? 'namespace' : 'workload',
        };
  return {
    effective,
    opaque: ports(annotationNames.opaquePorts),
    requireIdentity: ports(annotationNames.requireIdentityPorts),
    notes,
  };
}

/** The default policy of one port: on ports that require identity, whoever may come must be authenticated (§4.3). */
export function portDefault(defaults: WorkloadDefaults, port: number): DefaultPolicyName {
  const { policy } = defaults.effective;
  if (!defaults.requireIdentity.has(port)) return policy;
  switch (policy) {
    case 'all-unauthenticated':
    case 'all-authenticated':
      return 'all-authenticated';
    case 'cluster-unauthenticated':
    case 'cluster-authenticated':
      return 'cluster-authenticated';
    case 'deny':
    case 'audit':
      return policy;
  }
}
