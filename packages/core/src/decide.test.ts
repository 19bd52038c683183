/** The stories of docs/spec/data-plane.md §11.1 that a decision can tell, and what a decision says about itself. */
import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { isPermit, type Decision } from './decision.js';
import type { GrpcRoute, InboundPolicy, InboundProtocol } from './policy.js';
import {
  authorization,
  connection,
  meshed,
  net,
  origin,
  policy,
  request,
  route,
  serverOrigin,
  unmeshed,
} from './testing/build.js';

/** `allowed by NAME`, or the reason of the denial. */
function verdict(decision: Decision): string {
  return decision.verdict === 'allowed' ? `allowed by ${decision.authorization.origin.name}` : decision.reason;
}

describe('a connection to an opaque port', () => {
  const office = policy({ kind: 'opaque' }, [authorization('office', 'unauthenticated', ['192.0.2.0/24'])]);

  it('is permitted to a client in the network, and says by what', () => {
    const decision = decide(office, unmeshed('192.0.2.3'), connection);
    expect(decision).toEqual({
      verdict: 'allowed',
      server: serverOrigin,
      route: undefined,
      authorization: office.authorizations[0],
      audit: false,
      filters: [],
      pathMatch: { kind: 'other' },
      permit: expect.toSatisfy(isPermit),
    });
  });

  it('is refused to its neighbour, and says why', () => {
    const miss = { authorization: office.authorizations[0], network: { kind: 'outside' }, identity: undefined };
    expect(decide(office, unmeshed('192.0.3.3'), connection)).toEqual({
      verdict: 'denied',
      reason: 'unauthorized',
      server: serverOrigin,
      route: undefined,
      tried: [miss],
      closest: miss,
    });
  });

  const tellers = policy({ kind: 'opaque' }, [authorization('tellers', ['teller.bank.id'])]);
  const meshOnly = policy({ kind: 'opaque' }, [authorization('mesh', 'mesh-tls-unauthenticated')]);
  const suffix = policy({ kind: 'opaque' }, [authorization('cluster', ['*.cluster.local'])]);
  it.each([
    ['the identity', tellers, meshed('10.0.0.1', 'teller.bank.id'), 'allowed by tellers'],
    ['another identity', tellers, meshed('10.0.0.1', 'auditor.bank.id'), 'unauthorized'],
    ['no identity', tellers, meshed('10.0.0.1'), 'unauthorized'],
    ['the suffix', suffix, meshed('10.0.0.1', 'a.cluster.local'), 'allowed by cluster'],
    ['another suffix', suffix, meshed('10.0.0.1', 'a.cluster.example.com'), 'unauthorized'],
    ['mesh TLS without an identity', meshOnly, meshed('10.0.0.1'), 'allowed by mesh'],
    [
      'TLS passed through',
      meshOnly,
      { ip: meshed('10.0.0.1').ip, tls: { kind: 'passthru' as const, sni: 'mesh' } },
      'unauthorized',
    ],
    ['no TLS', meshOnly, unmeshed('10.0.0.1'), 'unauthorized'],
  ])('with %s', (_, server, client, expected) => {
    expect(verdict(decide(server, client, connection))).toBe(expected);
  });
});

describe('identities', () => {
  it.each([
    // A SPIFFE identity has to be listed as it is.
    ['spiffe://id.local/web', ['spiffe://id.local/web'], true],
    ['spiffe://id.local/web', ['spiffe://id.local/other'], false],
    ['spiffe://some.id.local', ['*.id.local'], false],
    ['spiffe://id.local/web', ['*'], false],
    ['some.id.local', ['some.id.local'], true],
    ['some.id.local', ['other.id.local'], false],
    ['some.id.local', ['*.id.local'], true],
    ['some.id.local', ['*.other.local'], false],
    ['some.id.local', ['other.id.local', '*.other.local', 'some.id.local'], true],
    ['some.id.local', ['*'], true],
    // The `*` stands for at least one label, and labels are whole.
    ['id.local', ['*.id.local'], false],
    ['.id.local', ['*.id.local'], false],
    ['grid.local', ['*.id.local'], false],
    ['a.b.id.local', ['*.id.local'], true],
    // Certificates have lower case; a policy in upper case is met by nobody.
    ['some.id.local', ['Some.id.local'], false],
    ['some.id.local', [], false],
  ])('%s, of %j: %s', (name, listed, expected) => {
    const server = policy({ kind: 'tls' }, [authorization('listed', listed)]);
    expect(decide(server, meshed('10.0.0.1', name), connection).verdict).toBe(expected ? 'allowed' : 'denied');
  });
});

