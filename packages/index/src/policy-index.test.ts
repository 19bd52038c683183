import type { InboundPolicy } from '@doorward/core';
import { keyOf, type PolicyObject } from '@doorward/resources';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PolicyIndex } from './policy-index.js';
import {
  accountRef,
  authorizationPolicy,
  container,
  deployment,
  externalWorkload,
  grpcRoute,
  httpRoute,
  meshTLS,
  meshTLSRef,
  namespace,
  networkAuthentication,
  networkRef,
  pod,
  rateLimit,
  port,
  select,
  server,
  serverAuthorization,
  toNamespace,
  toRoute,
  toServer,
} from './testing/objects.js';
import { cluster, defaultPolicy, network, serverPolicy } from './testing/policies.js';

const ref = { namespace: 'ns-0', kind: 'pod', name: 'pod-0' } as const;
const busy = { ...cluster, probeNetworks: [network('0.0.0.0/0')], inheritNamespaceAnnotations: true };

// Few names, so that objects meet: most draws refer to one another, replace or shadow one another.
const space = fc.constantFrom('ns-0', 'ns-1');
const app = fc.constantFrom<Record<string, string>[]>({}, { app: 'web' }, { app: 'db' });
const nameOf = (prefix: string) => fc.constantFrom(`${prefix}-0`, `${prefix}-1`);
const created = fc.constantFrom(undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');
const age = created.map((time) => (time === undefined ? {} : { created: time }));
const annotations = fc.constantFrom<Record<string, string>[]>(
  {},
  { 'config.linkerd.io/default-inbound-policy': 'deny' },
  { 'config.linkerd.io/opaque-ports': '80,http' },
  {
    'config.linkerd.io/proxy-require-identity-inbound-ports': '80-81',
    'config.linkerd.io/default-inbound-policy': 'x',
  },
);
const containers = fc.constantFrom(
  [container([port(80, 'http')], [{ port: 80, path: '/live' }])],
  [container([port(81, 'http')]), container([port(80, 'http')])],
  [],
);
const target = fc.oneof(
  nameOf('srv').map(toServer),
  space.map(toNamespace),
  nameOf('route').map((name) => toRoute(name)),
  nameOf('route').map((name) => toRoute(name, 'GRPCRoute')),
);
const reference = fc
  .tuple(fc.constantFrom(meshTLSRef, networkRef, accountRef), nameOf('auth'), space)
  .map(([make, name, namespace]) => make(name, namespace));
const options = fc.tuple(space, app, annotations, age).map(([namespace, labels, annotations, age]) => ({
  namespace,
  labels,
  annotations,
  ...age,
}));
const servers = fc.subarray(['srv-0', 'srv-1']);

const anyObject: fc.Arbitrary<PolicyObject> = fc.oneof(
  fc.tuple(space, annotations).map(([name, annotations]) => namespace(name, annotations)),
  fc
    .tuple(nameOf('pod'), options, containers)
    .map(([name, options, containers]) => pod(name, { ...options, containers })),
  fc
    .tuple(nameOf('web'), options, containers)
    .map(([name, options, containers]) => deployment(name, { ...options, containers })),
  fc.tuple(nameOf('vm'), options).map(([name, options]) => externalWorkload(name, options)),
  fc
    .record({
      name: nameOf('srv'),
      options,
      selects: fc.constantFrom('pods' as const, 'external-workloads' as const),
      selector: app.map((labels) => select(labels)),
      port: fc.constantFrom(80, 81, 'http'),
      proxyProtocol: fc.constantFrom('unknown' as const, 'HTTP/1' as const, 'gRPC' as const, 'opaque' as const),
      accessPolicy: fc.constantFrom('deny' as const, 'audit' as const, undefined),
    })
    .map(({ name, options, ...spec }) => server(name, { ...options, ...spec })),
  fc.tuple(nameOf('saz'), options, nameOf('srv'), app, fc.boolean()).map(([name, options, srv, labels, byName]) =>
    serverAuthorization(name, {
      ...options,
      server: byName ? { kind: 'name', name: srv } : { kind: 'selector', selector: select(labels) },
    }),
  ),
  fc
    .tuple(nameOf('policy'), target, fc.array(reference, { maxLength: 2 }), options)
    .map(([name, target, refs, options]) => authorizationPolicy(name, target, refs, options)),
  fc
    .tuple(nameOf('auth'), options, fc.boolean())
    .map(([name, options, empty]) => meshTLS(name, { ...options, ...(empty ? { identities: [] } : {}) })),
  fc
    .tuple(nameOf('auth'), options, fc.boolean())
    .map(([name, options, empty]) => networkAuthentication(name, empty ? [] : ['10.0.0.0/8'], options)),
  fc
    .tuple(nameOf('route'), options, servers)
    .map(([name, options, servers]) => httpRoute(name, { ...options, servers })),
  fc
    .tuple(nameOf('limit'), options, nameOf('srv'))
    .map(([name, options, server]) => rateLimit(name, { ...options, server })),
  fc
    .tuple(nameOf('route'), options, servers)
    .map(([name, options, servers]) => grpcRoute(name, { ...options, servers })),
);

const ports = [80, 81, 9];

/** Everything that an index can be asked, in an order of its own. */
function answers(index: PolicyIndex): unknown {
  const workloads = [...index.workloads()].sort((a, b) => (keyOf(a.object) < keyOf(b.object) ? -1 : 1));
  return {
    workloads,
    policies: workloads.map(({ ref }) => ports.map((port) => index.policyOf(ref, port))),
    servers: workloads.map(({ ref }) => ports.map((port) => index.explainServers(ref, port))),
    overlaps: index
      .overlaps()
      .map((overlap) => JSON.stringify(overlap))
      .sort(),
    possible: index
      .possibleOverlaps()
      .map((overlap) => JSON.stringify(overlap))
      .sort(),
    objects: [...index.objects()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    statuses: index.statuses().map((status) => ({ ...status, findings: sorted(status.findings) })),
  };
}

/** Workloads inside a finding come in the order in which they were applied, which is nobody's business. */
const sorted = (findings: readonly object[]): string[] =>
  findings.map((finding) =>
    JSON.stringify(finding, (_, value: unknown) =>
      Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value,
    ),
  );

function build(objects: Iterable<PolicyObject>): PolicyIndex {
  const index = new PolicyIndex(busy);
  for (const object of objects) index.apply(object);
  return index;
}

const anyObjects = fc.uniqueArray(anyObject, { selector: keyOf, maxLength: 25 });

describe('the index', () => {
  it('gives the same answers in whatever order the objects come', () => {
    fc.assert(
      fc.property(
        anyObjects.chain((objects) =>
          fc.tuple(fc.constant(objects), fc.shuffledSubarray(objects, { minLength: objects.length })),
        ),
        ([objects, shuffled]) => {
          const batch = new PolicyIndex(busy);
          batch.applyAll({ upserted: shuffled, removed: [] });
          const wanted = answers(build(objects));
          expect(answers(build(shuffled))).toEqual(wanted);
          expect(answers(batch)).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('after any changes is what it would be had it been built anew, and has told so', () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .array(anyObject, { minLength: 1, maxLength: 4 })
          .map((upserted) => ({ upserted, removed: [] as string[] })),
      },
      {
        weight: 1,
        arbitrary: fc
          .array(anyObject, { minLength: 1, maxLength: 4 })
          .map((gone) => ({ upserted: [], removed: gone.map(keyOf) })),
      },
    );
    const watched = ['ns-0', 'ns-1'].flatMap((namespace) =>
      (
        [
          ['pod', 'pod-0'],
          ['workload', 'deployment/web-0'],
          ['external-workload', 'vm-0'],
        ] as const
      ).flatMap(([kind, name]) => [80, 81].map((port) => ({ ref: { namespace, kind, name }, port }))),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const index = new PolicyIndex(busy);
        const objects = new Map<string, PolicyObject>();
        const latest = watched.map(({ ref, port }) => {
          const seen: { policy: InboundPolicy | undefined; count: number } = { policy: undefined, count: 0 };
          index.watch(ref, port, (policy) => {
            seen.policy = policy;
            seen.count += 1;
          });
          return seen;
        });
        for (const { upserted, removed } of steps) {
          const before = latest.map(({ policy, count }) => ({ policy, count }));
          index.applyAll({ upserted, removed });
          for (const key of removed) objects.delete(key);
          for (const object of upserted) objects.set(keyOf(object), object);
          const rebuilt = build(objects.values());
          expect(answers(index)).toEqual(answers(rebuilt));
          for (const [i, { ref, port }] of watched.entries()) {
            const wanted = rebuilt.policyOf(ref, port);
            expect(latest[i]?.policy).toEqual(wanted);
            // Told once if it changed, and not otherwise.
            const changed = JSON.stringify(wanted, bigints) !== JSON.stringify(before[i]?.policy, bigints);
            expect(latest[i]?.count).toBe((before[i]?.count ?? 0) + (changed ? 1 : 0));
          }
        }
        index.applyAll({ upserted: [], removed: [...objects.keys()] });
        expect(answers(index)).toEqual(answers(new PolicyIndex(busy)));
      }),
      { numRuns: 200 },
    );
  });

  it('lets a namespace change another’s answers only through an authentication that is named there', () => {
    fc.assert(
      fc.property(anyObjects, anyObject, (objects, change) => {
        const isHere = (object: PolicyObject): boolean =>
          (object.kind === 'Namespace' ? object.metadata.name : object.metadata.namespace) === 'ns-0';
        fc.pre(!isHere(change));
        const named = objects.some(
          (object) =>
            object.kind === 'AuthorizationPolicy' &&
            isHere(object) &&
            object.spec.requiredAuthenticationRefs.some(
              (ref) => keyOf(change) === `${ref.kind}/${ref.namespace}/${ref.name}`,
            ),
        );
        fc.pre(!named);
        const index = build(objects);
        const here = () =>
          [...index.workloads()]
            .filter(({ ref }) => ref.namespace === 'ns-0')
            .map(({ ref, defaultPolicy }) => ({
              ref,
              defaultPolicy,
              policies: ports.map((port) => index.policyOf(ref, port)),
            }));
        const before = here();
        index.apply(change);
        expect(here()).toEqual(before);
        index.remove(keyOf(change));
        expect(here()).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

const bigints = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

describe('a batch', () => {
  it('is one step to a watcher, also when it takes away and gives', () => {
    const index = new PolicyIndex(cluster);
    index.applyAll({ upserted: [pod('pod-0'), server('srv-0')], removed: [] });
    const told: (InboundPolicy | undefined)[] = [];
    index.watch(ref, 2222, (policy) => told.push(policy));
    const round = index.applyAll({
      removed: ['Server/ns-0/srv-0', 'Pod/ns-0/pod-0'],
      upserted: [pod('pod-0'), server('srv-1')],
    });
    expect(told).toEqual([serverPolicy('srv-1')]);
    expect(round).toEqual({ recomputed: 1, changed: [{ workload: ref, port: 2222 }] });
  });

  it('shows every listener and question the state after its last change', () => {
    const index = new PolicyIndex(cluster);
    const other = { ...ref, name: 'pod-1' };
    index.applyAll({ upserted: [pod('pod-0'), pod('pod-1')], removed: [] });
    const seen: unknown[] = [];
    index.watch(ref, 2222, () => seen.push(index.policyOf(other, 2222)));
    index.watch(other, 2222, () => seen.push(index.policyOf(ref, 2222)));
    index.applyAll({ upserted: [server('srv-0'), server('srv-1', { created: '2026-01-01T00:00:00Z' })], removed: [] });
    expect(seen).toEqual([serverPolicy('srv-0'), serverPolicy('srv-0')]);
  });
});

describe('a watch', () => {
  it('ends when told to, and leaves nothing behind', () => {
    const index = new PolicyIndex(cluster);
    const told: unknown[] = [];
    const stop = index.watch(ref, 2222, (policy) => told.push(policy));
    const stopOther = index.watch(ref, 2222, (policy) => told.push(policy));
    stop();
    stop();
    index.apply(pod('pod-0'));
    expect(told).toEqual([defaultPolicy('cluster-unauthenticated')]);
    stopOther();
    expect(index.apply(server('srv-0'))).toEqual({ recomputed: 0, changed: [] });
    expect(told).toHaveLength(1);
  });

  it('goes on for others when one listener fails', () => {
    const index = new PolicyIndex(cluster);
    const told: unknown[] = [];
    index.watch(ref, 1, () => {
      throw new Error('a mistake');
    });
    index.watch(ref, 2, (policy) => told.push(policy));
    expect(() => index.apply(pod('pod-0'))).toThrow(AggregateError);
    expect(told).toEqual([defaultPolicy('cluster-unauthenticated')]);
  });

  it('may change objects itself; that is told afterwards', () => {
    const index = new PolicyIndex(cluster);
    const told: (string | undefined)[] = [];
    index.watch(ref, 2222, (policy) => {
      told.push(policy?.server.name);
      if (told.length === 1) index.apply(server('srv-0'));
    });
    index.watch(ref, 2222, (policy) => told.push(`second ${policy?.server.name}`));
    index.apply(pod('pod-0'));
    expect(told).toEqual(['cluster-unauthenticated', 'second cluster-unauthenticated', 'srv-0', 'second srv-0']);
  });
});

describe('a change', () => {
  it('works out only the ports that it can reach', () => {
    const index = new PolicyIndex(cluster);
    const labels = (app: string) => ({ labels: { app } });
    const objects: PolicyObject[] = [];
    for (const app of ['a', 'b']) {
      objects.push(
        ...Array.from({ length: 50 }, (_, i) => pod(`${app}-${i}`, labels(app))),
        server(app, { selector: select({ app }) }),
        httpRoute(app, { servers: [app] }),
        authorizationPolicy(app, toRoute(app), [meshTLSRef(app, 'ns-1')]),
        meshTLS(app, { namespace: 'ns-1' }),
      );
    }
    index.applyAll({ upserted: objects, removed: [] });
    for (const { ref } of index.workloads()) for (const port of [1, 2222]) index.watch(ref, port, () => {});
    const cost = (object: PolicyObject): number[] => {
      const { recomputed, changed } = index.apply(object);
      return [recomputed, changed.length];
    };
    const changed = { identities: [{ kind: 'exact', identity: 'other' }] } as const;
    expect(cost(meshTLS('a', { namespace: 'ns-1', ...changed }))).toEqual([50, 50]);
    expect(cost(meshTLS('a', changed))).toEqual([0, 0]);
    expect(cost(authorizationPolicy('more', toServer('b')))).toEqual([50, 50]);
    expect(cost(httpRoute('more', { servers: ['b'] }))).toEqual([50, 50]);
    expect(cost(pod('a-0', labels('b')))).toEqual([2, 1]);
    expect(cost(pod('a-0', labels('b')))).toEqual([0, 0]);
    expect(cost(server('c', { selector: select({ app: 'c' }) }))).toEqual([0, 0]);
  });

  it('to a pod leaves others of its sort as they are, though they share all but their names', () => {
    const index = new PolicyIndex(cluster);
    const labels = { app: 'web' };
    const own = (ip: string) => ({ labels: { ...labels }, annotations: { ip, restarted: 'today' } });
    const pods = [pod('pod-0', own('10.0.0.1')), pod('pod-1', own('10.0.0.2')), pod('pod-2', own('10.0.0.2'))];
    const account = pod('pod-3', own('10.0.0.3'));
    const other = { ...account, spec: { ...account.spec, serviceAccountName: 'other' } };
    const all = [...pods, other, deployment('web', { labels })];
    index.applyAll({ upserted: all, removed: [] });
    expect(all.map((object) => index.get(keyOf(object)))).toEqual(all);
    const specs = all.map((object) => index.get(keyOf(object))?.spec);
    expect(specs[1]).toBe(specs[0]);
    expect(specs[2]).toBe(specs[0]);
    index.applyAll({ upserted: [pod('pod-1', { labels: { app: 'db' } })], removed: ['Pod/ns-0/pod-0'] });
    expect(index.get('Pod/ns-0/pod-2')).toEqual(pods[2]);
    expect([...index.workloads()].map(({ ref, labels }) => `${ref.name} ${labels['app']}`).sort()).toEqual([
      'deployment/web web',
      'pod-1 db',
      'pod-2 web',
      'pod-3 web',
    ]);
  });

  it('leaves ports with equal policies one value, before and after', () => {
    const index = new PolicyIndex(cluster);
    const pods = ['pod-0', 'pod-1'].map((name) => pod(name));
    index.applyAll({ upserted: [...pods, server('srv-0')], removed: [] });
    const valueOf = (name: string, port: number) => index.policyOf({ ...ref, name }, port);
    expect(valueOf('pod-0', 2222)).toBe(valueOf('pod-1', 2222));
    expect(valueOf('pod-0', 1)).toBe(valueOf('pod-1', 9));
    const before = valueOf('pod-0', 2222);
    index.apply(authorizationPolicy('dangling', toServer('srv-0'), [meshTLSRef('missing')]));
    expect(valueOf('pod-0', 2222)).toBe(before);
    index.apply(authorizationPolicy('dangling', toServer('srv-0')));
    expect(valueOf('pod-0', 2222)).not.toBe(before);
    expect(valueOf('pod-0', 2222)).toBe(valueOf('pod-1', 2222));
  });
});
