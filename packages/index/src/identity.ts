/** The names that certificates of the mesh carry (docs/spec/control-plane.md §4.4). */
import type { IdentityMatch } from '@doorward/core';
import type { ServiceAccountRef } from '@doorward/resources';
import type { ClusterConfig } from './config.js';

type IdentityConfig = Pick<ClusterConfig, 'controlPlaneNamespace' | 'identityDomain'>;

/** `<serviceaccount>.<namespace>.serviceaccount.identity.<control-plane-namespace>.<identity-domain>` */
export function serviceAccountIdentity(account: ServiceAccountRef, config: IdentityConfig): string {
  return `${account.name}.${namespaceSuffix(account.namespace, config)}`;
}

/** Every service account of one namespace. */
export function namespaceIdentities(namespace: string, config: IdentityConfig): IdentityMatch {
  return { kind: 'suffix', labels: namespaceSuffix(namespace, config).split('.') };
}

export function serviceAccountMatch(account: ServiceAccountRef, config: IdentityConfig): IdentityMatch {
  return { kind: 'exact', identity: serviceAccountIdentity(account, config) };
}

function namespaceSuffix(namespace: string, config: IdentityConfig): string {
  return `${namespace}.serviceaccount.identity.${config.controlPlaneNamespace}.${config.identityDomain}`;
}
