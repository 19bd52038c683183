import {
  keyOf,
  selectorsIntersect,
  type LabelExpression,
  type LabelSelector,
  type PolicyObject,
  type Server,
} from '@doorward/resources';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PolicyIndex } from './policy-index.js';
import type { PossibleOverlap } from './possible-overlap.js';
import { container, deployment, externalWorkload, pod, port, select, server } from './testing/objects.js';
import { cluster } from './testing/policies.js';

function indexOf(objects: readonly PolicyObject[]): PolicyIndex {
  const index = new PolicyIndex(cluster);
  index.applyAll({ upserted: objects, removed: [] });
  return index;
}

/** `a over b on port of {labels}`, and which workload makes it so. */
const brief = ({ winner, shadowed, ports, labels, workload }: PossibleOverlap): string =>
  `${winner.metadata.name} over ${shadowed.metadata.name} on ${ports.join(',')} of ${JSON.stringify(labels)}${workload === undefined ? '' : ` as in ${workload.name}`}`;

/** What is possible among these, and what each Server is told when the others are there already. */
function check(objects: readonly PolicyObject[], expected: readonly string[]): void {
  expect(indexOf(objects).possibleOverlaps().map(brief).sort()).toEqual(expected);
  const asked = objects.flatMap((object) => {
    if (object.kind !== 'Server') return [];
    const others = objects.filter((other) => other !== object);
    return indexOf(others).overlapOf(object).map(brief);
  });
  // Once from either side.
  expect([...new Set(asked)].sort()).toEqual(expected);
  expect(asked).toHaveLength(2 * expected.length);
}

const not = (key: string, ...values: string[]): LabelExpression => ({ key, operator: 'NotIn', values });
const web = select({ app: 'web' });

/* oxlint-disable vitest/expect-expect -- `check` asserts */
describe('two Servers can overlap', () => {
  it('when their selectors can select one pod that does not exist', () => {
    const front = select({ tier: 'front' });
    check(
      [server('a', { selector: web }), server('b', { selector: front })],
      ['a over b on 2222 of {"app":"web","tier":"front"}'],
    );
    check([server('a', { selector: web }), server('b', { selector: select({ app: 'db' }) })], []);
    check([server('a', { selector: web }), server('b', { selector: select({}, [not('app', 'web')]) })], []);
  });

  it('when they write the same port', () => {
    check([server('a', { port: 80 }), server('b', { port: 81 })], []);
    check([server('a', { port: 'http' }), server('b', { port: 'http' })], ['a over b on http of {}']);
    check([server('a', { port: 'http' }), server('b', { port: 'admin' })], []);
    check([server('a', { port: '80' }), server('b', { port: 80 })], []);
  });

  it('when a workload makes a name mean the other’s port', () => {
    const servers = [server('a', { port: 'http', selector: web }), server('b', { port: 80 })];
    const labels = { app: 'web' };
    const containers = [container([port(80, 'http'), port(81, 'http')])];
    check(servers, []);
    check([...servers, pod('pod-1', { containers })], []);
    check([...servers, pod('pod-1', { labels, containers: [container([port(81, 'http')])] })], []);
    check([...servers, pod('pod-1', { labels, containers })], ['a over b on 80 of {"app":"web"} as in pod-1']);
    check(
      [...servers, deployment('web', { labels, containers })],
      ['a over b on 80 of {"app":"web"} as in deployment/web'],
    );
    const both = [pod('pod-2', { labels, containers }), pod('pod-1', { labels: { ...labels, v: '2' }, containers })];
    check([...servers, ...both], ['a over b on 80 of {"app":"web","v":"2"} as in pod-1']);
    const names = [server('a', { port: 'http' }), server('b', { port: 'web' })];
    const twoNames = pod('pod-1', {
      containers: [container([port(80, 'http'), port(80, 'web'), port(81, 'http'), port(81, 'web')])],
    });
    check([...names, twoNames], ['a over b on 80,81 of {} as in pod-1']);
  });

  it('unless one is for pods and the other for external workloads', () => {
    const external = { selects: 'external-workloads' } as const;
    check([server('a'), server('b', external), pod('pod-0'), externalWorkload('vm')], []);
    check([server('a', external), server('b', external)], ['a over b on 2222 of {}']);
  });

  it('unless they are in different namespaces', () => {
    check([server('a'), server('b', { namespace: 'ns-1' })], []);
  });

  it('and the older one has the port', () => {
    const created = (day: number) => ({ created: `2026-01-0${day}T00:00:00Z` });
    check([server('a', created(2)), server('b', created(1))], ['b over a on 2222 of {}']);
  });

  it('but not with what they replace', () => {
    const index = indexOf([server('a'), pod('pod-0')]);
    expect(index.overlapOf(server('a', { port: 'http' }))).toEqual([]);
    expect(index.overlapOf(server('b', { port: 'http' })).map(brief)).toEqual(['a over b on 2222 of {} as in pod-0']);
  });
});

