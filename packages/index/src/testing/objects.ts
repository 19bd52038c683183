/** Objects as the parser would give them, with as little writing as a story needs. */
import type { GrpcFilter, GrpcRouteMatch, HttpFilter, HttpRouteMatch, RouteRule } from '@doorward/core';
import type {
  AuthenticationRef,
  AuthorizationPolicy,
  AuthorizationTarget,
  Container,
  ContainerPort,
  ExternalWorkload,
  GRPCRoute,
  HTTPLocalRateLimitPolicy,
  HTTPRoute,
  LabelSelector,
  MeshTLSAuthentication,
  Namespace,
  NetworkAuthentication,
  ObjectMeta,
  Pod,
  Server,
  ServerAuthorization,
  Workload,
} from '@doorward/resources';
import { network } from './policies.js';

type Labels = Readonly<Record<string, string>>;

interface Meta {
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly created?: string;
}

export const meta = (
  name: string,
  { namespace = 'ns-0', labels = {}, annotations = {}, created }: Meta = {},
): ObjectMeta => ({
  namespace,
  name,
  labels,
  annotations,
  ...(created === undefined ? {} : { creationTimestamp: created }),
});

export const select = (
  matchLabels: Labels,
  matchExpressions: LabelSelector['matchExpressions'] = [],
): LabelSelector => ({
  matchLabels,
  matchExpressions,
});

export const port = (number: number, name?: string, protocol = 'TCP'): ContainerPort => ({
  port: number,
  protocol,
  ...(name === undefined ? {} : { name }),
});

export const container = (ports: ContainerPort[], httpProbes: Container['httpProbes'] = []): Container => ({
  ports,
  httpProbes,
});

export const namespace = (name: string, annotations: Labels = {}): Namespace => ({
  kind: 'Namespace',
  metadata: meta(name, { namespace: '', annotations }),
  spec: {},
});

export const pod = (name: string, options: Meta & { readonly containers?: readonly Container[] } = {}): Pod => ({
  kind: 'Pod',
  metadata: meta(name, options),
  spec: { serviceAccountName: 'default', containers: options.containers ?? [container([port(2222, 'http')])] },
});

export const deployment = (
  name: string,
  options: Meta & { readonly containers?: readonly Container[] } = {},
): Workload => ({
  kind: 'Workload',
  metadata: meta(name, options.namespace === undefined ? {} : { namespace: options.namespace }),
  spec: {
    workloadKind: 'Deployment',
    template: {
      labels: options.labels ?? {},
      annotations: options.annotations ?? {},
      spec: { serviceAccountName: 'default', containers: options.containers ?? [container([port(2222, 'http')])] },
    },
  },
});

export const externalWorkload = (
  name: string,
  options: Meta & { readonly ports?: readonly ContainerPort[] } = {},
): ExternalWorkload => ({
  kind: 'ExternalWorkload',
  metadata: meta(name, options),
  spec: {
    meshTLS: { identity: `spiffe://cluster.example.com/${name}`, serverName: name },
    ports: options.ports ?? [port(80, 'http')],
    workloadIPs: ['192.0.2.1'],
  },
});

export const server = (name: string, options: Meta & Partial<Server['spec']> = {}): Server => ({
  kind: 'Server',
  metadata: meta(name, options),
  spec: {
    selects: options.selects ?? 'pods',
    selector: options.selector ?? select({}),
    port: options.port ?? 2222,
    proxyProtocol: options.proxyProtocol ?? 'HTTP/1',
    accessPolicy: 'accessPolicy' in options ? options.accessPolicy : 'deny',
  },
});

export const serverAuthorization = (
  name: string,
  options: Meta & Partial<ServerAuthorization['spec']> = {},
): ServerAuthorization => ({
  kind: 'ServerAuthorization',
  metadata: meta(name, options),
  spec: {
    server: options.server ?? { kind: 'name', name: 'srv-0' },
    networks: options.networks ?? [],
    client: options.client ?? { kind: 'unauthenticated' },
  },
});

