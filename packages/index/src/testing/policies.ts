/** What the stories expect, written out independently of the code that makes it. */
import {
  parseNetwork,
  type Authorization,
  type ClientAuthentication,
  type DefaultPolicyName,
  type GrpcRoute,
  type HttpRoute,
  type InboundPolicy,
  type InboundProtocol,
  type IpNetwork,
  type NetworkMatch,
} from '@doorward/core';
import type { ClusterConfig } from '../config.js';

export function network(cidr: string): IpNetwork {
  const parsed = parseNetwork(cidr);
  if (parsed === undefined) throw new TypeError(`not a network: ${cidr}`);
  return parsed;
}

/** The fixture of docs/spec/control-plane.md §8.1. */
export const cluster: ClusterConfig = {
  clusterNetworks: [network('192.0.2.0/24')],
  defaultPolicy: 'cluster-unauthenticated',
  controlPlaneNamespace: 'linkerd',
  identityDomain: 'cluster.example.com',
  probeNetworks: [],
  detectTimeoutMs: 1000,
  inheritNamespaceAnnotations: false,
};

export const networks = (...cidrs: readonly string[]): NetworkMatch[] =>
  cidrs.map((cidr) => ({ network: network(cidr), except: [] }));

export const anywhere = networks('0.0.0.0/0', '::/0');
export const inCluster = networks('192.0.2.0/24');

export const anyone: ClientAuthentication = { kind: 'unauthenticated' };
export const anyIdentity: ClientAuthentication = { kind: 'mesh-tls', identities: [{ kind: 'suffix', labels: [] }] };
export const identities = (...names: readonly string[]): ClientAuthentication => ({
  kind: 'mesh-tls',
  identities: names.map((identity) => ({ kind: 'exact', identity })),
});

const defaultGrants: Readonly<Record<DefaultPolicyName, readonly [NetworkMatch[], ClientAuthentication] | undefined>> =
  {
    'all-unauthenticated': [anywhere, anyone],
    'all-authenticated': [anywhere, anyIdentity],
    'cluster-unauthenticated': [inCluster, anyone],
    'cluster-authenticated': [inCluster, anyIdentity],
    deny: undefined,
    audit: [anywhere, anyone],
  };

export function byDefault(name: DefaultPolicyName): Authorization[] {
  const grant = defaultGrants[name];
  return grant === undefined
    ? []
    : [{ origin: { kind: 'default', name }, networks: grant[0], authentication: grant[1] }];
}

export const granted = (
  resourceKind: 'authorizationpolicy' | 'serverauthorization',
  name: string,
  networks: readonly NetworkMatch[],
  authentication: ClientAuthentication,
): Authorization => ({
  origin: { kind: 'resource', group: 'policy.linkerd.io', resourceKind, name },
  networks,
  authentication,
});

export const defaultRoute: HttpRoute = {
  origin: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', path: '/' }, headers: [], queryParams: [] }], filters: [] }],
};

export const probeRoute = (probeNetworks: readonly NetworkMatch[], ...paths: readonly string[]): HttpRoute => ({
  origin: { kind: 'default', name: 'probe' },
  hosts: [],
  authorizations: [
    {
      origin: { kind: 'default', name: 'probe' },
      networks: probeNetworks,
      authentication: { kind: 'unauthenticated' },
    },
  ],
  rules: [
    {
      matches: paths.map((path) => ({ path: { kind: 'exact', path }, headers: [], queryParams: [], method: 'GET' })),
      filters: [],
    },
  ],
});

export const defaultGrpcRoute: GrpcRoute = {
  origin: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ service: '', method: '', headers: [] }], filters: [] }],
};

export const detect = (...routes: readonly HttpRoute[]): InboundProtocol => ({
  kind: 'detect',
  timeoutMs: 1000,
  routes: routes.length === 0 ? [defaultRoute] : routes,
});

export const http1 = (...routes: readonly HttpRoute[]): InboundProtocol => ({
  kind: 'http1',
  routes: routes.length === 0 ? [defaultRoute] : routes,
});

export const metricsRoute = (
  name: string,
  authorizations: readonly Authorization[] = [],
  group = 'policy.linkerd.io',
): HttpRoute => ({
  origin: { kind: 'resource', group, resourceKind: 'HTTPRoute', name },
  hosts: [],
  authorizations,
  rules: [{ matches: [{ path: { kind: 'exact', path: '/metrics' }, headers: [], queryParams: [] }], filters: [] }],
});

/** On a port that no Server selects. */
export const defaultPolicy = (name: DefaultPolicyName, protocol: InboundProtocol = detect()): InboundPolicy => ({
  server: { kind: 'default', name },
  protocol,
  authorizations: byDefault(name),
});

export const serverPolicy = (
  name: string,
  authorizations: readonly Authorization[] = [],
  protocol: InboundProtocol = http1(),
): InboundPolicy => ({
  server: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'server', name },
  protocol,
  authorizations,
});
