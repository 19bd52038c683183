import type { IdentityMatch } from '@doorward/core';

/** Of Linkerd's CRDs and webhook (docs/spec/control-plane.md §1.1). It cannot backtrack more than linearly: labels have no dots. */
export const dnsIdPattern = /^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const spiffeScheme = 'spiffe://';

/** Why an identity is not valid, in Linkerd's words (docs/spec/control-plane.md §2.2); undefined when it is. */
export function identityFault(identity: string): string | undefined {
  if (identity.startsWith(spiffeScheme)) return spiffeFault(identity.slice(spiffeScheme.length));
  return dnsIdPattern.test(identity)
    ? undefined
    : `identity must be a valid SPIFFE id or a DNS SAN, matching the regex: ${dnsIdPattern.source}`;
}

function spiffeFault(rest: string): string | undefined {
  const slash = rest.indexOf('/');
  const trustDomain = slash === -1 ? rest : rest.slice(0, slash);
  const path = slash === -1 ? '' : rest.slice(slash);
  if (trustDomain === '') return 'SPIFFE trust domain is missing';
  if (!/^[a-z0-9\-._]+$/.test(trustDomain)) {
    return 'SPIFFE trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores';
  }
  if (!/^[A-Za-z0-9\-._/]*$/.test(path)) {
    return 'SPIFFE path segment characters are limited to letters, numbers, dots, dashes, and underscores';
  }
  if (path.includes('//')) return 'SPIFFE path cannot contain empty segments';
  if (path.split('/').some((segment) => segment === '.' || segment === '..'))
    return 'SPIFFE path cannot contain dot segments';
  if (path.endsWith('/')) return 'SPIFFE path cannot have a trailing slash';
  return undefined;
}

/**
 * What an identity string matches: `*` everyone, a leading `*.` whatever ends in the rest, anything else itself
 * (docs/spec/control-plane.md §4.4).
 */
export function parseIdentity(identity: string): IdentityMatch {
  if (identity === '*') return { kind: 'suffix', labels: [] };
  if (identity.startsWith('*.')) return { kind: 'suffix', labels: identity.slice(2).split('.') };
  return { kind: 'exact', identity };
}
