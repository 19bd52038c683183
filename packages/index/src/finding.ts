/** What there is to say of a policy object: whether it has an effect, and if not, why. */
import type { ObjectKey, PolicyObject, ProxyProtocol, SourcePlace } from '@doorward/resources';
import type { VoidReason } from './authorization.js';
import type { WorkloadRef } from './workload.js';

type WorkloadKind = 'Pod' | 'Workload' | 'ExternalWorkload';
export type JudgedObject = Exclude<PolicyObject, { readonly kind: WorkloadKind | 'Namespace' }>;

export interface ObjectStatus {
  readonly key: ObjectKey;
  readonly object: JudgedObject;
  readonly place: SourcePlace | undefined;
  /** `partly`: it has its effect, but not everywhere where it was meant to. */
  readonly state: 'in-force' | 'partly' | 'not-in-force';
  /** Why it is not in force, or not everywhere. */
  readonly findings: readonly Finding[];
}

export type Finding =
  | VoidReason
  /** A Server whose selector matches nothing. */
  | { readonly kind: 'no-workload' }
  /** A Server by port name, and workloads that it selects but that have no TCP port of that name. */
  | { readonly kind: 'no-port'; readonly name: string; readonly workloads: readonly WorkloadRef[] }
  /** A Server, and ports that an earlier one has. */
  | {
      readonly kind: 'shadowed';
      readonly ports: readonly { readonly workload: WorkloadRef; readonly port: number; readonly by: string }[];
    }
  /** What a policy or authorization is for does not exist. `name` is absent for a selector, and for a namespace without Servers. */
  | { readonly kind: 'target-missing'; readonly target: TargetKind; readonly name: string | undefined }
  /** It exists, but has no effect itself. */
  | { readonly kind: 'target-not-in-force'; readonly target: TargetKind; readonly name: string }
  /** A policy for a whole namespace that names another one than its own, and acts on its own all the same. */
  | { readonly kind: 'names-other-namespace'; readonly name: string }
  /** A route that names no Server of ours. */
  | { readonly kind: 'no-parent' }
  /** An HTTPRoute on a Server that has GRPCRoutes too. */
  | { readonly kind: 'conflicted'; readonly server: string; readonly with: readonly string[] }
  /** A route on a Server whose protocol has no such routes. */
  | { readonly kind: 'protocol-without-routes'; readonly server: string; readonly protocol: ProxyProtocol }
  /** A rate limit on a Server that has an older one. */
  | { readonly kind: 'rate-limit-exists'; readonly server: string; readonly by: string }
  /** A rate limit on a Server whose protocol has none. */
  | { readonly kind: 'protocol-without-rate-limit'; readonly server: string; readonly protocol: ProxyProtocol }
  /** An authentication that no policy requires. */
  | { readonly kind: 'not-referenced' }
  /** An authentication that is required only by policies that are not in force. */
  | { readonly kind: 'referrers-not-in-force' };

export type TargetKind = 'Server' | 'Namespace' | 'HTTPRoute' | 'GRPCRoute';

/** One object's. */
export interface Judgement {
  /** It has its effect somewhere. */
  readonly works: boolean;
  readonly findings: readonly Finding[];
}

/** Whether an object that was judged before has an effect anywhere. */
export type InForce = (object: PolicyObject) => boolean;
