/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import type { GrpcRoute, HttpRoute } from '@doorward/core';
import { describe, it } from 'vitest';
import {
  authorizationPolicy,
  container,
  externalWorkload,
  grpcRoute,
  httpRoute,
  meshTLS,
  meshTLSRef,
  pod,
  port,
  server,
  toRoute,
} from './testing/objects.js';
import {
  anyone,
  anywhere,
  defaultGrpcRoute,
  defaultPolicy,
  defaultRoute,
  detect,
  granted,
  http1,
  identities,
  metricsRoute,
  network,
  networks,
  probeRoute,
  serverPolicy,
} from './testing/policies.js';
import { check } from './testing/story.js';

const base = [pod('pod-0'), server('srv-0')];
const withRoutes = (...routes: readonly HttpRoute[]) => serverPolicy('srv-0', [], http1(...routes));
const permit = granted('authorizationpolicy', 'policy', anywhere, anyone);

describe('an HTTPRoute', () => {
  it('takes the place of the default routes on the Servers that it names', () => {
    const route = httpRoute('metrics');
    check({}, [
      { apply: base, expect: withRoutes() },
      { apply: [httpRoute('metrics', { servers: ['srv-1'] }), httpRoute('other', { namespace: 'ns-1' })] },
      { apply: [route], expect: withRoutes(metricsRoute('metrics')) },
      { apply: [httpRoute('metrics', { servers: ['srv-1', 'srv-0'] })] },
      { remove: [httpRoute('metrics')], expect: withRoutes() },
    ]);
  });

  it('comes in the order of creation, then of name and group', () => {
    const route = (name: string, created?: string, group?: string) =>
      httpRoute(name, { ...(created === undefined ? {} : { created }), ...(group === undefined ? {} : { group }) });
    const [one, two, three] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z', '2026-01-01T00:00:03Z'];
    const gateway = 'gateway.networking.k8s.io';
    check({}, [
      {
        apply: [
          ...base,
          route('z'),
          route('a', three),
          route('c', one),
          route('d', one),
          route('b', two),
          route('y'),
          route('d', one, gateway),
        ],
        expect: withRoutes(
          metricsRoute('c'),
          metricsRoute('d', [], gateway),
          metricsRoute('d'),
          metricsRoute('b'),
          metricsRoute('a'),
          metricsRoute('y'),
          metricsRoute('z'),
        ),
      },
      {
        remove: [route('d'), route('y')],
        expect: withRoutes(
          metricsRoute('c'),
          metricsRoute('d', [], gateway),
          metricsRoute('b'),
          metricsRoute('a'),
          metricsRoute('z'),
        ),
      },
    ]);
  });

  it('gets the authorizations of the policies that target it, and no others', () => {
    const policy = authorizationPolicy('policy', toRoute('metrics'));
    check({}, [
      { apply: [...base, httpRoute('metrics')], expect: withRoutes(metricsRoute('metrics')) },
      { apply: [policy], expect: withRoutes(metricsRoute('metrics', [permit])) },
      {
        apply: [
          authorizationPolicy('other', toRoute('other')),
          authorizationPolicy('foreign', toRoute('metrics'), [], { namespace: 'ns-1' }),
        ],
      },
      { remove: [policy], expect: withRoutes(metricsRoute('metrics')) },
    ]);
  });

  it('is targeted by kind, group and name without regard to case', () => {
    const target = { ...toRoute('METRICS'), group: 'policy.linkerd.io' };
    check({}, [
      {
        apply: [...base, httpRoute('metrics'), authorizationPolicy('policy', target)],
        expect: withRoutes(metricsRoute('metrics', [permit])),
      },
    ]);
  });

  it('of another group is another route', () => {
    const gateway = 'gateway.networking.k8s.io';
    check({}, [
      {
        apply: [...base, httpRoute('metrics', { group: gateway }), authorizationPolicy('policy', toRoute('metrics'))],
        expect: withRoutes(metricsRoute('metrics', [], gateway)),
      },
      {
        apply: [httpRoute('metrics')],
        expect: withRoutes(metricsRoute('metrics', [], gateway), metricsRoute('metrics', [permit])),
      },
    ]);
  });

  it('loses a policy whose authentication goes', () => {
    const mtls = meshTLS('mtls');
    const authenticated = granted('authorizationpolicy', 'policy', anywhere, identities('foo.bar'));
    check({}, [
      {
        apply: [
          ...base,
          mtls,
          httpRoute('metrics'),
          authorizationPolicy('policy', toRoute('metrics'), [meshTLSRef('mtls')]),
        ],
        expect: withRoutes(metricsRoute('metrics', [authenticated])),
      },
      { remove: [mtls], expect: withRoutes(metricsRoute('metrics')) },
    ]);
  });

  it('finds its policy again after Server, route and pod were gone', () => {
    const open = withRoutes(metricsRoute('metrics', [permit]));
    const route = httpRoute('metrics');
    check({}, [
      { apply: [...base, route, authorizationPolicy('policy', toRoute('metrics'))], expect: open },
      { remove: [...base, route], expect: 'gone' },
      { apply: [...base, route], expect: open },
    ]);
  });
});

