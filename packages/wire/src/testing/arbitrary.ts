/**
 * Random policies for property tests, of this package and of others (`@doorward/wire/testing`): everything that the wire can
 * carry, in the order in which it carries it (exact identities before suffixes, at least one route and one network).
 */
import type {
  Authorization,
  ClientAuthentication,
  GrpcFilter,
  GrpcRoute,
  GrpcRouteMatch,
  HeaderMatch,
  HeaderValue,
  HostMatch,
  HttpFilter,
  HttpRoute,
  HttpRouteMatch,
  IdentityMatch,
  InboundPolicy,
  InboundProtocol,
  IpNetwork,
  NetworkMatch,
  Origin,
  PathMatch,
  QueryParamMatch,
  RateLimit,
  RequestHeaderModifier,
  RequestRedirect,
} from '@doorward/core';
import * as fc from 'fast-check';

/** A record in which the `optional` keys may be absent, never `undefined`. */
const some = <T, K extends keyof T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }, requiredKeys: K[]) =>
  fc.record(model, { requiredKeys });

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const label = fc.stringMatching(/^[a-z0-9]{1,5}$/);
const dnsName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const identity = fc.oneof(
  dnsName,
  dnsName.map((host) => `spiffe://${host}/workload`),
);
const word64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** Any Unicode text but control characters and byte order marks (graphemes are never lone surrogates). */
const unicode = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  // oxlint-disable-next-line no-control-regex
  .filter((text) => !/[\x00-\x1f\x7f\ufeff]/.test(text));
const pattern = fc.constantFrom('.*', '/items/[0-9]+', '(?i)abc', 'a|ab', '\\d{3}', '/é+');

export const arbitraryOrigin = (group: string, resourceKind: string): fc.Arbitrary<Origin> =>
  fc.oneof(
    name.map((name): Origin => ({ kind: 'default', name })),
    name.map((name): Origin => ({ kind: 'resource', group, resourceKind, name })),
  );

export const arbitraryNetwork: fc.Arbitrary<IpNetwork> = fc.oneof(
  fc.record({
    address: fc.record({ family: fc.constant(4 as const), value: fc.nat(2 ** 32 - 1) }),
    prefixLength: fc.nat(32),
  }),
  fc.record({
    address: fc.record({ family: fc.constant(6 as const), high: word64, low: word64 }),
    prefixLength: fc.nat(128),
  }),
);

const networkMatch: fc.Arbitrary<NetworkMatch> = fc.record({
  network: arbitraryNetwork,
  except: fc.array(arbitraryNetwork, { maxLength: 2 }),
});

const identities: fc.Arbitrary<IdentityMatch[]> = fc
  .tuple(fc.array(identity, { maxLength: 3 }), fc.array(fc.array(label, { maxLength: 3 }), { maxLength: 2 }))
  .map(([exact, suffixes]) => [
    ...exact.map((identity): IdentityMatch => ({ kind: 'exact', identity })),
    ...suffixes.map((labels): IdentityMatch => ({ kind: 'suffix', labels })),
  ]);

const authentication: fc.Arbitrary<ClientAuthentication> = fc.oneof(
  fc.constant({ kind: 'unauthenticated' } as const),
  fc.constant({ kind: 'mesh-tls-unauthenticated' } as const),
  identities.map((identities): ClientAuthentication => ({ kind: 'mesh-tls', identities })),
);

export const arbitraryAuthorization: fc.Arbitrary<Authorization> = fc.record({
  origin: arbitraryOrigin('policy.linkerd.io', 'authorizationpolicy'),
  networks: fc.array(networkMatch, { minLength: 1, maxLength: 3 }),
  authentication,
});

const hostMatch: fc.Arbitrary<HostMatch> = fc.oneof(
  dnsName.map((host): HostMatch => ({ kind: 'exact', host })),
  fc.array(label, { maxLength: 3 }).map((reverseLabels): HostMatch => ({ kind: 'suffix', reverseLabels })),
);

const path = unicode.map((text) => `/${text}`);
const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  path.map((path): PathMatch => ({ kind: 'exact', path })),
  path.map((path): PathMatch => ({ kind: 'prefix', path })),
  pattern.map((pattern): PathMatch => ({ kind: 'regex', pattern })),
);

const headerMatch: fc.Arbitrary<HeaderMatch> = fc.oneof(
  fc.record({ kind: fc.constant('exact' as const), name, value: unicode }),
  fc.record({ kind: fc.constant('regex' as const), name, pattern }),
);

const queryName = unicode.filter((text) => text !== '');
const queryMatch: fc.Arbitrary<QueryParamMatch> = fc.oneof(
  fc.record({ kind: fc.constant('exact' as const), name: queryName, value: unicode }),
  fc.record({ kind: fc.constant('regex' as const), name: queryName, pattern }),
);

const method = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'HEAD',
  'TRACE',
  'PURGE',
  'get',
);