describe('networks', () => {
  it.each([
    ['10.1.2.3', ['10.1.0.0/16'], true],
    ['10.2.2.3', ['10.1.0.0/16'], false],
    ['10.1.2.3', ['10.1.9.9/16'], true],
    ['10.1.9.3', ['10.1.0.0/16 except 10.1.9.0/24'], false],
    ['10.1.8.3', ['10.1.0.0/16 except 10.1.9.0/24'], true],
    // Excepted in one network, permitted in another: one that permits is enough.
    ['10.1.9.3', ['10.1.0.0/16 except 10.1.9.0/24', '10.1.9.3'], true],
    ['10.1.9.4', ['10.1.0.0/16 except 10.1.9.0/24', '10.1.9.3'], false],
    ['10.1.2.3', ['::/0'], false],
    ['10.1.2.3', ['::ffff:10.1.0.0/112'], false],
    ['fd00::1', ['0.0.0.0/0'], false],
    ['fd00::1', ['fd00::/8'], true],
    ['fe00::1', ['fd00::/8'], false],
  ])('%s, of %j: %s', (address, networks, expected) => {
    const server = policy({ kind: 'opaque' }, [authorization('networks', 'unauthenticated', networks)]);
    expect(decide(server, unmeshed(address), connection).verdict).toBe(expected ? 'allowed' : 'denied');
  });
});

describe('identity and network', () => {
  const both = policy({ kind: 'tls' }, [authorization('both', ['teller.bank.id'], ['10.1.0.0/16'])]);
  it.each([
    ['10.1.2.3', 'teller.bank.id', 'allowed by both'],
    ['10.2.2.3', 'teller.bank.id', 'unauthorized'],
    ['10.1.2.3', 'auditor.bank.id', 'unauthorized'],
  ])('%s as %s: %s', (address, name, expected) => {
    expect(verdict(decide(both, meshed(address, name), connection))).toBe(expected);
  });

  it('are not met by two authorizations of which each has half', () => {
    const halves = policy({ kind: 'tls' }, [
      authorization('who', ['teller.bank.id'], ['192.0.2.0/24']),
      authorization('where', ['other.bank.id'], ['10.1.0.0/16']),
    ]);
    expect(verdict(decide(halves, meshed('10.1.2.3', 'teller.bank.id'), connection))).toBe('unauthorized');
  });
});

describe('which protocols carry connections and requests', () => {
  const open = [authorization('open', 'unauthenticated')];
  const anything = route('r', [{}]);
  const grpcRoute: GrpcRoute = {
    origin: origin('GRPCRoute', 'r'),
    hosts: [],
    authorizations: [],
    rules: [{ matches: [], filters: [] }],
  };
  it.each<[InboundProtocol, string, string]>([
    [{ kind: 'detect', timeoutMs: 10_000, routes: [anything] }, 'allowed by open', 'allowed by open'],
    [{ kind: 'opaque' }, 'allowed by open', 'not-http'],
    [{ kind: 'tls' }, 'allowed by open', 'not-http'],
    [{ kind: 'http1', routes: [anything] }, 'http-only', 'allowed by open'],
    [{ kind: 'http2', routes: [anything] }, 'http-only', 'allowed by open'],
    [{ kind: 'grpc', routes: [grpcRoute] }, 'http-only', 'allowed by open'],
  ])('$kind', (protocol, ofConnection, ofRequest) => {
    const server = policy(protocol, open);
    const client = unmeshed('10.0.0.1');
    expect(verdict(decide(server, client, connection))).toBe(ofConnection);
    expect(verdict(decide(server, client, request({})))).toBe(ofRequest);
    const closed = policy(protocol);
    expect(decide(closed, client, connection).verdict).toBe('denied');
    expect(decide(closed, client, request({})).verdict).toBe('denied');
  });
});

