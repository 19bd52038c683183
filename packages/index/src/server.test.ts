/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import { describe, expect, it } from 'vitest';
import { PolicyIndex } from './policy-index.js';
import { container, deployment, externalWorkload, grpcRoute, pod, port, select, server } from './testing/objects.js';
import {
  byDefault,
  cluster,
  defaultGrpcRoute,
  defaultPolicy,
  defaultRoute,
  detect,
  http1,
  serverPolicy,
} from './testing/policies.js';
import { check } from './testing/story.js';

const labelled = pod('pod-0', { labels: { app: 'web' } });
const web = select({ app: 'web' });
const byNobody = defaultPolicy('cluster-unauthenticated');

describe('a Server', () => {
  it('takes over a port that no container declares', () => {
    const srv = server('srv-8080', { port: 8080, selector: web });
    check({ port: 8080 }, [
      { apply: [labelled], expect: byNobody },
      { apply: [srv], expect: serverPolicy('srv-8080') },
      { remove: [srv], expect: byNobody },
    ]);
    check({ port: 8081 }, [{ apply: [labelled], expect: byNobody }, { apply: [srv] }]);
  });

  it.each([
    ['unknown', detect()],
    ['HTTP/1', http1()],
    ['HTTP/2', { kind: 'http2', routes: [defaultRoute] }],
    ['gRPC', { kind: 'grpc', routes: [defaultGrpcRoute] }],
    ['opaque', { kind: 'opaque' }],
    ['TLS', { kind: 'tls' }],
  ] as const)('gives %s', (proxyProtocol, protocol) => {
    check({}, [{ apply: [labelled, server('srv-0', { proxyProtocol })], expect: serverPolicy('srv-0', [], protocol) }]);
  });

  it('follows the labels of the pod', () => {
    check({}, [
      { apply: [pod('pod-0'), server('srv-0', { selector: web })], expect: byNobody },
      { apply: [labelled], expect: serverPolicy('srv-0') },
      { apply: [pod('pod-0', { labels: { app: 'db' } })], expect: byNobody },
    ]);
  });

  it('follows its own selector', () => {
    check({}, [
      { apply: [labelled, server('srv-0', { selector: select({ app: 'db' }) })], expect: byNobody },
      { apply: [server('srv-0', { selector: web })], expect: serverPolicy('srv-0') },
      { apply: [server('srv-0', { selector: web, port: 1 })], expect: byNobody },
    ]);
  });

  it.each([
    ['no condition', select({}), true],
    ['some of the labels', select({ app: 'web' }), true],
    ['a label that differs', select({ app: 'db' }), false],
    ['In', select({}, [{ key: 'app', operator: 'In', values: ['db', 'web'] }]), true],
    ['In nothing', select({}, [{ key: 'app', operator: 'In', values: [] }]), false],
    ['NotIn others', select({}, [{ key: 'app', operator: 'NotIn', values: ['db'] }]), true],
    ['NotIn these', select({}, [{ key: 'app', operator: 'NotIn', values: ['web'] }]), false],
    ['NotIn nothing', select({}, [{ key: 'app', operator: 'NotIn', values: [] }]), true],
    ['Exists', select({}, [{ key: 'app', operator: 'Exists' }]), true],
    ['DoesNotExist', select({}, [{ key: 'app', operator: 'DoesNotExist' }]), false],
    ['an illegal expression', select({}, [{ key: 'app', operator: 'Exists', values: [] }]), false],
    ['labels and expressions', select({ app: 'web' }, [{ key: 'tier', operator: 'In', values: ['front'] }]), true],
    [
      'labels but not expressions',
      select({ app: 'web' }, [
        { key: 'tier', operator: 'Exists' },
        { key: 'x', operator: 'Exists' },
      ]),
      false,
    ],
    ['expressions but not labels', select({ app: 'db' }, [{ key: 'tier', operator: 'Exists' }]), false],
  ])('selects by %s', (_, selector, selects) => {
    const labels = { app: 'web', tier: 'front' };
    check({}, [
      {
        apply: [pod('pod-0', { labels }), server('srv-0', { selector })],
        expect: selects ? serverPolicy('srv-0') : byNobody,
      },
    ]);
  });

  it('stays in its namespace, and with its kind of workload', () => {
    check({}, [
      {
        apply: [labelled, server('srv-0', { namespace: 'ns-1' }), server('srv-1', { selects: 'external-workloads' })],
        expect: byNobody,
      },
    ]);
    check({ workload: { kind: 'external-workload', name: 'vm' }, port: 80 }, [
      { apply: [externalWorkload('vm'), server('srv-0', { port: 80 })], expect: byNobody },
      { apply: [server('srv-1', { port: 80, selects: 'external-workloads' })], expect: serverPolicy('srv-1') },
    ]);
  });

  it.each([
    'all-unauthenticated',
    'all-authenticated',
    'cluster-unauthenticated',
    'cluster-authenticated',
    'audit',
  ] as const)('permits by its access policy %s, and keeps its own name', (accessPolicy) => {
    check({}, [
      { apply: [labelled, server('srv-0')], expect: serverPolicy('srv-0') },
      { apply: [server('srv-0', { accessPolicy })], expect: serverPolicy('srv-0', byDefault(accessPolicy)) },
    ]);
  });

  it('permits nobody when its access policy is unreadable', () => {
    check({ config: { defaultPolicy: 'all-unauthenticated' } }, [
      { apply: [labelled, server('srv-0', { accessPolicy: undefined })], expect: serverPolicy('srv-0') },
    ]);
  });
});

