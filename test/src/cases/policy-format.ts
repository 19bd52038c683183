/** How expected.yaml writes a policy; cases/README.md tells it to people. */
import { parseNetwork, type HttpFilter } from '@doorward/core';
import { z } from 'zod';

/** `10.1.0.0/16`, `10.1.0.0/16 except 10.1.9.0/24 10.1.8.1/32` */
const networkMatch = z
  .string()
  .refine(
    (text) => text.split(/ except | /).every((part) => parseNetwork(part) !== undefined),
    'not NETWORK, or NETWORK except NETWORK…',
  );

/** `default:NAME`, or `KIND/NAME` with the kind as Kubernetes spells it; a gateway HTTPRoute is `HTTPRoute.gateway/NAME`. */
export const origin = z
  .string()
  .regex(
    /^(?:default:[a-z-]+|(?:Server|AuthorizationPolicy|ServerAuthorization|HTTPRoute|HTTPRoute\.gateway|GRPCRoute|HTTPLocalRateLimitPolicy)\/[a-z0-9.-]+)$/,
    'neither default:NAME nor KIND/NAME',
  );

const authorization = z.strictObject({
  origin,
  /** `any` is 0.0.0.0/0 and ::/0. */
  networks: z.union([z.literal('any').transform(() => ['0.0.0.0/0', '::/0']), z.array(networkMatch).min(1)]),
  /** A list is of identities: `*` and `*.a.b` are suffixes, everything else is exact. */
  authentication: z.union([z.enum(['unauthenticated', 'mesh-tls-unauthenticated']), z.array(z.string())]),
});

const field = z.strictObject({ name: z.string(), exact: z.string().optional(), regex: z.string().optional() });
const match = z.strictObject({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
  method: z.string().optional(),
  /** Of gRPC. */
  service: z.string().optional(),
  headers: z.array(field).default([]),
  query: z.array(field).default([]),
});

const headerValues = z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]);
/** As core has them. */
export const filter: z.ZodType<HttpFilter> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('request-header-modifier'),
    add: headerValues,
    set: headerValues,
    remove: z.array(z.string()).default([]),
  }),
  z.strictObject({
    kind: z.literal('request-redirect'),
    scheme: z.string().exactOptional(),
    host: z.string().exactOptional(),
    path: z.strictObject({ kind: z.enum(['full', 'prefix']), value: z.string() }).exactOptional(),
    port: z.number().exactOptional(),
    status: z.number().exactOptional(),
  }),
]);

const rule = z.strictObject({ matches: z.array(match), filters: z.array(filter).default([]) });
const route = z
  .strictObject({
    origin,
    hosts: z.array(z.string()).default([]),
    authorizations: z.array(authorization).default([]),
    /** The same as one rule without filters. */
    matches: z.array(match).optional(),
    rules: z.array(rule).optional(),
  })
  .refine(({ matches, rules }) => (matches === undefined) !== (rules === undefined), 'needs `matches` or `rules`')
  .transform(({ matches, rules, ...rest }) => ({ ...rest, rules: rules ?? [{ matches: matches ?? [], filters: [] }] }));

const rateLimit = z.strictObject({
  origin,
  total: z.number().optional(),
  identity: z.number().optional(),
  overrides: z.array(z.strictObject({ requestsPerSecond: z.number(), identities: z.array(z.string()) })).default([]),
});

const protocols = ['http1', 'http2', 'grpc', 'opaque', 'tls'] as const;
export const policy = z
  .strictObject({
    server: origin,
    /** `detect 10s`, with the time to wait. */
    protocol: z.union([z.enum(protocols), z.string().regex(/^detect \d+(\.\d+)?s$/, 'not `detect 10s` or a protocol')]),
    authorizations: z.array(authorization).default([]),
    /** Absent: the default route alone. */
    routes: z.array(route).optional(),
    rateLimit: rateLimit.optional(),
  })
  .transform(({ routes, ...rest }) => {
    const carries = rest.protocol !== 'opaque' && rest.protocol !== 'tls';
    const any = rest.protocol === 'grpc' ? { service: '', method: '' } : { prefix: '/' };
    const byDefault = route.parse({ origin: 'default:default', matches: [any] });
    return { ...rest, ...(carries || routes !== undefined ? { routes: routes ?? [byDefault] } : {}) };
  });

export type CompactPolicy = z.output<typeof policy>;
export type CompactRoute = z.output<typeof route>;
export type CompactMatch = z.output<typeof match>;
export type CompactAuthorization = z.output<typeof authorization>;
export type CompactField = z.output<typeof field>;