describe('a GRPCRoute', () => {
  const grpcBase = [pod('pod-0'), server('srv-0', { proxyProtocol: 'gRPC' })];
  const route = (name: string, authorizations: GrpcRoute['authorizations'] = []): GrpcRoute => ({
    origin: { kind: 'resource', group: 'gateway.networking.k8s.io', resourceKind: 'GRPCRoute', name },
    hosts: [],
    authorizations,
    rules: [{ matches: [{ service: '', method: '', headers: [] }], filters: [] }],
  });
  const rules = defaultGrpcRoute.rules;
  const withGrpc = (...routes: readonly GrpcRoute[]) => serverPolicy('srv-0', [], { kind: 'grpc', routes });

  it('takes the place of the default route of a gRPC Server', () => {
    const voting = grpcRoute('voting', { rules });
    check({}, [
      { apply: grpcBase, expect: withGrpc(defaultGrpcRoute) },
      { apply: [voting], expect: withGrpc(route('voting')) },
      {
        apply: [authorizationPolicy('policy', toRoute('voting', 'GRPCRoute'))],
        expect: withGrpc(route('voting', [permit])),
      },
      { apply: [httpRoute('metrics')] },
      { remove: [voting], expect: withGrpc(defaultGrpcRoute) },
    ]);
  });

  it('puts the HTTPRoutes of its Server out of force, in its own namespace only', () => {
    const voting = grpcRoute('voting');
    check({}, [
      { apply: [...base, httpRoute('metrics')], expect: withRoutes(metricsRoute('metrics')) },
      { apply: [grpcRoute('voting', { namespace: 'ns-1' }), grpcRoute('elsewhere', { servers: ['srv-1'] })] },
      { apply: [voting], expect: withRoutes() },
      { remove: [voting], expect: withRoutes(metricsRoute('metrics')) },
    ]);
  });
});

describe('probes', () => {
  const probing = { config: { probeNetworks: [network('10.0.0.1/24')] } };
  const from = networks('10.0.0.1/24');
  const probed = pod('pod-0', {
    containers: [
      container(
        [port(2222, 'http')],
        [
          { port: 2222, path: '/ready' },
          { port: 'http', path: '/live' },
          { port: 2222, path: '/live' },
        ],
      ),
    ],
  });
  const both = [defaultRoute, probeRoute(from, '/live', '/ready')];

  it('have a route where no Server is', () => {
    check(probing, [{ apply: [probed], expect: defaultPolicy('cluster-unauthenticated', detect(...both)) }]);
    check({ ...probing, port: 2223 }, [{ apply: [probed], expect: defaultPolicy('cluster-unauthenticated') }]);
    check({}, [{ apply: [probed], expect: defaultPolicy('cluster-unauthenticated') }]);
  });

  it('keep it under a Server without routes, and lose it to a route', () => {
    check(probing, [
      { apply: [probed, server('srv-0')], expect: serverPolicy('srv-0', [], http1(...both)) },
      { apply: [httpRoute('metrics')], expect: serverPolicy('srv-0', [], http1(metricsRoute('metrics'))) },
      { apply: [grpcRoute('voting')], expect: serverPolicy('srv-0', [], http1(...both)) },
    ]);
  });

  it('have none on a gRPC or opaque port', () => {
    check(probing, [
      {
        apply: [probed, server('srv-0', { proxyProtocol: 'gRPC' })],
        expect: serverPolicy('srv-0', [], { kind: 'grpc', routes: [defaultGrpcRoute] }),
      },
      { apply: [server('srv-0', { proxyProtocol: 'opaque' })], expect: serverPolicy('srv-0', [], { kind: 'opaque' }) },
    ]);
  });

  it('of external workloads don’t exist', () => {
    check({ ...probing, workload: { kind: 'external-workload', name: 'vm' } }, [
      { apply: [externalWorkload('vm')], expect: defaultPolicy('cluster-unauthenticated') },
    ]);
  });

  it('follow a pod that is replaced under its name', () => {
    check(probing, [
      { apply: [probed], expect: defaultPolicy('cluster-unauthenticated', detect(...both)) },
      { apply: [pod('pod-0')], expect: defaultPolicy('cluster-unauthenticated') },
    ]);
  });

  it.each([
    ['/p?foo=bar', '/p'],
    ['/p#top', '/p'],
    ['http://host:80/p', '/p'],
    ['//host/p', '/p'],
    ['healthz', '/healthz'],
    ['a/b', '/a/b'],
    ['', '/'],
    ['https://host', '/'],
    ['/p?u=http://x/y', '/p'],
  ])('at `%s` ask for %s', (written, path) => {
    const containers = [container([], [{ port: 2222, path: written }])];
    check(probing, [
      {
        apply: [pod('pod-0', { containers })],
        expect: defaultPolicy('cluster-unauthenticated', detect(defaultRoute, probeRoute(from, path))),
      },
    ]);
  });

  it('find their port in their own container, by TCP name in any case', () => {
    const containers = [
      container(
        [port(2222, 'dns', 'UDP'), port(2222, 'Web')],
        [
          { port: 'wEB', path: '/own' },
          { port: 'dns', path: '/udp' },
        ],
      ),
      container(
        [port(2222, 'other')],
        [
          { port: 'web', path: '/elsewhere' },
          { port: 'other', path: '/init' },
        ],
      ),
      container(
        [],
        [
          { port: 2222, path: '/undeclared' },
          { port: 0, path: '/zero' },
          { port: 2222, path: '/with space' },
        ],
      ),
    ];
    check(probing, [
      {
        apply: [pod('pod-0', { containers })],
        expect: defaultPolicy(
          'cluster-unauthenticated',
          detect(defaultRoute, probeRoute(from, '/init', '/own', '/undeclared')),
        ),
      },
    ]);
  });
});
