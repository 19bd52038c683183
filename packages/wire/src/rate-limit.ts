import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RateLimit } from '@doorward/core';
import { within } from './conversion-error.js';
import type { HttpLocalRateLimit, HttpLocalRateLimitSchema } from './generated/inbound_pb.js';
import { originFromMetadata, originToMetadata } from './origin.js';

export function rateLimitToProto(limit: RateLimit): MessageInitShape<typeof HttpLocalRateLimitSchema> {
  return {
    metadata: originToMetadata(limit.origin),
    ...(limit.total !== undefined && { total: { requestsPerSecond: limit.total } }),
    ...(limit.perIdentity !== undefined && { identity: { requestsPerSecond: limit.perIdentity } }),
    overrides: limit.overrides.map(({ requestsPerSecond, identities }) => ({
      limit: { requestsPerSecond },
      clients: { identities: identities.map((name) => ({ name })) },
    })),
  };
}

/** A limit of 0 requests a second does not exist, also as an override (docs/spec/data-plane.md §3.3). */
export function rateLimitFromProto(message: HttpLocalRateLimit): RateLimit {
  return within('invalid rate limit', () => {
    const total = message.total?.requestsPerSecond ?? 0;
    const perIdentity = message.identity?.requestsPerSecond ?? 0;
    return {
      origin: originFromMetadata(message.metadata),
      ...(total > 0 && { total }),
      ...(perIdentity > 0 && { perIdentity }),
      overrides: message.overrides.flatMap(({ limit, clients }) => {
        const requestsPerSecond = limit?.requestsPerSecond ?? 0;
        if (requestsPerSecond === 0) return [];
        return [{ requestsPerSecond, identities: (clients?.identities ?? []).map(({ name }) => name) }];
      }),
    };
  });
}
