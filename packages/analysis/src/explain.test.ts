import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';
import type { Asked } from './explanation.js';
import {
  account,
  authorizationPolicy,
  client,
  deployment,
  fromNetwork,
  httpRoute,
  identities,
  indexOf,
  meshTls,
  networks,
  server,
  target,
  why,
} from './testing/index-of.js';

const ledger = deployment('ledger', '{name: http, containerPort: 8080}');
const teller = deployment('teller', '');
const http = server('ledger-http', 'port: http, proxyProtocol: HTTP/1');
const grpc = server('ledger-grpc', 'port: http, proxyProtocol: gRPC');
const opaque = server('ledger-raw', 'port: http, proxyProtocol: opaque');
const tellers = authorizationPolicy('tellers', 'Server ledger-http', account('teller'));

describe('what the client sees', () => {
  const outcome = (yaml: string, line: string, headers: readonly (readonly [string, string])[] = []): string =>
    why(indexOf(ledger + teller + yaml), line, { headers }).outcome;
  const route = httpRoute('r', 'ledger-http', '{matches: [{path: {value: /a}}]}');
  const tls = server('ledger-tls', 'port: http, proxyProtocol: TLS');
  const audit = server('ledger-http', 'port: http, accessPolicy: audit');
  it.each<[line: string, expected: string, yaml: string]>([
    ['teller ledger:http GET /', 'reaches the application', http + tellers],
    ['unmeshed ledger:http GET /', 'HTTP 403', http + tellers],
    ['teller ledger:http GET /b', 'HTTP 404', http + route],
    ['teller ledger:http POST /svc/M', 'gRPC status 7 (permission denied)', grpc],
    ['teller ledger:http', 'a refused connection', opaque],
    ['teller ledger:http GET /', 'a refused connection', opaque],
    ['teller ledger:http', 'a refused connection', tls],
    ['unmeshed ledger:http', 'reaches the application, and is logged: nothing but audit lets it in', audit],
  ])('of %s is: %s', (line, expected, yaml) => {
    expect(outcome(yaml, line)).toBe(expected);
  });

  it('is a gRPC status when the request is one, and HTTP/2 can carry it', () => {
    const web = server('ledger-http', 'port: http, proxyProtocol: HTTP/2');
    const proto = [['Content-Type', 'application/grpc+proto']] as const;
    expect(outcome(web, 'teller ledger:http POST /svc/M', proto)).toBe('gRPC status 7 (permission denied)');
    expect(outcome(web, 'teller ledger:http POST /svc/M')).toBe('HTTP 403');
    expect(outcome(http, 'teller ledger:http POST /svc/M', proto)).toBe('HTTP 403');
    expect(outcome(grpc, 'teller ledger:http POST /svc/M', [['content-type', 'text/plain']])).toBe('HTTP 403');
  });
});

describe('what is asked when nothing in particular is', () => {
  it.each([
    ['GET / where HTTP is spoken', http, { kind: 'request', method: 'GET', path: '/', isAssumed: true }],
    [
      'any call where gRPC is',
      grpc,
      { kind: 'request', method: 'POST', path: '/any.Service/AnyMethod', isAssumed: true },
    ],
    ['the connection where neither is', opaque, { kind: 'connection' }],
  ])('%s', (_, yaml, question) => {
    const told = why(indexOf(ledger + teller + yaml), 'teller ledger:http');
    expect(told.question).toEqual(question);
    expect(told.notes.some((note) => note.startsWith('no '))).toBe(question.kind === 'request');
  });
});

describe('what is left out of a request', () => {
  const asked = (yaml: string, more: Asked) => {
    const index = indexOf(ledger + teller + yaml);
    const { question } = explain(index, client(index, 'teller'), target(index, 'ledger:http'), more);
    return question.kind === 'request' && `${question.method} ${question.path}`;
  };
  it('is what the protocol suggests', () => {
    expect(asked(http, { path: '/a' })).toBe('GET /a');
    expect(asked(http, { method: 'POST' })).toBe('POST /');
    expect(asked(grpc, { path: '/svc/M' })).toBe('POST /svc/M');
    expect(asked(grpc, { host: 'a.test' })).toBe('POST /any.Service/AnyMethod');
  });
});