export const toServer = (name: string): AuthorizationTarget => ({ kind: 'Server', name });
export const toNamespace = (name: string): AuthorizationTarget => ({ kind: 'Namespace', name });
export const toRoute = (name: string, kind: 'HTTPRoute' | 'GRPCRoute' = 'HTTPRoute'): AuthorizationTarget => ({
  kind,
  group: kind === 'HTTPRoute' ? 'policy.linkerd.io' : 'gateway.networking.k8s.io',
  name,
});

export const authorizationPolicy = (
  name: string,
  target: AuthorizationTarget,
  requiredAuthenticationRefs: readonly AuthenticationRef[] = [],
  options: Meta = {},
): AuthorizationPolicy => ({
  kind: 'AuthorizationPolicy',
  metadata: meta(name, options),
  spec: { target, requiredAuthenticationRefs },
});

export const meshTLSRef = (name: string, namespace = 'ns-0'): AuthenticationRef => ({
  kind: 'MeshTLSAuthentication',
  namespace,
  name,
});
export const networkRef = (name: string, namespace = 'ns-0'): AuthenticationRef => ({
  kind: 'NetworkAuthentication',
  namespace,
  name,
});
export const accountRef = (name: string, namespace = 'ns-0'): AuthenticationRef => ({
  kind: 'ServiceAccount',
  namespace,
  name,
});

export const meshTLS = (
  name: string,
  options: Meta & Partial<MeshTLSAuthentication['spec']> = {},
): MeshTLSAuthentication => ({
  kind: 'MeshTLSAuthentication',
  metadata: meta(name, options),
  spec: {
    identities: options.identities ?? [{ kind: 'exact', identity: 'foo.bar' }],
    serviceAccounts: options.serviceAccounts ?? [],
    namespaces: options.namespaces ?? [],
  },
});

export const networkAuthentication = (
  name: string,
  networks: readonly string[] = ['10.0.0.0/8'],
  options: Meta = {},
): NetworkAuthentication => ({
  kind: 'NetworkAuthentication',
  metadata: meta(name, options),
  spec: { networks: networks.map((cidr) => ({ network: network(cidr), except: [] })) },
});

export const httpRoute = (
  name: string,
  options: Meta & {
    readonly servers?: readonly string[];
    readonly group?: string;
    readonly rules?: readonly RouteRule<HttpRouteMatch, HttpFilter>[];
  } = {},
): HTTPRoute => ({
  kind: 'HTTPRoute',
  metadata: meta(name, options),
  spec: {
    group: options.group ?? 'policy.linkerd.io',
    servers: options.servers ?? ['srv-0'],
    hosts: [],
    rules: options.rules ?? metricsRules,
  },
});

export const metricsRules: readonly RouteRule<HttpRouteMatch, HttpFilter>[] = [
  { matches: [{ path: { kind: 'exact', path: '/metrics' }, headers: [], queryParams: [] }], filters: [] },
];

export const grpcRoute = (
  name: string,
  options: Meta & {
    readonly servers?: readonly string[];
    readonly rules?: readonly RouteRule<GrpcRouteMatch, GrpcFilter>[];
  } = {},
): GRPCRoute => ({
  kind: 'GRPCRoute',
  metadata: meta(name, options),
  spec: {
    group: 'gateway.networking.k8s.io',
    servers: options.servers ?? ['srv-0'],
    hosts: [],
    rules: options.rules ?? [],
  },
});

export const rateLimit = (
  name: string,
  options: Meta & Partial<HTTPLocalRateLimitPolicy['spec']> = {},
): HTTPLocalRateLimitPolicy => ({
  kind: 'HTTPLocalRateLimitPolicy',
  metadata: meta(name, options),
  spec: {
    server: options.server ?? 'srv-0',
    overrides: options.overrides ?? [],
    ...(options.total === undefined ? {} : { total: options.total }),
    ...(options.perIdentity === undefined ? {} : { perIdentity: options.perIdentity }),
  },
});