describe('requests', () => {
  const me = unmeshed('192.0.2.3');
  const http = (get: string, other: string): InboundPolicy =>
    policy({
      kind: 'http1',
      routes: [
        route('get', [{ method: 'GET' }], [authorization('readers', 'unauthenticated', [get])]),
        route(
          'other',
          [{ method: other }],
          other === 'POST' ? [] : [authorization('writers', 'unauthenticated', ['192.0.2.3'])],
        ),
      ],
    });

  it('are decided by their route, and newly by each new policy', () => {
    const ask = (server: InboundPolicy) =>
      ['GET', 'POST', 'DELETE'].map((method) => verdict(decide(server, me, request({ method }))));
    expect(ask(http('192.0.2.3', 'POST'))).toEqual(['allowed by readers', 'unauthorized', 'no-route']);
    expect(ask(http('192.0.2.4', 'DELETE'))).toEqual(['unauthorized', 'no-route', 'allowed by writers']);
  });

  it('to a gRPC port are decided by service and method', () => {
    const grpc = (name: string, service: string, who: readonly string[]): GrpcRoute => ({
      origin: origin('GRPCRoute', name),
      hosts: [],
      authorizations: who.map((client) => authorization('callers', 'unauthenticated', [client])),
      rules: [{ matches: [{ service, method: '', headers: [] }], filters: [] }],
    });
    const server = policy({
      kind: 'grpc',
      routes: [grpc('foo', 'foo.bar.bah', ['192.0.2.3']), grpc('qux', 'qux', [])],
    });
    const ask = (path: string, method = 'POST') => verdict(decide(server, me, request({ method, path })));
    expect(ask('/foo.bar.bah/baz')).toBe('allowed by callers');
    expect(ask('/qux/baz')).toBe('unauthorized');
    expect(ask('/other/baz')).toBe('no-route');
    expect(ask('/foo.bar.bah/baz', 'GET')).toBe('no-route');
    expect(ask('/foo.bar.bah')).toBe('no-route');
  });

  it("are tried with the route's authorizations, then with the server's; the first decides", () => {
    const server = policy({ kind: 'http1', routes: [route('r', [{}], [authorization('on-route', ['a.id'])])] }, [
      authorization('on-server', ['a.id', 'b.id']),
    ]);
    const ask = (name: string) => verdict(decide(server, meshed('10.0.0.1', name), request({})));
    expect(ask('a.id')).toBe('allowed by on-route');
    expect(ask('b.id')).toBe('allowed by on-server');
    expect(ask('c.id')).toBe('unauthorized');
  });

  it('of a route carry its filters and the prefix that matched', () => {
    const filters = [{ kind: 'unknown' } as const];
    const matched = route('r', [{ path: { kind: 'prefix', path: '/api/' } }]);
    const server = policy(
      { kind: 'http1', routes: [{ ...matched, rules: matched.rules.map((rule) => ({ ...rule, filters })) }] },
      [authorization('open', 'unauthenticated')],
    );
    expect(decide(server, me, request({ path: '/api/x' }))).toMatchObject({
      filters,
      pathMatch: { kind: 'prefix', path: '/api/' },
      route: origin('HTTPRoute', 'r'),
    });
    expect(verdict(decide(server, me, request({ path: '/apix' })))).toBe('no-route');
  });
});

describe('the first authorization', () => {
  it('decides, and with it whether the grant is an audited one', () => {
    const audit = { ...authorization('audit', 'unauthenticated'), origin: { kind: 'default', name: 'audit' } as const };
    const named = authorization('audit', ['a.id']);
    const server = policy({ kind: 'opaque' }, [named, audit]);
    expect(decide(server, meshed('10.0.0.1', 'a.id'), connection)).toMatchObject({
      authorization: named,
      audit: false,
    });
    expect(decide(server, meshed('10.0.0.1', 'b.id'), connection)).toMatchObject({ authorization: audit, audit: true });
    expect(decide(policy({ kind: 'opaque' }, [named]), meshed('10.0.0.1', 'b.id'), connection).verdict).toBe('denied');
  });
});