const httpMatch: fc.Arbitrary<HttpRouteMatch> = some(
  {
    path: pathMatch,
    headers: fc.array(headerMatch, { maxLength: 2 }),
    queryParams: fc.array(queryMatch, { maxLength: 2 }),
    method,
  },
  ['headers', 'queryParams'],
);

const grpcMatch: fc.Arbitrary<GrpcRouteMatch> = fc.record({
  service: fc.oneof(fc.constant(''), dnsName),
  method: fc.oneof(fc.constant(''), name),
  headers: fc.array(headerMatch, { maxLength: 2 }),
});

const headerValue: fc.Arbitrary<HeaderValue> = fc.record({ name, value: unicode });
const headerModifier: fc.Arbitrary<RequestHeaderModifier> = fc.record({
  kind: fc.constant('request-header-modifier' as const),
  add: fc.array(headerValue, { maxLength: 2 }),
  set: fc.array(headerValue, { maxLength: 2 }),
  remove: fc.array(name, { maxLength: 2 }),
});

const redirect: fc.Arbitrary<RequestRedirect> = some(
  {
    kind: fc.constant('request-redirect' as const),
    scheme: fc.constantFrom('http', 'https', 'ws'),
    host: dnsName,
    path: fc.record({
      kind: fc.constantFrom('full' as const, 'prefix' as const),
      value: fc.webPath().map((path) => `/${path}`),
    }),
    port: fc.integer({ min: 1, max: 65_535 }),
    status: fc.integer({ min: 300, max: 399 }),
  },
  ['kind'],
);

const failure = (status: fc.Arbitrary<number>) =>
  fc.record({
    kind: fc.constant('failure-injector' as const),
    status,
    message: unicode,
    ratio: fc.nat(100).map((numerator) => ({ numerator, denominator: 100 })),
  });

const unknownFilter = fc.constant({ kind: 'unknown' } as const);
const httpFilter: fc.Arbitrary<HttpFilter> = fc.oneof(
  headerModifier,
  redirect,
  failure(fc.integer({ min: 100, max: 999 })),
  unknownFilter,
);
const grpcFilter: fc.Arbitrary<GrpcFilter> = fc.oneof(headerModifier, failure(fc.nat(16)), unknownFilter);

const route = <Match, Filter>(kind: string, match: fc.Arbitrary<Match>, filter: fc.Arbitrary<Filter>) =>
  fc.record({
    origin: fc
      .constantFrom('policy.linkerd.io', 'gateway.networking.k8s.io')
      .chain((group) => arbitraryOrigin(group, kind)),
    hosts: fc.array(hostMatch, { maxLength: 2 }),
    authorizations: fc.array(arbitraryAuthorization, { maxLength: 2 }),
    rules: fc.array(
      fc.record({ matches: fc.array(match, { maxLength: 2 }), filters: fc.array(filter, { maxLength: 2 }) }),
      { maxLength: 2 },
    ),
  });

export const arbitraryHttpRoute: fc.Arbitrary<HttpRoute> = route('HTTPRoute', httpMatch, httpFilter);
export const arbitraryGrpcRoute: fc.Arbitrary<GrpcRoute> = route('GRPCRoute', grpcMatch, grpcFilter);

const rps = fc.integer({ min: 1, max: 2 ** 32 - 1 });
export const arbitraryRateLimit: fc.Arbitrary<RateLimit> = some(
  {
    origin: arbitraryOrigin('policy.linkerd.io', 'HTTPLocalRateLimitPolicy'),
    total: rps,
    perIdentity: rps,
    overrides: fc.array(fc.record({ requestsPerSecond: rps, identities: fc.array(identity, { maxLength: 2 }) }), {
      maxLength: 2,
    }),
  },
  ['origin', 'overrides'],
);

const httpRoutes = fc.array(arbitraryHttpRoute, { minLength: 1, maxLength: 3 });
export const arbitraryProtocol: fc.Arbitrary<InboundProtocol> = fc.oneof(
  some(
    {
      kind: fc.constant('detect' as const),
      timeoutMs: fc.nat(2 ** 31 - 1),
      routes: httpRoutes,
      rateLimit: arbitraryRateLimit,
    },
    ['kind', 'timeoutMs', 'routes'],
  ),
  some(
    { kind: fc.constantFrom('http1' as const, 'http2' as const), routes: httpRoutes, rateLimit: arbitraryRateLimit },
    ['kind', 'routes'],
  ),
  fc.record({
    kind: fc.constant('grpc' as const),
    routes: fc.array(arbitraryGrpcRoute, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constantFrom('opaque' as const, 'tls' as const) }),
);

export const arbitraryInboundPolicy: fc.Arbitrary<InboundPolicy> = fc.record({
  server: arbitraryOrigin('policy.linkerd.io', 'server'),
  protocol: arbitraryProtocol,
  authorizations: fc.array(arbitraryAuthorization, { maxLength: 3 }),
});
