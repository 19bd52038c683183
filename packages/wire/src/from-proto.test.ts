import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { HttpMethodSchema } from './generated/http_types_pb.js';
import { ServerSchema, type AuthzSchema, type HttpRouteSchema, type GrpcRouteSchema } from './generated/inbound_pb.js';
import { fromProto } from './server.js';

type ServerInit = MessageInitShape<typeof ServerSchema>;
type Authz = MessageInitShape<typeof AuthzSchema>;
type HttpRoute = MessageInitShape<typeof HttpRouteSchema>;
type GrpcRoute = MessageInitShape<typeof GrpcRouteSchema>;

const net = { ip: { ip: { case: 'ipv4' as const, value: 0 } }, prefixLen: 0 };
const unauthenticated = { permit: { case: 'unauthenticated' as const, value: {} } };
const authz = {
  networks: [{ net }],
  authentication: unauthenticated,
  metadata: { kind: { case: 'default' as const, value: 'a' } },
};
const metadata = { kind: { case: 'default' as const, value: 'r' } };
const labels = { group: '', kind: 'default', name: 'x' };
const opaque = { kind: { case: 'opaque' as const, value: {} } };

const read = (init: ServerInit) => fromProto(create(ServerSchema, init));
const problemOf = (init: ServerInit) => {
  const result = read(init);
  return result.kind === 'problem' ? result.problem : 'no problem';
};
const withAuthz = (...authorizations: Authz[]) => problemOf({ labels, protocol: opaque, authorizations });
const http1 = (...routes: HttpRoute[]): ServerInit => ({
  labels,
  protocol: { kind: { case: 'http1', value: { routes } } },
});
const grpc = (...routes: GrpcRoute[]): ServerInit => ({
  labels,
  protocol: { kind: { case: 'grpc', value: { routes } } },
});
type HttpMatch = NonNullable<NonNullable<HttpRoute['rules']>[number]['matches']>[number];
type HttpFilter = NonNullable<NonNullable<HttpRoute['rules']>[number]['filters']>[number];
const withMatch = (...matches: HttpMatch[]) => problemOf(http1({ metadata, rules: [{ matches }] }));
const withFilter = (...filters: HttpFilter[]) => problemOf(http1({ metadata, rules: [{ filters }] }));

