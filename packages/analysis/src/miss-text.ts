/** Why an authorization admits a client, or does not, in words. */
import {
  formatIp,
  formatNetwork,
  identityMatches,
  networkContains,
  type Authorization,
  type Client,
  type IdentityMiss,
  type IpNetwork,
  type Miss,
  type NetworkMiss,
} from '@doorward/core';
import type { ClusterConfig } from '@doorward/index';
import { identityMatchText, shortIdentity } from './identity-text.js';
import { listed } from './resolved.js';

/** `identity auditor.bank… is not teller.bank…; 10.2.0.9 is not in 10.1.0.0/16` */
export function missText(miss: Miss, client: Client, config: ClusterConfig): string {
  const parts: string[] = [];
  if (miss.identity !== undefined) parts.push(identityMissText(miss.identity, miss.authorization, client, config));
  if (miss.network !== undefined) parts.push(networkMissText(miss.network, miss.authorization, client));
  return parts.join('; ');
}

function identityMissText(
  miss: IdentityMiss,
  { authentication }: Authorization,
  { tls }: Client,
  config: ClusterConfig,
): string {
  switch (miss.kind) {
    case 'not-meshed':
      return tls.kind === 'none' && tls.reason === 'port-skipped'
        ? 'no identity is seen: an opaque port does not look for mesh TLS'
        : 'not a mesh client: it came without mesh TLS';
    case 'no-identity':
      return 'its certificate names nobody';
    case 'other-identity': {
      const wanted = authentication.kind === 'mesh-tls' ? authentication.identities : [];
      const names = wanted.map((match) => identityMatchText(match, config));
      const who = `identity ${shortIdentity(miss.identity, config)}`;
      const [only, ...others] = names;
      if (only === undefined) return `${who} is not listed: nobody is`;
      if (only === '*') return `${who} is no DNS name, which is what \`*\` stands for`;
      return others.length === 0 ? `${who} is not ${only}` : `${who} is none of ${listed(names)}`;
    }
  }
}

function networkMissText(miss: NetworkMiss, { networks }: Authorization, { ip }: Client): string {
  switch (miss.kind) {
    case 'excepted':
      return `${formatIp(ip)} is excepted by ${formatNetwork(miss.by)}`;
    case 'outside': {
      const names = networks.map(({ network }) => formatNetwork(network));
      return names.length === 1
        ? `${formatIp(ip)} is not in ${names.join()}`
        : `${formatIp(ip)} is in none of ${listed(names)}`;
    }
  }
}

/** What admits the client: `identity teller.bank… from 10.1.0.0/16`, `anybody`. */
export function grantText({ networks, authentication }: Authorization, client: Client, config: ClusterConfig): string {
  const within = networks.find(
    ({ network, except }) => networkContains(network, client.ip) && !except.some((e) => networkContains(e, client.ip)),
  )?.network;
  const from = within === undefined || isEverywhere(within) ? '' : ` from ${formatNetwork(within)}`;
  switch (authentication.kind) {
    case 'unauthenticated':
      return `anybody${from}, with or without mesh TLS`;
    case 'mesh-tls-unauthenticated':
      return `any mesh client${from}`;
    case 'mesh-tls': {
      const { tls } = client;
      const identity = tls.kind === 'established' ? tls.identity : undefined;
      const match = identity && authentication.identities.find((one) => identityMatches(one, identity));
      if (match === undefined || identity === undefined) return `any of its identities${from}`;
      const name = shortIdentity(identity.name, config);
      return match.kind === 'exact'
        ? `identity ${name}${from}`
        : `identity ${name}, as ${identityMatchText(match, config)}${from}`;
    }
  }
}

function isEverywhere({ prefixLength }: IpNetwork): boolean {
  return prefixLength === 0;
}
