/** Whether one authorization admits one client, and if not, what is missing (docs/spec/data-plane.md §4.1). */
import type { IdentityMiss, Miss, NetworkMiss } from './decision.js';
import { networkContains, type IpAddress } from './ip.js';
import type { Authorization, ClientAuthentication, IdentityMatch, NetworkMatch } from './policy.js';
import type { Client, ClientIdentity, ClientTls } from './request.js';

/** authorized(a, clientIP, tls) = any(n in a.networks: clientIP ∈ n) and authn(a, tls) */
export function admits({ networks, authentication }: Authorization, { ip, tls }: Client): boolean {
  return admitsIdentity(authentication, tls) && admitsAddress(networks, ip);
}

/** any(n in networks: clientIP ∈ n.net and not any(e in n.except: clientIP ∈ e)) */
export function admitsAddress(networks: readonly NetworkMatch[], ip: IpAddress): boolean {
  for (const { network, except } of networks) {
    if (networkContains(network, ip) && !except.some((exception) => networkContains(exception, ip))) return true;
  }
  return false;
}

export function admitsIdentity(authentication: ClientAuthentication, tls: ClientTls): boolean {
  switch (authentication.kind) {
    case 'unauthenticated':
      return true;
    case 'mesh-tls-unauthenticated':
      return tls.kind === 'established';
    case 'mesh-tls': {
      if (tls.kind !== 'established' || tls.identity === undefined) return false;
      const { identity } = tls;
      return authentication.identities.some((match) => identityMatches(match, identity));
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

/** `undefined` when the authorization admits the client. */
export function missOf(authorization: Authorization, { ip, tls }: Client): Miss | undefined {
  const { networks, authentication } = authorization;
  const network = admitsAddress(networks, ip) ? undefined : networkMiss(networks, ip);
  const identity = admitsIdentity(authentication, tls) ? undefined : identityMiss(tls);
  return network === undefined && identity === undefined ? undefined : { authorization, network, identity };
}

/** Of several exceptions, that of the last network that would have permitted. */
function networkMiss(networks: readonly NetworkMatch[], ip: IpAddress): NetworkMiss {
  let miss: NetworkMiss = { kind: 'outside' };
  for (const { network, except } of networks) {
    if (!networkContains(network, ip)) continue;
    const by = except.find((exception) => networkContains(exception, ip));
    if (by !== undefined) miss = { kind: 'excepted', by };
  }
  return miss;
}

function identityMiss(tls: ClientTls): IdentityMiss {
  if (tls.kind !== 'established') return { kind: 'not-meshed' };
  return tls.identity === undefined ? { kind: 'no-identity' } : { kind: 'other-identity', identity: tls.identity.name };
}
