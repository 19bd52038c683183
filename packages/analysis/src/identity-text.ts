import type { IdentityMatch } from '@doorward/core';
import type { ClusterConfig } from '@doorward/index';

type IdentityConfig = Pick<ClusterConfig, 'controlPlaneNamespace' | 'identityDomain'>;

/** Identities of this mesh without the end that all of them share: `teller.bank…`. */
export function shortIdentity(name: string, { controlPlaneNamespace, identityDomain }: IdentityConfig): string {
  const shared = `.serviceaccount.identity.${controlPlaneNamespace}.${identityDomain}`;
  return name.endsWith(shared) && name.length > shared.length ? `${name.slice(0, -shared.length)}…` : name;
}

export function identityMatchText(match: IdentityMatch, config: IdentityConfig): string {
  if (match.kind === 'exact') return shortIdentity(match.identity, config);
  return match.labels.length === 0 ? '*' : shortIdentity(`*.${match.labels.join('.')}`, config);
}