describe('possible overlaps', () => {
  const value = fc.constantFrom('web', 'db', 'other');
  const key = fc.constantFrom('app', 'tier');
  const expression = fc.oneof(
    fc.record({
      key,
      operator: fc.constantFrom('In' as const, 'NotIn' as const),
      values: fc.uniqueArray(value, { maxLength: 2 }),
    }),
    fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
  );
  const selector: fc.Arbitrary<LabelSelector> = fc.record({
    matchLabels: fc.oneof(
      fc.constant({}),
      value.map((app) => ({ app })),
    ),
    matchExpressions: fc.array(expression, { maxLength: 2 }),
  });
  const servers = fc.uniqueArray(
    fc
      .record({
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        namespace: fc.constantFrom('ns-0', 'ns-1'),
        created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
        selects: fc.constantFrom('pods' as const, 'pods' as const, 'external-workloads' as const),
        selector,
        port: fc.constantFrom(80, 81, 'http', 'web'),
      })
      .map(({ name, ...rest }) => server(name, rest)),
    { selector: keyOf, maxLength: 8 },
  );
  const label = fc.option(value, { nil: undefined });
  const labels = fc
    .record({ app: label, tier: label })
    .map(
      (texts) =>
        Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as Record<string, string>,
    );
  const pods = fc.uniqueArray(
    fc
      .record({
        name: fc.constantFrom('pod-0', 'pod-1', 'pod-2'),
        namespace: fc.constantFrom('ns-0', 'ns-1'),
        labels,
        ports: fc.uniqueArray(fc.tuple(fc.constantFrom(80, 81), fc.constantFrom('http', 'web')), { maxLength: 3 }),
      })
      .map(({ name, ports, ...rest }) =>
        pod(name, { ...rest, containers: [container(ports.map(([number, text]) => port(number, text)))] }),
      ),
    { selector: keyOf, maxLength: 4 },
  );

  const pairKey = (a: Server, b: Server): string => [keyOf(a), keyOf(b)].sort().join(' ');
  const pairsOf = (overlaps: readonly PossibleOverlap[]): string[] =>
    overlaps.map(({ winner, shadowed }) => pairKey(winner, shadowed)).sort();
  const existing = (index: PolicyIndex): string[] =>
    index.overlaps().flatMap(({ winner, shadowed }) => {
      const all = [winner, ...shadowed];
      return all.flatMap((a, i) => all.slice(i + 1).map((b) => pairKey(a, b)));
    });

  it('are those that their definition names, and those that a Server is asked about', () => {
    fc.assert(
      fc.property(servers, pods, (servers, pods) => {
        const index = indexOf([...pods, ...servers]);
        const found = index.possibleOverlaps();
        const meeting = new Set(existing(index));
        const wanted = servers.flatMap((a, i) =>
          servers.slice(i + 1).flatMap((b) => {
            const isOneRoom = a.metadata.namespace === b.metadata.namespace && a.spec.selects === b.spec.selects;
            const isAlike = isOneRoom && a.spec.port === b.spec.port;
            const canMeet = isAlike && selectorsIntersect(a.spec.selector, b.spec.selector) !== undefined;
            return canMeet || meeting.has(pairKey(a, b)) ? [pairKey(a, b)] : [];
          }),
        );
        expect(pairsOf(found)).toEqual(wanted.sort());
        for (const asked of servers) {
          const theirs = found.filter(({ winner, shadowed }) => winner === asked || shadowed === asked);
          expect(index.overlapOf(asked).map(brief).sort()).toEqual(theirs.map(brief).sort());
          index.remove(keyOf(asked));
          expect(index.overlapOf(asked).map(brief).sort()).toEqual(theirs.map(brief).sort());
          index.apply(asked);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('become real with a workload that has the labels shown, and no other workload makes another one', () => {
    fc.assert(
      fc.property(servers, labels, (servers, labels) => {
        const index = indexOf(servers);
        const possible = index.possibleOverlaps();
        const both = (labels: Readonly<Record<string, string>>, namespace: string) => [
          // A port each, or the names would mean the same.
          pod('made', { namespace, labels, containers: [container([port(90, 'http'), port(91, 'web')])] }),
          externalWorkload('made', { namespace, labels, ports: [port(90, 'http'), port(91, 'web')] }),
        ];
        for (const overlap of possible) {
          const made = both(overlap.labels, overlap.winner.metadata.namespace);
          index.applyAll({ upserted: made, removed: [] });
          expect(existing(index)).toContain(pairKey(overlap.winner, overlap.shadowed));
          index.applyAll({ upserted: [], removed: made.map(keyOf) });
        }
        for (const namespace of ['ns-0', 'ns-1']) index.applyAll({ upserted: both(labels, namespace), removed: [] });
        expect(pairsOf(possible)).toEqual(expect.arrayContaining(existing(index)));
      }),
      { numRuns: 500 },
    );
  });

  it('of a thousand Servers for one port of one namespace are found at once', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      server(`s-${i}`, { selector: select({ app: `app-${i % 999}` }) }),
    );
    const index = indexOf(many);
    expect(index.possibleOverlaps().map(brief)).toEqual(['s-0 over s-999 on 2222 of {"app":"app-0"}']);
    expect(index.overlapOf(server('new', { selector: select({ app: 'app-7' }) })).map(brief)).toEqual([
      'new over s-7 on 2222 of {"app":"app-7"}',
    ]);
  });
});