describe('the authorizations tried', () => {
  const index = indexOf(
    ledger +
      teller +
      http +
      networks('office', '{cidr: 10.1.0.0/16, except: [10.1.9.0/24]}, {cidr: 10.3.0.0/16}') +
      identities('staff', '"*.staff.example", "boss.example"') +
      authorizationPolicy('office', 'Server ledger-http', fromNetwork('office')) +
      authorizationPolicy('staff-in-office', 'Server ledger-http', `${meshTls('staff')}, ${fromNetwork('office')}`) +
      tellers,
  );
  const tried = (line: string) =>
    why(index, line).tried.map(({ name, text, isClosest }) => `${isClosest ? '← ' : ''}${name}: ${text}`);

  it('come with what is missing, the closest first', () => {
    expect(tried('sa/auditor@10.2.0.9 ledger:http GET /')).toEqual([
      '← tellers: identity auditor.bank… is not teller.bank…',
      'office: 10.2.0.9 is in none of 10.1.0.0/16, 10.3.0.0/16',
      'staff-in-office: identity auditor.bank… is none of *.staff.example, boss.example; 10.2.0.9 is in none of 10.1.0.0/16, 10.3.0.0/16',
    ]);
    expect(tried('unmeshed@10.1.9.9 ledger:http GET /')).toEqual([
      '← office: 10.1.9.9 is excepted by 10.1.9.0/24',
      'staff-in-office: not a mesh client: it came without mesh TLS; 10.1.9.9 is excepted by 10.1.9.0/24',
      'tellers: not a mesh client: it came without mesh TLS',
    ]);
  });

  it('are nobody’s concern when one permits, which is told instead', () => {
    const permitted = (line: string) => {
      const { permittedBy, tried } = why(index, line);
      expect(tried).toEqual([]);
      return permittedBy && `${permittedBy.name}: ${permittedBy.text}`;
    };
    expect(permitted('teller@10.2.0.9 ledger:http GET /')).toBe('tellers: identity teller.bank…');
    expect(permitted('unmeshed@10.3.0.9 ledger:http GET /')).toBe(
      'office: anybody from 10.3.0.0/16, with or without mesh TLS',
    );
    expect(why(index, 'sa/auditor@10.2.0.9 ledger:http GET /').permittedBy).toBeUndefined();
  });

  it('have the place of their object', () => {
    expect(why(index, 'unmeshed ledger:http').tried.map(({ kind, place }) => [kind, place?.file])).toEqual([
      ['AuthorizationPolicy', 'all.yaml'],
      ['AuthorizationPolicy', 'all.yaml'],
      ['AuthorizationPolicy', 'all.yaml'],
    ]);
  });

  it('by `*` are not met by an identity that is no DNS name', () => {
    const any = indexOf(
      ledger + http + identities('any', '"*"') + authorizationPolicy('any', 'Server ledger-http', meshTls('any')),
    );
    expect(why(any, 'spiffe://a/b ledger:http').tried[0]?.text).toBe(
      'identity spiffe://a/b is no DNS name, which is what `*` stands for',
    );
    expect(why(any, 'a.b.example ledger:http').permittedBy?.text).toBe('identity a.b.example, as *');
  });
});

describe('the route', () => {
  const read =
    '{matches: [{method: GET, path: {value: /a}}, {method: GET, path: {value: /a/b, type: Exact}}, {method: DELETE}]}';
  const index = indexOf(
    ledger + teller + http + httpRoute('accounts', 'ledger-http', read, ', hostnames: [bank.test]'),
  );
  const routeOf = (line: string, host = 'bank.test') => {
    const { route, otherRoutes } = why(index, line, { host });
    return route === undefined ? otherRoutes.map(({ text }) => text) : `${route.name}: ${route.text}`;
  };

  it('is told by the entry that took the request', () => {
    expect(routeOf('teller ledger:http GET /a/c')).toBe('accounts: GET, path prefix /a, host bank.test');
    expect(routeOf('teller ledger:http GET /a/b')).toBe('accounts: GET, path /a/b, host bank.test');
    expect(routeOf('teller ledger:http DELETE /x')).toBe('accounts: DELETE, any path, host bank.test');
  });

  it('where none matches is told by those there are', () => {
    const all = ['GET, path prefix /a · GET, path /a/b · DELETE, any path, host bank.test'];
    expect(routeOf('teller ledger:http PUT /a')).toEqual(all);
    expect(routeOf('teller ledger:http GET /a', 'other.test')).toEqual(all);
  });

  it('with hostnames is missed by a request that names none, which is told', () => {
    const note = 'routes with hostnames do not match, because no host was given; set it with --host';
    expect(why(index, 'teller ledger:http GET /a').notes).toContain(note);
    expect(why(index, 'teller ledger:http GET /a', { headers: [['Host', 'bank.test']] }).notes).not.toContain(note);
  });

  it('sees the proven name in l5d-client-id, not what the client wrote', () => {
    const name = 'teller.bank.serviceaccount.identity.linkerd.cluster.local';
    const byHeader = indexOf(
      ledger +
        teller +
        http +
        tellers +
        httpRoute('own', 'ledger-http', `{matches: [{headers: [{name: l5d-client-id, value: ${name}}]}]}`),
    );
    expect(why(byHeader, 'teller ledger:http GET /').route?.name).toBe('own');
    const forged = why(byHeader, 'unmeshed ledger:http GET /', { headers: [['l5d-client-id', name]] });
    expect([forged.outcome, forged.route]).toEqual(['HTTP 404', undefined]);
  });

  it('is sought by both readings of a path, and that is told', () => {
    const told = why(index, 'teller ledger:http GET /x/../a', { host: 'bank.test' });
    expect(told.outcome).toBe('HTTP 403');
    expect(told.notes).toContain('`/x/../a` leads to `/a`: both are decided on, and the stricter outcome holds');
  });
});

