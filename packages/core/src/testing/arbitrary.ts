/**
 * Random policies, clients and requests for property tests. Unlike those of `@doorward/wire/testing`, which range over everything
 * that can be written, these come from small alphabets, so that rules and requests really meet: the same few hosts, paths,
 * headers, identities and networks, with their near misses.
 */
import * as fc from 'fast-check';
import type { IpAddress } from '../ip.js';
import type {
  Authorization,
  ClientAuthentication,
  GrpcFilter,
  GrpcRoute,
  GrpcRouteMatch,
  HeaderMatch,
  HostMatch,
  HttpFilter,
  HttpRoute,
  HttpRouteMatch,
  IdentityMatch,
  InboundPolicy,
  InboundProtocol,
  Origin,
  PathMatch,
} from '../policy.js';
import type { Client, ClientTls, HttpRequest, Wanted } from '../request.js';
import { byteText } from '../text.js';
import { ip, net, requestOf } from './build.js';

const from = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const mostlyNone = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 2 }) },
  );

/** Mostly a few, as people write them; now and then enough for what is only done for many. */
const fewOrMany = <T>(arbitrary: fc.Arbitrary<T>, few: number, many: number, minLength = 0): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.array(arbitrary, { minLength, maxLength: few }) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: many / 2, maxLength: many, size: 'max' }) },
  );

const network = from(
  ...['0.0.0.0/0', '0.0.0.0/0', '10.0.0.0/8'].map(net),
  ...['10.0.0.0/8', '10.1.9.9/16', '10.1.9.0/24', '10.1.9.9/32', '10.1.9.8/31', '0.0.0.0/0', '127.0.0.1/32'].map(net),
  ...['::/0', '::1/128', 'fd00::/8', 'fd00:0:0:1::/64', 'fd00:0:0:1::8000:0/97', '::ffff:10.0.0.0/104'].map(net),
);
export const arbitraryIp: fc.Arbitrary<IpAddress> = from(
  ...[
    '10.1.9.9',
    '10.1.9.8',
    '10.1.2.3',
    '10.2.0.1',
    '192.0.2.3',
    '127.0.0.1',
    '::1',
    'fd00:0:0:1::9000:1',
    'fd00::1',
  ].map(ip),
);

const suffix = (...labels: string[]): IdentityMatch => ({ kind: 'suffix', labels });
const identityMatch: fc.Arbitrary<IdentityMatch> = fc.oneof(
  from('web.bank.id', 'teller.bank.id', 'spiffe://id/web').map((identity): IdentityMatch => ({
    kind: 'exact',
    identity,
  })),
  from(
    suffix(),
    suffix('bank', 'id'),
    suffix('bank.id'),
    suffix('id'),
    suffix('web', 'bank', 'id'),
    suffix('nobody'),
    suffix(''),
  ),
);
const authentication: fc.Arbitrary<ClientAuthentication> = fc.oneof(
  from({ kind: 'unauthenticated' } as const, { kind: 'mesh-tls-unauthenticated' } as const),
  fc
    .array(identityMatch, { maxLength: 2 })
    .map((identities): ClientAuthentication => ({ kind: 'mesh-tls', identities })),
);
const resource = (resourceKind: string, names: readonly string[]): fc.Arbitrary<Origin> =>
  from(...names).map((name): Origin => ({ kind: 'resource', group: 'policy.linkerd.io', resourceKind, name }));
const builtIn = (...names: string[]): fc.Arbitrary<Origin> =>
  from(...names).map((name): Origin => ({ kind: 'default', name }));

export const arbitraryAuthorization: fc.Arbitrary<Authorization> = fc.record({
  origin: fc.oneof(
    { weight: 3, arbitrary: resource('authorizationpolicy', ['a', 'b', 'c']) },
    { weight: 1, arbitrary: builtIn('audit', 'probe') },
  ),
  networks: fc.array(fc.record({ network, except: fc.array(network, { maxLength: 1 }) }), {
    minLength: 1,
    maxLength: 2,
  }),
  authentication,
});

export const arbitraryTls: fc.Arbitrary<ClientTls> = fc.oneof(
  from<ClientTls>(
    { kind: 'none', reason: 'no-client-hello' },
    { kind: 'none', reason: 'port-skipped' },
    { kind: 'passthru', sni: 'web.bank.id' },
    { kind: 'established', identity: undefined },
  ),
  from('web.bank.id', 'teller.bank.id', 'a.web.bank.id', 'bank.id', '.bank.id', 'xbank.id', 'Web.bank.id', 'id.').map(
    (name): ClientTls => ({
      kind: 'established',
      identity: { kind: 'dns', name },
    }),
  ),
  from('spiffe://id/web', 'spiffe://web.bank.id').map((name): ClientTls => ({
    kind: 'established',
    identity: { kind: 'uri', name },
  })),
);
export const arbitraryClient: fc.Arbitrary<Client> = fc.record({ ip: arbitraryIp, tls: arbitraryTls });