describe('a Server by port name', () => {
  const named = server('srv-0', { port: 'http' });

  it('has all TCP ports of that name, also of init containers', () => {
    const containers = [
      container([port(80, 'http'), port(81, 'HTTP')]),
      container([port(8080, 'http', 'tcp'), port(9090, 'http', 'UDP')]),
      container([port(4191, 'linkerd-admin')]),
    ];
    const objects = [pod('pod-0', { containers }), named, server('srv-1', { port: 'linkerd-admin' })];
    for (const [number, expected] of [
      [80, serverPolicy('srv-0')],
      [8080, serverPolicy('srv-0')],
      [4191, serverPolicy('srv-1')],
      [81, byNobody],
      [9090, byNobody],
    ] as const) {
      check({ port: number }, [{ apply: objects, expect: expected }]);
    }
  });

  it('takes a text of digits for a name', () => {
    const plain = pod('pod-0', { containers: [container([port(8080)])] });
    const called = pod('pod-0', { containers: [container([port(1, '8080')])] });
    check({ port: 8080 }, [{ apply: [plain, server('srv-0', { port: '8080' })], expect: byNobody }]);
    check({ port: 1 }, [{ apply: [called, server('srv-0', { port: '8080' })], expect: serverPolicy('srv-0') }]);
  });

  it('follows a pod that is replaced under its name by one with other ports', () => {
    check({ port: 81 }, [
      { apply: [pod('pod-0', { containers: [container([port(80, 'http')])] }), named], expect: byNobody },
      { apply: [pod('pod-0', { containers: [container([port(81, 'http')])] })], expect: serverPolicy('srv-0') },
    ]);
  });

  it('has one port of an external workload: the last of that name', () => {
    const vm = externalWorkload('vm', { ports: [port(80, 'http'), port(81, 'http'), port(82, 'http', 'UDP')] });
    const srv = server('srv-0', { port: 'http', selects: 'external-workloads' });
    const workload = { kind: 'external-workload', name: 'vm' } as const;
    check({ workload, port: 81 }, [{ apply: [vm, srv], expect: serverPolicy('srv-0') }]);
    check({ workload, port: 80 }, [{ apply: [vm, srv], expect: byNobody }]);
    check({ workload, port: 82 }, [{ apply: [vm, srv], expect: byNobody }]);
  });

  it('selects by the labels of a pod template', () => {
    const workload = { kind: 'workload', name: 'deployment/web' } as const;
    check({ workload }, [
      {
        apply: [deployment('web', { labels: { app: 'web' } }), server('srv-0', { selector: web, port: 'http' })],
        expect: serverPolicy('srv-0'),
      },
    ]);
  });
});

