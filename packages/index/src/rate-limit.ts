import type { RateLimit } from '@doorward/core';
import type { HTTPLocalRateLimitPolicy } from '@doorward/resources';
import { resourceOrigin } from './authorization.js';
import type { ClusterConfig } from './config.js';
import { serviceAccountIdentity } from './identity.js';

/** docs/spec/control-plane.md §4.8. The order of overrides matters: the last that names a client wins. */
export function rateLimit({ metadata, spec }: HTTPLocalRateLimitPolicy, config: ClusterConfig): RateLimit {
  const { total, perIdentity, overrides } = spec;
  return {
    origin: resourceOrigin('HTTPLocalRateLimitPolicy', metadata.name),
    ...(total === undefined ? {} : { total }),
    ...(perIdentity === undefined ? {} : { perIdentity }),
    overrides: overrides.map(({ requestsPerSecond, clients }) => ({
      requestsPerSecond,
      identities: clients.map((client) => serviceAccountIdentity(client, config)),
    })),
  };
}