const hostMatch: fc.Arbitrary<HostMatch> = fc.oneof(
  from('a.test', 'b.A.test', 'b.a.test.', 'a.test.', 'test').map((host): HostMatch => ({ kind: 'exact', host })),
  from<string[]>(['test'], ['test', 'a'], ['test', 'a', 'b'], ['TEST'], ['', 'test'], ['', 'test', 'a'], []).map(
    (reverseLabels): HostMatch => ({
      kind: 'suffix',
      reverseLabels,
    }),
  ),
);
const authority = from(
  undefined,
  'a.test',
  'a.test:80',
  'b.a.test',
  'c.b.a.test',
  'c.b.a.test.',
  'B.A.TEST.',
  'a.test..',
  '.a.test',
  '.',
  'u:p@a.test:8080',
  'a.test.',
  'test',
  '[::1]:80',
  '',
);

/** Patterns that RE2 and JavaScript read alike. */
const pathPattern = from(
  '/a.*',
  '/a|/ab',
  '/ab|/a',
  '/[ab]+',
  '.*',
  '/a/?',
  '/é',
  '/..',
  '(/[a-c])*',
  // With a literal start, of whole segments or not, that ends in different ways.
  '/a/b',
  '^/a/b',
  '/a/b$',
  '/a/b[ab]*',
  '/a/b/.*',
  '/a/b/?',
  '/a/b*',
  '/a/ab?',
  '/a/b{1,2}',
  '/a/(a|b)',
  '/a/b|/a',
  '/a/\\w',
  '/a//b',
  '/b/é',
  'a/.*',
  '/a/',
  '',
  '^',
);
const writtenPath = from(
  '/',
  '/a',
  '/a/',
  '/a//',
  '/a/b',
  '/a//b',
  '/a/../b',
  '/%61',
  '/é',
  '/a/./',
  '/b',
  '/a%2fb',
  '/ab',
  '/a/b/',
  '/a/b/a',
  '/a/b/ab',
  '/a/b/a/b',
  '/b/a',
  '/b/é',
  '',
  'a',
  'a/',
  'a/b',
);
const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  fc.record({ kind: from('exact' as const, 'prefix' as const), path: writtenPath }),
  pathPattern.map((pattern): PathMatch => ({ kind: 'regex', pattern })),
);
const segment = from(
  'a',
  'b',
  'ab',
  'a',
  'b',
  '',
  '.',
  '..',
  '%61',
  '%2e',
  '%2E%2e',
  '%2f',
  '%2F',
  '%',
  '%e9',
  byteText('é'),
  '\xe9',
);
const path = fc.oneof(
  { weight: 5, arbitrary: writtenPath.map(byteText) },
  {
    weight: 5,
    arbitrary: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
  },
  { weight: 1, arbitrary: from('', '*', 'a/b/a', 'a/a') },
);