describe('a message with one bad element is a problem as a whole (docs/spec/data-plane.md §3.3)', () => {
  it('accepts its good neighbour', () => {
    expect(withAuthz(authz)).toBe('no problem');
    expect(withMatch({ path: { kind: { case: 'regex', value: '/a.*' } } })).toBe('no problem');
  });

  it('protocol and timeout', () => {
    const detect = (timeout: { seconds?: bigint; nanos?: number } | undefined) =>
      problemOf({ labels, protocol: { kind: { case: 'detect', value: timeout === undefined ? {} : { timeout } } } });
    expect(problemOf({ labels })).toBe('missing protocol detection timeout');
    expect(problemOf({ labels, protocol: {} })).toBe('missing protocol detection timeout');
    expect(detect(undefined)).toBe('missing protocol detection timeout');
    expect(detect({ seconds: -1n })).toBe('invalid protocol detection timeout');
    expect(detect({ nanos: -1 })).toBe('invalid protocol detection timeout');
    expect(detect({ seconds: 1n })).toBe('no problem');
  });

  it('labels', () => {
    expect(problemOf({ protocol: opaque, labels: { group: 'g', kind: 'server' } })).toBe(
      "invalid label: missing 'name' label",
    );
  });

  it('authorizations, of which one among good ones is enough', () => {
    expect(withAuthz(authz, { ...authz, networks: [] })).toBe('invalid authorization: missing networks');
    expect(withAuthz(authz, { networks: [{ net }], metadata })).toBe('invalid authorization: missing authentications');
    expect(withAuthz({ ...authz, authentication: { permit: { case: 'meshTLS', value: {} } } })).toBe(
      'invalid authorization: missing authentications',
    );
    expect(withAuthz({ ...authz, networks: [{ net: { ...net, prefixLen: 33 } }] })).toBe(
      'invalid authorization: invalid network: invalid network prefix length',
    );
    expect(withAuthz({ ...authz, networks: [{ net, except: [{ prefixLen: 1 }] }] })).toBe(
      'invalid authorization: invalid network: missing IP address',
    );
    expect(withAuthz({ ...authz, metadata: {} })).toBe('invalid authorization: invalid labels: missing');
    expect(withAuthz({ networks: [{ net }], authentication: unauthenticated })).toBe(
      "invalid authorization: invalid label: missing 'name' label",
    );
  });

  it('routes', () => {
    expect(problemOf(http1({}))).toBe('invalid HTTP route: invalid labels: missing');
    expect(problemOf(http1({ metadata, authorizations: [{ ...authz, networks: [] }] }))).toBe(
      'invalid HTTP route: invalid authorization: missing networks',
    );
    expect(problemOf(http1({ metadata, hosts: [{}] }))).toBe('invalid HTTP route: invalid host match: missing');
    expect(problemOf(grpc({ metadata, rules: [{ matches: [{}] }] }))).toBe(
      'invalid gRPC route: invalid route match: missing RPC match',
    );
  });

  it('matches', () => {
    const bad = 'invalid HTTP route: invalid route match';
    expect(withMatch({ headers: [{ name: 'a b', value: { case: 'regex', value: '.*' } }] })).toBe(
      `${bad}: invalid header match: invalid HTTP header name`,
    );
    expect(withMatch({ headers: [{ name: 'a' }] })).toBe(`${bad}: invalid header match: missing a header value match`);
    expect(withMatch({ headers: [{ name: 'a', value: { case: 'exact', value: Uint8Array.of(0xff) } }] })).toBe(
      `${bad}: invalid header match: invalid HTTP header value`,
    );
    expect(withMatch({ queryParams: [{ name: '', value: { case: 'exact', value: 'a' } }] })).toBe(
      `${bad}: invalid query param match: missing a query param name`,
    );
    expect(withMatch({ path: {} })).toBe(`${bad}: invalid path match: missing`);
    expect(withMatch({ path: { kind: { case: 'regex', value: '(' } } })).toMatch(
      /^invalid HTTP route: invalid route match: invalid path match: invalid regular expression: ./,
    );
    expect(withMatch({ path: { kind: { case: 'regex', value: '(?=look)ahead' } } })).toMatch(
      /invalid regular expression/,
    );
    expect(withMatch({ method: { type: { case: 'unregistered', value: 'GET /' } } })).toBe(
      `${bad}: invalid HTTP method`,
    );
    // proto3 enums are open: 9 is what a newer controller might send.
    const newer = fromBinary(HttpMethodSchema, Uint8Array.of(0x08, 9));
    expect(withMatch({ method: newer })).toBe(`${bad}: invalid HTTP method`);
    expect(withMatch({ method: {} })).toBe(`${bad}: missing HTTP method`);
  });

  it('filters', () => {
    const redirect = (value: NonNullable<Extract<HttpFilter['kind'], { case: 'redirect' }>>['value']) =>
      withFilter({ kind: { case: 'redirect', value } });
    const bad = 'invalid HTTP route: invalid request redirect';
    expect(redirect({ status: 99 })).toBe(`${bad}: invalid HTTP status code: invalid status code`);
    expect(redirect({ status: 404 })).toBe(`${bad}: invalid HTTP status code: invalid status code`);
    expect(redirect({ status: 307 })).toBe('no problem');
    expect(redirect({ port: 65_536 })).toBe(`${bad}: invalid port number`);
    expect(redirect({ path: { replace: { case: 'full', value: 'no-slash' } } })).toBe(`${bad}: invalid path`);
    expect(redirect({ host: 'a\r\nset-cookie: b' })).toBe(`${bad}: invalid host`);
    expect(redirect({ scheme: {} })).toBe(`${bad}: invalid HTTP scheme`);
    const add = { headers: [{ name: 'a', value: Buffer.from('b\r\nx: y') }] };
    expect(withFilter({ kind: { case: 'requestHeaderModifier', value: { add } } })).toBe(
      'invalid HTTP route: invalid request header modifier: invalid HTTP header value',
    );
    const ratio = { numerator: 2, denominator: 1 };
    expect(withFilter({ kind: { case: 'failureInjector', value: { status: 500, ratio } } })).toBe(
      'invalid HTTP route: invalid failure injector: invalid ratio',
    );
  });

  it('rate limits', () => {
    expect(problemOf({ labels, protocol: { kind: { case: 'http2', value: { localRateLimit: {} } } } })).toBe(
      'invalid rate limit: invalid labels: missing',
    );
  });
});

