import { defaultClusterConfig, PolicyIndex } from '@doorward/index';
import { keyOf, parseManifests, type PolicyObject } from '@doorward/resources';
import { describe, expect, it } from 'vitest';
import { OverlapReport } from './overlap-report.js';
import { TestLog } from './testing/log.js';

function parse(text: string): readonly PolicyObject[] {
  const { objects, problems } = parseManifests(text, 'test.yaml');
  expect(problems).toEqual([]);
  return objects;
}

const server = (name: string, selector: string, port = 'http', kind = 'podSelector') =>
  parse(`apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: ${name}, namespace: shop}
spec: {${kind}: ${selector}, port: ${port}}
`);

const pod = (labels: string) =>
  parse(`apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: ${labels}}
spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}
`);

const byApp = '{matchLabels: {app: web}}';
const byTier = '{matchExpressions: [{key: tier, operator: Exists}]}';

/** Applies, reports, and gives what was said. */
function reporter() {
  const index = new PolicyIndex(defaultClusterConfig);
  const log = new TestLog();
  const report = new OverlapReport(index, log);
  return (applied: readonly PolicyObject[], removed: readonly PolicyObject[] = []) => {
    index.applyAll({ upserted: applied, removed: removed.map(keyOf) });
    log.lines.length = 0;
    report.tell();
    return log.lines.map(({ level, event, fields, message }) => ({ level, event, ...fields, message }));
  };
}

describe('the report of overlaps', () => {
  it('warns once of Servers that could select one port, with labels that would do it', () => {
    const tell = reporter();
    expect(tell(server('a', byApp))).toEqual([]);
    expect(tell(server('b', byTier))).toEqual([
      {
        level: 'warn',
        event: 'server.possible-overlap',
        namespace: 'shop',
        winner: 'a',
        shadowed: 'b',
        ports: ['http'],
        labels: 'labelled app=web, tier=other',
        message:
          'a and b in shop both select port http of a pod labelled app=web, tier=other: a would have it, b would do nothing there',
      },
    ]);
    expect(tell(pod('{app: db}'))).toEqual([]);
    expect(tell([], server('b', byTier))).toEqual([]);
    expect(tell(server('b', byTier))).toHaveLength(1);
  });

  it('is silent of Servers that no workload can be under both', () => {
    const tell = reporter();
    expect(tell([...server('a', byApp), ...server('b', '{matchLabels: {app: db}}')])).toEqual([]);
    expect(tell([...server('c', byApp, '8080'), ...server('d', byApp, 'http', 'externalWorkloadSelector')])).toEqual(
      [],
    );
  });

  it('tells of a real overlap instead of a possible one, whichever comes first', () => {
    const tell = reporter();
    const web = pod('{app: web, tier: front}');
    const both = [...server('a', byApp), ...server('b', byTier)];
    const real = {
      level: 'warn',
      event: 'server.overlap',
      workload: 'shop/web-0',
      port: 8080,
      winner: 'a',
      shadowed: ['b'],
      message: 'several Servers select port 8080 of shop/web-0: a has it, b does nothing there',
    };
    expect(tell([...both, ...web])).toEqual([real]);
    expect(tell([], web)).toEqual([]);
    expect(tell(web)).toEqual([real]);
  });

  it('tells of a number and a name when a workload makes them one', () => {
    const tell = reporter();
    expect(tell([...server('a', byApp), ...server('b', '{}', '8080')])).toEqual([]);
    expect(tell(pod('{app: web}')).map(({ event }) => event)).toEqual(['server.overlap']);
  });

  it('says how many there are more when there are too many to name', () => {
    const tell = reporter();
    const many = Array.from({ length: 12 }, (_, i) => server(`s-${i}`, '{}')).flat();
    const lines = tell(many);
    expect(lines).toHaveLength(51);
    expect(lines[0]).toMatchObject({ labels: 'without labels' });
    expect(lines.at(-1)).toEqual({
      level: 'warn',
      event: 'server.possible-overlap',
      more: 16,
      message: '16 more pairs of Servers could select the same port',
    });
  });
});
