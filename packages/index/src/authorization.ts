/** From the objects that permit to the authorizations in force (docs/spec/control-plane.md §4.2, §4.4). */
import {
  allNetworks,
  defaultAuthorization,
  type Authorization,
  type ClientAuthentication,
  type DefaultPolicyName,
  type IdentityMatch,
  type IpNetwork,
  type NetworkMatch,
  type Origin,
} from '@doorward/core';
import type {
  AuthenticationRef,
  AuthorizationPolicy,
  MeshTLSAuthentication,
  NetworkAuthentication,
  ServerAuthorization,
} from '@doorward/resources';
import type { ClusterConfig } from './config.js';
import { namespaceIdentities, serviceAccountMatch } from './identity.js';

export const policyGroup = 'policy.linkerd.io';

/** Either an authorization, or the reasons why the object contributes none. */
export type Resolution =
  | { readonly kind: 'authorization'; readonly authorization: Authorization }
  | { readonly kind: 'void'; readonly why: readonly VoidReason[] };

export type VoidReason =
  /** A reference to an object that does not exist, or that was refused when it was read. */
  | { readonly kind: 'authentication-missing'; readonly ref: AuthenticationRef }
  /** A referenced object that names nobody, or no network. */
  | { readonly kind: 'authentication-empty'; readonly ref: AuthenticationRef }
  /** All references must hold at once, and one authorization holds one list of each sort. */
  | { readonly kind: 'several-authentications'; readonly of: 'identity' | 'network'; readonly count: number }
  /** A ServerAuthorization that names no client. */
  | { readonly kind: 'no-client' }
  /** No network is left to come from: the networks of the cluster are not configured. */
  | { readonly kind: 'no-network' };

/** Where a policy's references are looked up. */
export interface Authentications {
  meshTLS(namespace: string, name: string): MeshTLSAuthentication | undefined;
  network(namespace: string, name: string): NetworkAuthentication | undefined;
}

const anywhere: readonly NetworkMatch[] = allNetworks.map(plain);

function plain(network: IpNetwork): NetworkMatch {
  return { network, except: [] };
}

function authorize(
  origin: Origin,
  networks: readonly NetworkMatch[],
  authentication: ClientAuthentication,
): Resolution {
  // A proxy refuses the whole message for an authorization without networks (docs/spec/control-plane.md §9 Q36).
  if (networks.length === 0) return { kind: 'void', why: [{ kind: 'no-network' }] };
  return { kind: 'authorization', authorization: { origin, networks, authentication } };
}

/** As a list, because `deny` permits nobody, and so does a cluster without networks. */
export function defaultAuthorizations(
  policy: DefaultPolicyName,
  clusterNetworks: readonly IpNetwork[],
): readonly Authorization[] {
  const authorization = defaultAuthorization(policy, clusterNetworks);
  return authorization === undefined || authorization.networks.length === 0 ? [] : [authorization];
}

/** The authorization that lets the kubelet in, for the probe route only. */
export function probeAuthorization(probeNetworks: readonly IpNetwork[]): Authorization {
  return {
    origin: { kind: 'default', name: 'probe' },
    networks: probeNetworks.map(plain),
    authentication: { kind: 'unauthenticated' },
  };
}

/** Without networks it means the cluster's; an AuthorizationPolicy means all (docs/spec/control-plane.md §9 Q10). */
export function serverAuthorizationGrant(object: ServerAuthorization, config: ClusterConfig): Resolution {
  const authentication = clientAuthentication(object, config);
  if (authentication === undefined) return { kind: 'void', why: [{ kind: 'no-client' }] };
  const { networks } = object.spec;
  return authorize(
    resourceOrigin('serverauthorization', object.metadata.name),
    networks.length === 0 ? config.clusterNetworks.map(plain) : networks,
    authentication,
  );
}

function clientAuthentication(object: ServerAuthorization, config: ClusterConfig): ClientAuthentication | undefined {
  const { client } = object.spec;
  switch (client.kind) {
    case 'none':
      return undefined;
    case 'unauthenticated':
    case 'mesh-tls-unauthenticated':
      return { kind: client.kind };
    case 'mesh-tls': {
      const accounts = client.serviceAccounts.map((account) => serviceAccountMatch(account, config));
      const identities = [...client.identities, ...accounts];
      return identities.length === 0 ? undefined : { kind: 'mesh-tls', identities };
    }
  }
}

/**
 * One authorization for the whole policy: its identities AND its networks. Whatever is missing or named twice voids all of it,
 * because leaving out one condition would permit more than was written.
 */
export function authorizationPolicyGrant(
  object: AuthorizationPolicy,
  authentications: Authentications,
  config: ClusterConfig,
): Resolution {
  const why: VoidReason[] = [];
  const identityRefs: IdentityMatch[][] = [];
  const networkRefs: (readonly NetworkMatch[])[] = [];

  for (const ref of object.spec.requiredAuthenticationRefs) {
    switch (ref.kind) {
      case 'ServiceAccount':
        // Never looked up: whether the account exists makes no difference to who holds its certificate.
        identityRefs.push([serviceAccountMatch(ref, config)]);
        break;
      case 'MeshTLSAuthentication': {
        const found = authentications.meshTLS(ref.namespace, ref.name);
        const identities = found === undefined ? [] : meshTLSIdentities(found, config);
        if (found === undefined) why.push({ kind: 'authentication-missing', ref });
        else if (identities.length === 0) why.push({ kind: 'authentication-empty', ref });
        identityRefs.push(identities);
        break;
      }
      case 'NetworkAuthentication': {
        const found = authentications.network(ref.namespace, ref.name);
        if (found === undefined) why.push({ kind: 'authentication-missing', ref });
        else if (found.spec.networks.length === 0) why.push({ kind: 'authentication-empty', ref });
        networkRefs.push(found?.spec.networks ?? []);
        break;
      }
    }
  }
  if (identityRefs.length > 1)
    why.push({ kind: 'several-authentications', of: 'identity', count: identityRefs.length });
  if (networkRefs.length > 1) why.push({ kind: 'several-authentications', of: 'network', count: networkRefs.length });
  if (why.length > 0) return { kind: 'void', why };

  const identities = identityRefs[0];
  return authorize(
    resourceOrigin('authorizationpolicy', object.metadata.name),
    networkRefs[0] ?? anywhere,
    identities === undefined ? { kind: 'unauthenticated' } : { kind: 'mesh-tls', identities },
  );
}

function meshTLSIdentities(object: MeshTLSAuthentication, config: ClusterConfig): IdentityMatch[] {
  const { identities, serviceAccounts, namespaces } = object.spec;
  return [
    ...identities,
    ...serviceAccounts.map((account) => serviceAccountMatch(account, config)),
    ...namespaces.map((namespace) => namespaceIdentities(namespace, config)),
  ];
}

export function resourceOrigin(resourceKind: string, name: string, group: string = policyGroup): Origin {
  return { kind: 'resource', group, resourceKind, name };
}