describe('readings that are not errors', () => {
  const policyOf = (init: ServerInit) => {
    const result = read(init);
    return result.kind === 'policy' ? result.policy : result.problem;
  };

  it('no routes: one that matches everything under the authorizations of the Server', () => {
    const everything = {
      origin: { kind: 'default', name: 'default' },
      hosts: [],
      authorizations: [],
      rules: [{ matches: [], filters: [] }],
    };
    expect(policyOf(http1())).toMatchObject({ protocol: { kind: 'http1', routes: [everything] } });
    expect(policyOf(grpc())).toMatchObject({ protocol: { kind: 'grpc', routes: [everything] } });
  });

  it('a route without rules: valid, matches nothing', () => {
    expect(policyOf(http1({ metadata }))).toMatchObject({ protocol: { routes: [{ rules: [] }] } });
  });

  it('a limit of zero: no limit', () => {
    const zero = { requestsPerSecond: 0 };
    const clients = { identities: [{ name: 'a' }] };
    const localRateLimit = {
      metadata,
      total: zero,
      identity: { requestsPerSecond: 5 },
      overrides: [{ limit: zero, clients }, { clients }, { limit: { requestsPerSecond: 7 }, clients }],
    };
    expect(policyOf({ labels, protocol: { kind: { case: 'http1', value: { localRateLimit } } } })).toMatchObject({
      protocol: {
        rateLimit: {
          origin: { kind: 'default', name: 'r' },
          perIdentity: 5,
          overrides: [{ requestsPerSecond: 7, identities: ['a'] }],
        },
      },
    });
  });

  it('a filter of an unknown kind: kept, as unknown', () => {
    expect(policyOf(http1({ metadata, rules: [{ filters: [{}] }] }))).toMatchObject({
      protocol: { routes: [{ rules: [{ filters: [{ kind: 'unknown' }] }] }] },
    });
  });

  it('a redirect with status 200, as Linkerd writes "unset": unset', () => {
    const filter = { kind: { case: 'redirect' as const, value: { host: 'h', status: 200 } } };
    const policy = policyOf(http1({ metadata, rules: [{ filters: [filter] }] }));
    expect(policy).toMatchObject({
      protocol: { routes: [{ rules: [{ filters: [{ kind: 'request-redirect', host: 'h' }] }] }] },
    });
    expect(JSON.stringify(policy)).not.toContain('status');
  });

  it('a wait that no timer can hold: the longest one that can', () => {
    const timeout = { seconds: 10_000_000n };
    expect(policyOf({ labels, protocol: { kind: { case: 'detect', value: { timeout } } } })).toMatchObject({
      protocol: { timeoutMs: 2_147_483_647 },
    });
  });

  it.each([
    [{ name: 'x' }, { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'server', name: 'x' }],
    [{ name: 'default:deny' }, { kind: 'default', name: 'deny' }],
    [{ name: 'server:x' }, { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'server', name: 'x' }],
    [
      { group: '', kind: 'default', name: 'deny' },
      { kind: 'default', name: 'deny' },
    ],
    // Without the entry of the empty group this is an object of kind `default`, no default policy.
    [
      { kind: 'default', name: 'deny' },
      { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'default', name: 'deny' },
    ],
  ])('labels %j name %j', (labels, server) => {
    expect(policyOf({ protocol: opaque, labels })).toMatchObject({ server });
  });

  it('an authorization without metadata is named by its labels', () => {
    const { networks, authentication } = authz;
    expect(
      policyOf({ labels, protocol: opaque, authorizations: [{ networks, authentication, labels: { name: 'z' } }] }),
    ).toMatchObject({
      authorizations: [
        { origin: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'serverauthorization', name: 'z' } },
      ],
    });
  });
});