describe('the default policy', () => {
  const annotation = (name: string, value: string) => `{config.linkerd.io/${name}: "${value}"}`;
  const of = (yaml: string, config = {}) => {
    const told = why(indexOf(yaml, config), 'unmeshed ledger:http');
    return [told.default.from, told.default.text, told.decision.verdict];
  };
  const port = '{name: http, containerPort: 8080}';

  it('is the cluster’s, the namespace’s or the workload’s', () => {
    expect(of(ledger, { defaultPolicy: 'deny' })).toEqual([
      'cluster',
      'deny: the default of the cluster (--default-policy); no Server selects this port',
      'denied',
    ]);
    const namespace = `
---
apiVersion: v1
kind: Namespace
metadata: {name: bank, annotations: ${annotation('default-inbound-policy', 'deny')}}`;
    expect(of(ledger + namespace)).toEqual([
      'namespace',
      'deny: the annotation config.linkerd.io/default-inbound-policy of namespace `bank`; no Server selects this port',
      'denied',
    ]);
    const own = { annotations: annotation('default-inbound-policy', 'all-unauthenticated') };
    expect(of(deployment('ledger', port, own) + namespace)).toEqual([
      'workload',
      'all-unauthenticated: the annotation config.linkerd.io/default-inbound-policy of deploy/ledger; no Server selects this port',
      'allowed',
    ]);
  });

  it('can be made an authenticated one', () => {
    const own = { annotations: annotation('proxy-require-identity-inbound-ports', '8080') };
    expect(of(deployment('ledger', port, own))).toEqual([
      'cluster',
      'all-unauthenticated: the default of the cluster (--default-policy), made all-authenticated by the annotation config.linkerd.io/proxy-require-identity-inbound-ports; no Server selects this port',
      'denied',
    ]);
  });

  it('is the Server’s own where that has one', () => {
    expect(of(ledger + server('ledger-http', 'port: http, accessPolicy: all-authenticated'))).toEqual([
      'access-policy',
      'all-authenticated: the accessPolicy of Server `ledger-http`',
      'denied',
    ]);
    expect(of(ledger + http)).toEqual([
      'none',
      'none: a Server selects this port, so what no policy permits is denied',
      'denied',
    ]);
  });

  it('that is misspelt is told of', () => {
    const own = { annotations: annotation('default-inbound-policy', 'deni') };
    expect(why(indexOf(deployment('ledger', port, own)), 'unmeshed ledger:http').notes).toContain(
      'the annotation config.linkerd.io/default-inbound-policy of deploy/ledger is `deni`, which is no policy: it is ignored',
    );
  });
});

describe('an opaque port', () => {
  const index = indexOf(
    ledger + teller + opaque + authorizationPolicy('tellers', 'Server ledger-raw', account('teller')),
  );

  it('sees no identity, unless Linkerd’s outbound proxy brings it', () => {
    const told = why(index, 'teller ledger:http');
    expect(told.tried.map(({ text }) => text)).toEqual([
      'no identity is seen: an opaque port does not look for mesh TLS',
    ]);
    expect(told.notes).toEqual([
      "through Linkerd's outbound proxy, which proves its identity on opaque ports too, the client is allowed",
    ]);
    expect(why(index, 'sa/auditor ledger:http').notes).toEqual([]);
  });

  it('has no requests', () => {
    expect(why(index, 'unmeshed ledger:http GET /').notes).toEqual([
      'the proxy does not look for requests on this port (opaque): the connection is decided',
    ]);
  });
});

