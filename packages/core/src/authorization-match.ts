/** Whether one authorization admits one client, and if not, what is missing (docs/spec/data-plane.md §4.1). */
import type { IdentityMiss, Miss, NetworkMiss } from './decision.js';
import { networkContains } from './ip.js';
import type { Authorization, ClientAuthentication, IdentityMatch, NetworkMatch } from './policy.js';
import type { Client, ClientIdentity } from './request.js';

/** `undefined` when the authorization admits the client. */
export function missOf(authorization: Authorization, client: Client): Miss | undefined {
  const network = networkMiss(authorization.networks, client);
  const identity = identityMiss(authorization.authentication, client);
  return network === undefined && identity === undefined ? undefined : { authorization, network, identity };
}

/** any(n in networks: clientIP ∈ n.net and not any(e in n.except: clientIP ∈ e)) */
function networkMiss(networks: readonly NetworkMatch[], { ip }: Client): NetworkMiss | undefined {
  let miss: NetworkMiss = { kind: 'outside' };
  for (const { network, except } of networks) {
    if (!networkContains(network, ip)) continue;
    const by = except.find((exception) => networkContains(exception, ip));
    if (by === undefined) return undefined;
    miss = { kind: 'excepted', by };
  }
  return miss;
}

function identityMiss(authentication: ClientAuthentication, { tls }: Client): IdentityMiss | undefined {
  switch (authentication.kind) {
    case 'unauthenticated':
      return undefined;
    case 'mesh-tls-unauthenticated':
      return tls.kind === 'established' ? undefined : { kind: 'not-meshed' };
    case 'mesh-tls': {
      if (tls.kind !== 'established') return { kind: 'not-meshed' };
      const { identity } = tls;
      if (identity === undefined) return { kind: 'no-identity' };
      return authentication.identities.some((match) => identityMatches(match, identity))
        ? undefined
        : { kind: 'other-identity', identity: identity.name };
    }
  }
}

/** URI identities match literally only: `*` and suffixes speak of DNS names. */
export function identityMatches(match: IdentityMatch, identity: ClientIdentity): boolean {
  if (match.kind === 'exact') return match.identity === identity.name;
  if (identity.kind !== 'dns') return false;
  if (match.labels.length === 0) return true;
  const suffix = `.${match.labels.join('.')}`;
  return identity.name.length > suffix.length && identity.name.endsWith(suffix);
}

/** The miss that came nearest: the fewest parts wrong; then the identity that shares most with a permitted one; then the first. */
export function closestMiss(misses: readonly Miss[]): Miss | undefined {
  let best: Miss | undefined;
  let bestScore = -1;
  for (const miss of misses) {
    const score = nearness(miss);
    if (score > bestScore) {
      best = miss;
      bestScore = score;
    }
  }
  return best;
}

/** Labels shared never outweigh a whole part: a DNS name has at most 127 labels. */
const wholePart = 1000;

function nearness({ authorization, network, identity }: Miss): number {
  const parts = (network === undefined ? wholePart : 0) + (identity === undefined ? wholePart : 0);
  if (identity?.kind !== 'other-identity' || authorization.authentication.kind !== 'mesh-tls') return parts;
  const labels = identity.identity.split('.').toReversed();
  const shared = authorization.authentication.identities.map((match) => {
    const wanted = (match.kind === 'exact' ? match.identity.split('.') : match.labels).toReversed();
    const different = wanted.findIndex((label, index) => label !== labels[index]);
    return different === -1 ? wanted.length : different;
  });
  return parts + Math.max(0, ...shared);
}