describe('two readings of a path', () => {
  const admins = authorization('admins', ['admin.id']);
  const everybody = authorization('everybody', 'unauthenticated');
  const server = (adminPath: string, publicPath = '/'): InboundPolicy =>
    policy({
      kind: 'http1',
      routes: [
        route('public', [{ path: { kind: 'prefix', path: publicPath } }], [everybody]),
        route('admin', [{ path: { kind: 'prefix', path: adminPath } }], [admins]),
      ],
    });
  const ask = (adminPath: string, path: string, name = 'nobody.id') =>
    verdict(decide(server(adminPath), meshed('10.0.0.1', name), request({ path })));

  it.each([
    '/admin',
    '/admin/x',
    '/public/../admin',
    '//admin',
    '/./admin',
    '/%61dmin',
    '/%61%64min/x',
    '/public/%2e%2E/admin',
  ])('%s is the admin’s', (path) => {
    expect(ask('/admin', path)).toBe('unauthorized');
    expect(ask('/admin', path, 'admin.id')).toMatch(/^allowed/);
  });

  it.each(['/', '/public', '/adminx', '/admin/../public', '/%2561dmin'])(
    '%s is open, or what leads there is',
    (path) => {
      expect(ask('/secret', path)).toBe('allowed by everybody');
    },
  );

  it('the stricter one decides when only the path as written is the admin’s', () => {
    expect(ask('/admin', '/admin/../public')).toBe('unauthorized');
    expect(ask('/admin', '/admin/../public', 'admin.id')).toMatch(/^allowed/);
  });

  it('a rule that is not written normally holds for the normal path too', () => {
    expect(ask('/%61dmin', '/admin')).toBe('unauthorized');
    expect(ask('/%61dmin', '/%61dmin')).toBe('unauthorized');
    expect(ask('/%61dmin', '/admin', 'admin.id')).toMatch(/^allowed/);
    expect(ask('/%61dmin', '/admins')).toBe('allowed by everybody');
  });

  it('one that is only audited makes the grant an audited one', () => {
    const audit = { ...authorization('audit', 'unauthenticated'), origin: { kind: 'default', name: 'audit' } as const };
    const routes = [
      route('public', [{ path: { kind: 'prefix', path: '/' } }], [everybody]),
      route('admin', [{ path: { kind: 'prefix', path: '/admin' } }], [admins]),
    ];
    const audited = policy({ kind: 'http1', routes }, [audit]);
    const client = unmeshed('10.0.0.1');
    for (const path of ['/public/../admin', '/admin/../public', '/admin']) {
      expect(decide(audited, client, request({ path }))).toMatchObject({ verdict: 'allowed', audit: true });
    }
    expect(decide(audited, client, request({ path: '/public' }))).toMatchObject({ verdict: 'allowed', audit: false });
  });

  it('no route for one of them is no route', () => {
    const server = policy({
      kind: 'http1',
      routes: [route('r', [{ path: { kind: 'exact', path: '/a' } }], [everybody])],
    });
    const ask = (path: string) => verdict(decide(server, unmeshed('10.0.0.1'), request({ path })));
    expect(ask('/a')).toBe('allowed by everybody');
    expect(ask('/%61')).toBe('no-route');
    expect(ask('/b/../a')).toBe('no-route');
  });
});

describe('a denial', () => {
  it('lists what was tried in order, with what each lacks, and marks the nearest', () => {
    const office = authorization('office', 'unauthenticated', ['10.1.0.0/16 except 10.1.9.0/24']);
    const both = authorization('both', ['teller.bank.id'], ['192.0.2.0/24']);
    const far = authorization('far', ['web.shop.id']);
    const near = authorization('near', ['teller.bank.id', '*.audit.id']);
    const server = policy({ kind: 'http1', routes: [route('r', [{}], [both])] }, [office, far, near]);
    const decision = decide(server, meshed('10.1.9.9', 'auditor.bank.id'), request({}));
    const other = { kind: 'other-identity', identity: 'auditor.bank.id' };
    expect(decision).toEqual({
      verdict: 'denied',
      reason: 'unauthorized',
      server: serverOrigin,
      route: origin('HTTPRoute', 'r'),
      tried: [
        { authorization: both, network: { kind: 'outside' }, identity: other },
        { authorization: office, network: { kind: 'excepted', by: net('10.1.9.0/24') }, identity: undefined },
        { authorization: far, network: undefined, identity: other },
        { authorization: near, network: undefined, identity: other },
      ],
      closest: { authorization: near, network: undefined, identity: other },
    });
  });

  it('of a client without mesh TLS, or without a name, says so', () => {
    const server = policy({ kind: 'tls' }, [authorization('any', ['*'])]);
    expect(decide(server, unmeshed('10.0.0.1'), connection)).toMatchObject({
      closest: { identity: { kind: 'not-meshed' } },
    });
    expect(decide(server, meshed('10.0.0.1'), connection)).toMatchObject({
      closest: { identity: { kind: 'no-identity' } },
    });
    expect(decide(server, meshed('10.0.0.1', 'a.id'), connection).verdict).toBe('allowed');
  });

  it('where nothing could permit has tried nothing', () => {
    expect(decide(policy({ kind: 'opaque' }), unmeshed('10.0.0.1'), connection)).toMatchObject({
      tried: [],
      closest: undefined,
    });
  });
});