describe('objects that have no effect', () => {
  const voided = (yaml: string, line = 'unmeshed ledger:http') =>
    why(indexOf(ledger + yaml, { defaultPolicy: 'deny' }), line).notInForce.map(
      ({ kind, name, text }) => `${kind} ${name}: ${text}`,
    );
  const staff = identities('staff', '"boss.example"');

  it('are policies whose authentication is missing or meant otherwise', () => {
    const policy = (refs: string) =>
      voided(
        http + staff + networks('office', '{cidr: 10.1.0.0/16}') + authorizationPolicy('p', 'Server ledger-http', refs),
      );
    expect(policy(meshTls('staff'))).toEqual([]);
    expect(policy(meshTls('stafff'))).toEqual([
      'AuthorizationPolicy p: refers to MeshTLSAuthentication `stafff`, which does not exist; did you mean `staff`?',
    ]);
    expect(policy(fromNetwork('home'))).toEqual([
      'AuthorizationPolicy p: refers to NetworkAuthentication `home`, which does not exist',
    ]);
    expect(policy('{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: staff, namespace: bnak}')).toEqual([
      'AuthorizationPolicy p: refers to MeshTLSAuthentication `staff` in namespace `bnak`, which does not exist; did you mean namespace `bank`?',
    ]);
  });

  it('are policies for a Server whose name is misspelt', () => {
    expect(voided(http + authorizationPolicy('p', 'Server ledger-htp', account('teller')))).toEqual([
      'AuthorizationPolicy p: it is for Server `ledger-htp`, which does not exist; did you mean `ledger-http`?',
    ]);
    expect(voided(http + authorizationPolicy('p', 'Server another', account('teller')))).toEqual([]);
    expect(voided(authorizationPolicy('p', 'Server ledger-http', account('teller')))).toEqual([
      'AuthorizationPolicy p: it is for Server `ledger-http`, which does not exist',
    ]);
  });

  it('are Servers that miss the workload or its port', () => {
    expect(voided(server('ledger-http', 'port: htp'))).toEqual([
      'Server ledger-http: it selects port `htp`, which deployment/ledger does not have',
    ]);
    expect(voided(server('ledger-http', 'port: http', 'leger'))).toEqual([
      'Server ledger-http: its selector matches no workload',
    ]);
    expect(voided(http + server('other', 'port: http', 'leger'))).toEqual([]);
  });

  it('are routes that the Server’s protocol does not have, or whose parent is misspelt', () => {
    const route = (parent: string) => httpRoute('r', parent, '{matches: [{path: {value: /a}}]}');
    expect(voided(grpc + route('ledger-grpc'))).toEqual([
      'HTTPRoute r: Server `ledger-grpc` has the proxyProtocol `gRPC`, which has no such routes',
    ]);
    expect(voided(http + route('ledger-htpt'))).toEqual([
      'HTTPRoute r: it is for Server `ledger-htpt`, which does not exist; did you mean `ledger-http`?',
    ]);
    expect(voided(http + route('ledger-http'))).toEqual([]);
  });

  it('are policies for a route that is misspelt', () => {
    const route = httpRoute('accounts', 'ledger-http', '{matches: [{path: {value: /a}}]}');
    expect(voided(http + route + authorizationPolicy('p', 'HTTPRoute acounts', account('teller')))).toEqual([
      'AuthorizationPolicy p: it is for HTTPRoute `acounts`, which does not exist; did you mean `accounts`?',
    ]);
    expect(voided(http + route + authorizationPolicy('p', 'HTTPRoute accounts', account('teller')))).toEqual([]);
  });

  it('do not matter where the answer is yes, but for Servers and routes', () => {
    const broken = authorizationPolicy('p', 'Server ledger-http', meshTls('nobody'));
    expect(voided(teller + http + tellers + broken, 'teller ledger:http')).toEqual([]);
    expect(voided(teller + http + tellers + broken, 'unmeshed ledger:http')).toHaveLength(1);
  });

  it('are Servers that another one is before', () => {
    const told = why(indexOf(ledger + http + server('one-more', 'port: 8080')), 'unmeshed ledger:http');
    expect(told.overlapping.map(({ name, text }) => `${name}: ${text}`)).toEqual([
      'one-more: selects this port too, without effect: `ledger-http` comes first, by age and then by name',
    ]);
  });
});

describe('notes', () => {
  it('tell of an assumed address only where addresses matter', () => {
    const from = (networkRefs: string) =>
      why(
        indexOf(
          ledger +
            teller +
            http +
            networks('office', '{cidr: 10.1.0.0/16}') +
            authorizationPolicy('p', 'Server ledger-http', networkRefs),
        ),
        'teller ledger:http GET /',
      ).notes;
    expect(from(account('nobody'))).toEqual([]);
    expect(from(fromNetwork('office'))).toEqual([
      'the address 10.0.0.1 is assumed, because none is known for deploy/teller; set it with --ip',
    ]);
  });

  it('tell of a filter that answers, and of a port that is not declared', () => {
    const redirect =
      '{matches: [{path: {value: /}}], filters: [{type: RequestRedirect, requestRedirect: {hostname: other.test}}]}';
    const index = indexOf(ledger + teller + http + tellers + httpRoute('r', 'ledger-http', redirect));
    expect(why(index, 'teller ledger:http GET /').notes).toEqual([
      'the route has a filter that may answer in place of the application: request-redirect',
    ]);
    expect(why(index, 'teller ledger:7 GET /').notes).toEqual([
      'deploy/ledger does not declare port 7; a policy holds there all the same',
    ]);
  });
});