const fieldPattern = from('1|12', '12|1', '[12]', '.*', '1.?');
const fieldMatch = (names: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<HeaderMatch> =>
  fc.oneof(
    fc.record({ kind: fc.constant('exact' as const), name: names, value: values }),
    fc.record({ kind: fc.constant('regex' as const), name: names, pattern: fieldPattern }),
  );
const headerMatch = fieldMatch(from('x', 'y'), from('1', '2', 'é', ''));
const headers = fc.array(fc.tuple(from('x', 'y', 'x'), from('1', '2', '12', byteText('é'), '\xe9', '')), {
  maxLength: 3,
});
const queryMatch = fieldMatch(from('q', 'r', ' '), from('1', '', 'a b', 'é', '�'));
const query = fc.option(
  fc
    .array(
      from(
        'q=1',
        'q=12',
        'q',
        'r=%31',
        'q=a+b',
        '+=1',
        'r=%C3%A9',
        'r=\xc3\xa9',
        'r=\xe9',
        '%',
        '',
        '=',
        'q=1=2',
        '?q=1',
      ),
      { maxLength: 3 },
    )
    .map((pairs) => pairs.join('&')),
  { nil: undefined },
);

const method = from('GET', 'POST', 'DELETE', 'get', 'CONNECT');

const httpMatch: fc.Arbitrary<HttpRouteMatch> = fc.record(
  { path: pathMatch, headers: mostlyNone(headerMatch), queryParams: mostlyNone(queryMatch), method },
  { requiredKeys: ['headers', 'queryParams'] },
);
const grpcMatch: fc.Arbitrary<GrpcRouteMatch> = fc.record({
  service: from('', 'svc', 'svc.x', 'é'),
  method: from('', 'M', 'N'),
  headers: mostlyNone(headerMatch),
});
const filters: fc.Arbitrary<(HttpFilter & GrpcFilter)[]> = from<(HttpFilter & GrpcFilter)[]>([], [{ kind: 'unknown' }]);

const routeOf = <Match, Filter>(resourceKind: string, match: fc.Arbitrary<Match>, filters: fc.Arbitrary<Filter[]>) =>
  fc.record({
    origin: fc.oneof(resource(resourceKind, ['r1', 'r2', 'r3']), builtIn('default')),
    hosts: mostlyNone(hostMatch),
    authorizations: fewOrMany(arbitraryAuthorization, 2, 12),
    rules: fc.array(fc.record({ matches: fewOrMany(match, 3, 12), filters }), { minLength: 1, maxLength: 2 }),
  });
const httpRoutes: fc.Arbitrary<HttpRoute[]> = fewOrMany(routeOf('HTTPRoute', httpMatch, filters), 4, 12);
const grpcRoutes: fc.Arbitrary<GrpcRoute[]> = fewOrMany(routeOf('GRPCRoute', grpcMatch, filters), 3, 12);
const protocol: fc.Arbitrary<InboundProtocol> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: from('http1' as const, 'http2' as const), routes: httpRoutes }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('detect' as const), timeoutMs: fc.constant(10_000), routes: httpRoutes }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('grpc' as const), routes: grpcRoutes }) },
  { weight: 1, arbitrary: fc.record({ kind: from('opaque' as const, 'tls' as const) }) },
);
export const arbitraryPolicy: fc.Arbitrary<InboundPolicy> = fc.record({
  server: fc.oneof(resource('server', ['s']), builtIn('all-unauthenticated')),
  protocol,
  authorizations: fewOrMany(arbitraryAuthorization, 3, 40),
});

const httpRequest = fc
  .tuple(fc.record({ method, path, query, authority }), headers)
  .map(([head, fields]) => ({ ...requestOf(head, fields), fields }));
const grpcRequest = fc
  .tuple(
    fc.record({
      method: from('POST', 'POST', 'POST', 'GET'),
      path: from(
        '/svc/M',
        '/svc/N',
        '/svc.x/M',
        '/svc/M/',
        '/svc/M/more',
        '/any/M',
        '//',
        '//N',
        '/svc',
        '//M',
        '/svc/',
        '/./svc//M',
        '/s%76c/M',
        byteText('/é/M'),
      ),
      query,
      authority,
    }),
    headers,
  )
  .map(([head, fields]) => ({ ...requestOf(head, fields), fields }));
const request = (arbitrary: fc.Arbitrary<HttpRequest>): fc.Arbitrary<Wanted> =>
  arbitrary.map((request): Wanted => ({ kind: 'request', request }));

/** What is asked of a policy: mostly the kind of request that it is for. */
export const arbitraryWanted = (protocol: InboundProtocol['kind']): fc.Arbitrary<Wanted> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<Wanted>({ kind: 'connection' }) },
    { weight: protocol === 'grpc' ? 1 : 8, arbitrary: request(httpRequest) },
    { weight: protocol === 'grpc' ? 8 : 1, arbitrary: request(grpcRequest) },
  );

/** A policy, and several clients who ask several things of it, in order. */
export interface Interview {
  readonly policy: InboundPolicy;
  readonly questions: readonly { readonly client: Client; readonly wanted: Wanted }[];
}
export const arbitraryInterview: fc.Arbitrary<Interview> = arbitraryPolicy.chain((policy) =>
  fc
    .tuple(
      fc.array(arbitraryClient, { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(fc.nat(1), arbitraryWanted(policy.protocol.kind)), { minLength: 1, maxLength: 4 }),
    )
    .map(([clients, asked]) => ({
      policy,
      questions: asked.flatMap(([who, wanted]) => {
        const client = clients[who % clients.length];
        return client === undefined ? [] : [{ client, wanted }];
      }),
    })),
);