describe('Servers that claim one port', () => {
  const older = server('srv-b', { created: '2026-01-01T00:00:00Z' });
  const younger = server('srv-a', { created: '2026-01-02T00:00:00Z', proxyProtocol: 'opaque' });
  const timeless = server('srv-z', { proxyProtocol: 'TLS' });

  it('have it by age, and the next takes over', () => {
    check({}, [
      { apply: [labelled, younger], expect: serverPolicy('srv-a', [], { kind: 'opaque' }) },
      { apply: [older], expect: serverPolicy('srv-b') },
      { apply: [timeless], expect: serverPolicy('srv-z', [], { kind: 'tls' }) },
      { remove: [timeless], expect: serverPolicy('srv-b') },
      {
        apply: [server('srv-b', { selector: select({ app: 'db' }) })],
        expect: serverPolicy('srv-a', [], { kind: 'opaque' }),
      },
    ]);
  });

  it('have it by name when they are of one age', () => {
    const created = '2026-01-01T00:00:00Z';
    check({}, [
      { apply: [labelled, server('srv-1', { created })], expect: serverPolicy('srv-1') },
      { apply: [server('srv-0', { created })], expect: serverPolicy('srv-0') },
      { apply: [server('srv-2', { created })] },
    ]);
  });

  it('share out ports one by one', () => {
    const containers = [container([port(80, 'http'), port(81, 'http')])];
    const objects = [pod('pod-0', { containers }), server('srv-a', { port: 80 }), server('srv-b', { port: 'http' })];
    check({ port: 80 }, [{ apply: objects, expect: serverPolicy('srv-a') }]);
    check({ port: 81 }, [{ apply: objects, expect: serverPolicy('srv-b') }]);
  });

  it('are reported', () => {
    const index = new PolicyIndex(cluster);
    const workload = { namespace: 'ns-0', kind: 'pod', name: 'pod-0' } as const;
    index.applyAll({ upserted: [labelled, younger, older, server('srv-c', { port: 1 })], removed: [] });
    expect(index.explainServers(workload, 2222)).toEqual([older, younger]);
    expect(index.explainServers(workload, 2)).toEqual([]);
    expect(index.overlaps()).toEqual([{ workload, port: 2222, winner: older, shadowed: [younger] }]);
    index.remove('Server/ns-0/srv-b');
    expect(index.overlaps()).toEqual([]);
  });
});

describe('what is left of a namespace', () => {
  it('is kept for a lone GRPCRoute', () => {
    const srv = server('srv-0', { proxyProtocol: 'gRPC' });
    const route = grpcRoute('route-0');
    check({}, [
      {
        apply: [route, labelled, srv],
        expect: serverPolicy('srv-0', [], {
          kind: 'grpc',
          routes: [
            {
              origin: {
                kind: 'resource',
                group: 'gateway.networking.k8s.io',
                resourceKind: 'GRPCRoute',
                name: 'route-0',
              },
              hosts: [],
              authorizations: [],
              rules: [],
            },
          ],
        }),
      },
      { remove: [labelled, srv], expect: 'gone' },
      {
        apply: [labelled, server('srv-0', { proxyProtocol: 'gRPC' })],
        expect: serverPolicy('srv-0', [], {
          kind: 'grpc',
          routes: [
            {
              origin: {
                kind: 'resource',
                group: 'gateway.networking.k8s.io',
                resourceKind: 'GRPCRoute',
                name: 'route-0',
              },
              hosts: [],
              authorizations: [],
              rules: [],
            },
          ],
        }),
      },
    ]);
  });
});