describe('what is remembered', () => {
  const everybody = authorization('everybody', 'unauthenticated');
  const open = Array.from({ length: 300 }, (_, i) =>
    route(`open-${i}`, [{ path: { kind: 'exact', path: `/${i}` } }], [everybody]),
  );
  const server = policy({ kind: 'detect', timeoutMs: 10_000, routes: [...open, route('closed', [{ method: 'PUT' }])] });

  it('is one value for one outcome of one client: counters are kept by it', () => {
    const client = unmeshed('10.0.0.1');
    const ask = (head: Parameters<typeof request>[0]) => decide(server, client, request(head));
    const heads = [{ path: '/7' }, { method: 'PUT' }, { path: '/nowhere' }];
    expect(heads.map((head) => verdict(ask(head)))).toEqual(['allowed by everybody', 'unauthorized', 'no-route']);
    for (const head of heads) expect(ask(head)).toBe(ask(head));
    expect(decide(server, client, connection)).toBe(decide(server, client, connection));
    expect(decide(server, unmeshed('10.0.0.1'), request({ path: '/7' }))).not.toBe(ask({ path: '/7' }));
  });

  it('is bounded, and what was forgotten is worked out again', () => {
    // 300 clients of 300 rules are more than is remembered of one policy.
    const clients = Array.from({ length: 300 }, (_, i) => unmeshed(`10.0.${i >> 8}.${i & 255}`));
    const ask = (client: (typeof clients)[number]) =>
      new Set(open.map((_, i) => decide(server, client, request({ path: `/${i}` })).route?.name));
    for (const client of clients) expect(ask(client).size).toBe(300);
    for (const client of clients.slice(0, 3)) expect(ask(client).size).toBe(300);
  });
});

describe('a request', () => {
  it('is matched with the rules for its path only, however many there are', () => {
    const routes = Array.from({ length: 5000 }, (_, i) =>
      route(`r${i}`, [
        { path: { kind: 'prefix', path: `/a/${i}` }, headers: [{ kind: 'exact', name: 'x', value: '1' }] },
        { path: { kind: 'regex', pattern: `/b/${i}/[0-9]+` }, headers: [{ kind: 'exact', name: 'x', value: '1' }] },
      ]),
    );
    const server = policy({ kind: 'http1', routes }, [authorization('everybody', 'unauthenticated')]);
    const asked: string[] = [];
    const ask = (path: string) => {
      asked.length = 0;
      const header = (name: string) => {
        asked.push(name);
        return ['1'];
      };
      return decide(server, unmeshed('10.0.0.1'), {
        kind: 'request',
        request: { method: 'GET', path, query: undefined, authority: undefined, header },
      }).route?.name;
    };
    expect([ask('/a/4711/x'), asked]).toEqual(['r4711', ['x']]);
    expect([ask('/b/4711/23'), asked]).toEqual(['r4711', ['x']]);
    expect([ask('/c'), asked]).toEqual([undefined, []]);
  });
});

describe('a denial of many', () => {
  it('is a plain value: it can be spread, compared and printed', () => {
    const list = Array.from({ length: 200 }, (_, i) => authorization(`a${i}`, [`${i}.bank.id`]));
    const decision = decide(policy({ kind: 'tls' }, list), meshed('10.0.0.1', 'x.bank.id'), connection);
    const miss = { network: undefined, identity: { kind: 'other-identity', identity: 'x.bank.id' } };
    const tried = list.map((authorization) => ({ authorization, ...miss }));
    const whole = {
      verdict: 'denied',
      reason: 'unauthorized',
      server: serverOrigin,
      route: undefined,
      tried,
      closest: tried[0],
    };
    expect(decision).toEqual(whole);
    expect({ ...decision }).toEqual(whole);
    expect(Object.keys(decision).sort()).toEqual(Object.keys(whole).sort());
  });
});
