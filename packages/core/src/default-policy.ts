/** The six default policies (docs/spec/control-plane.md §4.2, docs/spec/data-plane.md §3.2). */
import { allNetworks, type IpNetwork } from './ip.js';
import {
  defaultPolicyNames,
  type Authorization,
  type DefaultPolicyName,
  type HttpRoute,
  type InboundPolicy,
} from './policy.js';

export function isDefaultPolicyName(text: string): text is DefaultPolicyName {
  return defaultPolicyNames.some((name) => name === text);
}

/** The authorization that a default policy stands for; none for `deny`. */
export function defaultAuthorization(
  name: DefaultPolicyName,
  clusterNetworks: readonly IpNetwork[],
): Authorization | undefined {
  const clusterOnly = name === 'cluster-unauthenticated' || name === 'cluster-authenticated';
  const networks = (clusterOnly ? clusterNetworks : allNetworks).map((network) => ({ network, except: [] }));
  const origin = { kind: 'default', name } as const;
  switch (name) {
    case 'deny':
      return undefined;
    case 'all-unauthenticated':
    case 'cluster-unauthenticated':
    case 'audit':
      return { origin, networks, authentication: { kind: 'unauthenticated' } };
    case 'all-authenticated':
    case 'cluster-authenticated':
      return {
        origin,
        networks,
        authentication: { kind: 'mesh-tls', identities: [{ kind: 'suffix', labels: [] }] },
      };
  }
}

/** The route of ports without routes: matches everything and adds no authorization of its own. */
export const defaultHttpRoute: HttpRoute = {
  origin: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', path: '/' }, headers: [], queryParams: [] }], filters: [] }],
};

/**
 * What a proxy enforces on a port as long as no controller has answered (docs/spec/data-plane.md §3.2): `deny` refuses
 * connections, everything else detects the protocol.
 */
export function localDefaultPolicy(
  name: DefaultPolicyName,
  options: { readonly clusterNetworks: readonly IpNetwork[]; readonly detectTimeoutMs: number },
): InboundPolicy {
  const authorization = defaultAuthorization(name, options.clusterNetworks);
  return {
    server: { kind: 'default', name },
    protocol:
      authorization === undefined
        ? { kind: 'opaque' }
        : { kind: 'detect', timeoutMs: options.detectTimeoutMs, routes: [defaultHttpRoute] },
    authorizations: authorization === undefined ? [] : [authorization],
  };
}
