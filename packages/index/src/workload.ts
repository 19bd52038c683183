/** What has ports and gets a policy: pods, external workloads, and the pod templates of Deployments and their kin. */
import type { DefaultPolicyName } from '@doorward/core';
import type { ContainerPort, ExternalWorkload, Pod, SourcePlace, Workload } from '@doorward/resources';

export type WorkloadObject = Pod | ExternalWorkload | Workload;

export interface WorkloadRef {
  readonly namespace: string;
  /** `workload`: a pod template, which stands for any pod made from it. No proxy can ask for one. */
  readonly kind: 'pod' | 'external-workload' | 'workload';
  /** Of a template with its kind in front: `deployment/web`. */
  readonly name: string;
}

/** A workload as others see it. */
export interface WorkloadListing {
  readonly ref: WorkloadRef;
  readonly object: WorkloadObject;
  /** Of the pod, so of the template where there is one. */
  readonly labels: Readonly<Record<string, string>>;
  /** Declared ports by number; what a Server's port name means here stands in `name`. */
  readonly ports: readonly ContainerPort[];
  readonly place: SourcePlace | undefined;
  readonly defaultPolicy: EffectiveDefault;
  /** Annotations that say nothing we can obey, and are ignored. */
  readonly notes: readonly WorkloadNote[];
}

/** The policy of ports that no Server selects, and who set it. */
export interface EffectiveDefault {
  readonly policy: DefaultPolicyName;
  readonly from: 'workload' | 'namespace' | 'cluster';
}

export type WorkloadNote =
  /** `config.linkerd.io/default-inbound-policy` has a value that is no policy: the cluster's default is in force. */
  | { readonly kind: 'unknown-default-policy'; readonly value: string }
  /** An item of a list of ports that is no port and not the name of one. */
  | { readonly kind: 'unknown-port'; readonly annotation: string; readonly item: string };

export function workloadRef(object: WorkloadObject): WorkloadRef {
  const { namespace, name } = object.metadata;
  switch (object.kind) {
    case 'Pod':
      return { namespace, kind: 'pod', name };
    case 'ExternalWorkload':
      return { namespace, kind: 'external-workload', name };
    case 'Workload':
      return { namespace, kind: 'workload', name: `${object.spec.workloadKind.toLowerCase()}/${name}` };
  }
}

/** A workload's name inside its namespace; with its kind, since kinds may share names. */
export function workloadName(ref: { readonly kind: string; readonly name: string }): string {
  return `${ref.kind}/${ref.name}`;
}
