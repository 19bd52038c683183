/**
 * The Kubernetes objects of inbound policy, parsed: what the index reads and nothing more. Defaults of the CRDs are already
 * applied, so an object from a file and one from an API server look the same (docs/spec/control-plane.md §4.1).
 */
import type {
  DefaultPolicyName,
  HostMatch,
  HttpFilter,
  GrpcFilter,
  GrpcRouteMatch,
  HttpRouteMatch,
  IdentityMatch,
  NetworkMatch,
  RouteRule,
} from '@doorward/core';

/** Where an object was read: one-based, pointing at its `metadata.name` (or its first line). */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339, whole seconds; absent for objects from files. */
  readonly creationTimestamp?: string;
  readonly uid?: string;
}

interface ObjectOf<Kind extends string, Spec> {
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  /** Absent for objects from an API server. */
  readonly place?: SourcePlace;
}

/** docs/spec/control-plane.md §3. `matchLabels` are requirements with `In` and one value. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelExpression[];
}

export interface LabelExpression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /** Absent when the key is not written, which differs from an empty list (docs/spec/control-plane.md §3). */
  readonly values?: readonly string[];
}

export type Namespace = ObjectOf<'Namespace', Record<string, never>>;

export interface ContainerPort {
  readonly name?: string;
  /** 1…65535 */
  readonly port: number;
  /** `TCP` where nothing is written. */
  readonly protocol: string;
}

/** An `httpGet` probe. The path is as written; `/` where nothing is written. */
export interface HttpProbe {
  readonly port: number | string;
  readonly path: string;
}

export interface Container {
  readonly ports: readonly ContainerPort[];
  /** Liveness, readiness and startup. */
  readonly httpProbes: readonly HttpProbe[];
}

export interface PodSpec {
  /** `default` where nothing is written. */
  readonly serviceAccountName: string;
  /** Init containers included, ephemeral ones not. */
  readonly containers: readonly Container[];
}

export type Pod = ObjectOf<'Pod', PodSpec>;

/** Deployment and its kin: what counts is the pod template. The object's own annotations have no effect on policy. */
export type Workload = ObjectOf<
  'Workload',
  {
    readonly workloadKind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'Job' | 'CronJob';
    readonly template: {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
      readonly spec: PodSpec;
    };
  }
>;

export type ExternalWorkload = ObjectOf<
  'ExternalWorkload',
  {
    readonly meshTLS: { readonly identity: string; readonly serverName: string };
    readonly ports: readonly ContainerPort[];
    readonly workloadIPs: readonly string[];
  }
>;

export type ProxyProtocol = 'unknown' | 'HTTP/1' | 'HTTP/2' | 'gRPC' | 'opaque' | 'TLS';

export type Server = ObjectOf<
  'Server',
  {
    readonly selects: 'pods' | 'external-workloads';
    readonly selector: LabelSelector;
    /** 1…65535, or a port's name. A string of digits is a name. */
    readonly port: number | string;
    readonly proxyProtocol: ProxyProtocol;
    /** Absent when what was written is no policy: that leaves the Server without a default authorization. */
    readonly accessPolicy: DefaultPolicyName | undefined;
  }
>;

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly name: string;
}

export type ServerAuthorization = ObjectOf<
  'ServerAuthorization',
  {
    readonly server:
      | { readonly kind: 'name'; readonly name: string }
      | { readonly kind: 'selector'; readonly selector: LabelSelector };
    /** Empty: the cluster's networks. */
    readonly networks: readonly NetworkMatch[];
    readonly client:
      | { readonly kind: 'none' }
      | { readonly kind: 'unauthenticated' }
      | { readonly kind: 'mesh-tls-unauthenticated' }
      | {
          readonly kind: 'mesh-tls';
          readonly identities: readonly IdentityMatch[];
          readonly serviceAccounts: readonly ServiceAccountRef[];
        };
  }
>;

export type AuthorizationTarget =
  | { readonly kind: 'Server'; readonly name: string }
  /** Acts on every Server of the policy's own namespace, whatever it names (docs/spec/control-plane.md §4.4). */
  | { readonly kind: 'Namespace'; readonly name: string }
  /** `group` in lower case. */
  | { readonly kind: 'HTTPRoute' | 'GRPCRoute'; readonly group: string; readonly name: string };

/** `namespace` is already resolved to the policy's own where none is written. */
export type AuthenticationRef = {
  readonly kind: 'MeshTLSAuthentication' | 'NetworkAuthentication' | 'ServiceAccount';
  readonly namespace: string;
  readonly name: string;
};

export type AuthorizationPolicy = ObjectOf<
  'AuthorizationPolicy',
  { readonly target: AuthorizationTarget; readonly requiredAuthenticationRefs: readonly AuthenticationRef[] }
>;

export type MeshTLSAuthentication = ObjectOf<
  'MeshTLSAuthentication',
  {
    readonly identities: readonly IdentityMatch[];
    readonly serviceAccounts: readonly ServiceAccountRef[];
    /** Every service account of these namespaces. */
    readonly namespaces: readonly string[];
  }
>;

export type NetworkAuthentication = ObjectOf<'NetworkAuthentication', { readonly networks: readonly NetworkMatch[] }>;

export interface RouteSpec<Match, Filter> {
  /** `policy.linkerd.io` or `gateway.networking.k8s.io`. */
  readonly group: string;
  /** Names of the Servers of the same namespace that the route attaches to. */
  readonly servers: readonly string[];
  readonly hosts: readonly HostMatch[];
  readonly rules: readonly RouteRule<Match, Filter>[];
}

export type HTTPRoute = ObjectOf<'HTTPRoute', RouteSpec<HttpRouteMatch, HttpFilter>>;
export type GRPCRoute = ObjectOf<'GRPCRoute', RouteSpec<GrpcRouteMatch, GrpcFilter>>;

/** Acts on the Server of that name in its own namespace (docs/spec/control-plane.md §4.8). Rates are requests per second, 1…2³²−1. */
export type HTTPLocalRateLimitPolicy = ObjectOf<
  'HTTPLocalRateLimitPolicy',
  {
    readonly server: string;
    readonly total?: number;
    readonly perIdentity?: number;
    /** In order: the last entry that names a client wins. */
    readonly overrides: readonly {
      readonly requestsPerSecond: number;
      readonly clients: readonly ServiceAccountRef[];
    }[];
  }
>;

export type PolicyObject =
  | Namespace
  | Pod
  | Workload
  | ExternalWorkload
  | Server
  | ServerAuthorization
  | AuthorizationPolicy
  | MeshTLSAuthentication
  | NetworkAuthentication
  | HTTPRoute
  | GRPCRoute
  | HTTPLocalRateLimitPolicy;

export type PolicyKind = PolicyObject['kind'];

/** Identifies an object among all. Routes of two groups and workloads of two kinds may share a name, so the key has all parts. */
export type ObjectKey = string;

export function keyOf(object: PolicyObject): ObjectKey {
  const { kind, metadata } = object;
  const group = kind === 'HTTPRoute' || kind === 'GRPCRoute' ? object.spec.group : '';
  return keyOfParts(kind === 'Workload' ? object.spec.workloadKind : kind, group, metadata.namespace, metadata.name);
}

/** The key of an object that one knows of without having it. `kind` as written in YAML; `group` counts for routes only. */
export function keyOfParts(kind: string, group: string, namespace: string, name: string): ObjectKey {
  const sort = kind === 'HTTPRoute' || kind === 'GRPCRoute' ? `${kind}.${group}` : kind;
  return kind === 'Namespace' ? `${sort}/${name}` : `${sort}/${namespace}/${name}`;
}
