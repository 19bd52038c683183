/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import { defaultPolicyNames, type DefaultPolicyName } from '@doorward/core';
import { describe, expect, it } from 'vitest';
import { PolicyIndex } from './policy-index.js';
import { container, deployment, externalWorkload, namespace, pod, port, server } from './testing/objects.js';
import { byDefault, cluster, defaultPolicy, detect, serverPolicy } from './testing/policies.js';
import { check } from './testing/story.js';

const policyKey = 'config.linkerd.io/default-inbound-policy';
const opaqueKey = 'config.linkerd.io/opaque-ports';
const identityKey = 'config.linkerd.io/proxy-require-identity-inbound-ports';

describe('a workload that nobody knows', () => {
  it('has no policy', () => {
    const index = new PolicyIndex(cluster);
    expect(index.policyOf({ namespace: 'ns-0', kind: 'pod', name: 'pod-0' }, 2222)).toBeUndefined();
  });

  it('has one when it comes and none when it goes', () => {
    const own = pod('pod-0');
    check({}, [
      { apply: [pod('pod-1'), pod('pod-0', { namespace: 'ns-1' }), externalWorkload('pod-0')] },
      { apply: [own], expect: defaultPolicy('cluster-unauthenticated') },
      { remove: [own], expect: 'gone' },
      { apply: [own], expect: defaultPolicy('cluster-unauthenticated') },
    ]);
  });
});

describe('the default policy', () => {
  const others = defaultPolicyNames.filter((name) => name !== 'cluster-unauthenticated');

  it.each(others)('is the cluster’s until the pod says %s', (name) => {
    check({}, [
      { apply: [pod('pod-0')], expect: defaultPolicy('cluster-unauthenticated') },
      { apply: [pod('pod-0', { annotations: { [policyKey]: name } })], expect: defaultPolicy(name) },
    ]);
  });

  it.each(defaultPolicyNames)('of the cluster can be %s', (name) => {
    check({ config: { defaultPolicy: name } }, [{ apply: [pod('pod-0')], expect: defaultPolicy(name) }]);
  });

  it.each(['bogus', 'all_authenticated', 'Deny', ''])('ignores the annotation `%s`, and says so', (value) => {
    const index = check({}, [
      { apply: [pod('pod-0')], expect: defaultPolicy('cluster-unauthenticated') },
      { apply: [pod('pod-0', { annotations: { [policyKey]: value } })] },
    ]);
    expect([...index.workloads()].map(({ defaultPolicy, notes }) => ({ defaultPolicy, notes }))).toEqual([
      {
        defaultPolicy: { policy: 'cluster-unauthenticated', from: 'cluster' },
        notes: [{ kind: 'unknown-default-policy', value }],
      },
    ]);
  });

  it('permits nobody when it is for a cluster without networks', () => {
    check({ config: { clusterNetworks: [] } }, [
      { apply: [pod('pod-0')], expect: { ...defaultPolicy('cluster-unauthenticated'), authorizations: [] } },
    ]);
  });

  it('holds on any port, declared or not', () => {
    for (const number of [1, 8080, 65_535]) {
      check({ port: number }, [{ apply: [pod('pod-0')], expect: defaultPolicy('cluster-unauthenticated') }]);
    }
  });
});

describe('opaque-ports', () => {
  it.each(defaultPolicyNames)('makes a port opaque under %s', (name) => {
    const annotated = pod('pod-0', { annotations: { [opaqueKey]: '2222' } });
    check({ config: { defaultPolicy: name } }, [
      { apply: [annotated], expect: defaultPolicy(name, { kind: 'opaque' }) },
    ]);
    check({ config: { defaultPolicy: name }, port: 2223 }, [{ apply: [annotated], expect: defaultPolicy(name) }]);
  });

  const opaqueOf = (value: string): number[] => {
    const index = new PolicyIndex(cluster);
    const containers = [container([port(5, 'db'), port(6, 'db'), port(7, 'dns', 'UDP')])];
    index.apply(pod('pod-0', { annotations: { [opaqueKey]: value }, containers }));
    const ref = { namespace: 'ns-0', kind: 'pod', name: 'pod-0' } as const;
    return Array.from({ length: 9 }, (_, i) => i + 1).filter((p) => index.policyOf(ref, p)?.protocol.kind === 'opaque');
  };

  it.each([
    ['', []],
    ['0', []],
    ['1', [1]],
    ['1-3', [1, 2, 3]],
    ['4,1-2', [1, 2, 4]],
    [' 4 , 1 - 2 ,, ', [1, 2, 4]],
    ['2-1', []],
    ['2-', []],
    ['65537', []],
  ])('reads `%s`', (value, expected) => {
    expect(opaqueOf(value)).toEqual(expected);
  });

  it('knows the names of the workload’s TCP ports', () => {
    expect(opaqueOf('1,db')).toEqual([1, 5, 6]);
  });

  it('leaves out what it cannot read, and says so', () => {
    expect(opaqueOf('1,dns,mysql,9-8,3')).toEqual([1, 3]);
    const index = new PolicyIndex(cluster);
    index.apply(pod('pod-0', { annotations: { [opaqueKey]: '1,mysql,9-8' } }));
    expect([...index.workloads()].flatMap(({ notes }) => notes.map((note) => JSON.stringify(note))).sort()).toEqual([
      `{"kind":"unknown-port","annotation":"${opaqueKey}","item":"9-8"}`,
      `{"kind":"unknown-port","annotation":"${opaqueKey}","item":"mysql"}`,
    ]);
  });
});

describe('proxy-require-identity-inbound-ports', () => {
  const required: Readonly<Record<DefaultPolicyName, DefaultPolicyName>> = {
    'all-unauthenticated': 'all-authenticated',
    'all-authenticated': 'all-authenticated',
    'cluster-unauthenticated': 'cluster-authenticated',
    'cluster-authenticated': 'cluster-authenticated',
    deny: 'deny',
    audit: 'audit',
  };

  it.each(defaultPolicyNames)('asks for an identity where %s would let in', (name) => {
    const annotated = pod('pod-0', { annotations: { [identityKey]: '2222' } });
    check({ config: { defaultPolicy: name } }, [{ apply: [annotated], expect: defaultPolicy(required[name]) }]);
    check({ config: { defaultPolicy: name }, port: 2223 }, [{ apply: [annotated], expect: defaultPolicy(name) }]);
  });
});

describe('annotations on a port that a Server selects', () => {
  it('change nothing', () => {
    const annotations = { [opaqueKey]: '2222', [identityKey]: '2222', [policyKey]: 'audit' };
    check({}, [
      {
        apply: [
          pod('pod-0', { annotations }),
          server('srv-0', { accessPolicy: 'all-unauthenticated', proxyProtocol: 'unknown' }),
        ],
        expect: serverPolicy('srv-0', byDefault('all-unauthenticated'), detect()),
      },
    ]);
  });
});

describe('annotations of a namespace', () => {
  const inherit = { config: { inheritNamespaceAnnotations: true } };

  it('hold for workloads that lack them, and follow the namespace', () => {
    const ns = namespace('ns-0', { [policyKey]: 'deny', [opaqueKey]: '2222' });
    check(inherit, [
      { apply: [pod('pod-0')], expect: defaultPolicy('cluster-unauthenticated') },
      { apply: [ns], expect: defaultPolicy('deny', { kind: 'opaque' }) },
      { apply: [pod('pod-0', { annotations: { [opaqueKey]: '1' } })], expect: defaultPolicy('deny') },
      {
        apply: [pod('pod-0', { annotations: { [policyKey]: 'audit' } })],
        expect: defaultPolicy('audit', { kind: 'opaque' }),
      },
      { remove: [ns], expect: defaultPolicy('audit') },
      { apply: [namespace('ns-1', { [opaqueKey]: '2222' })] },
    ]);
  });

  it('reach external workloads and templates too', () => {
    const ns = namespace('ns-0', { [policyKey]: 'deny' });
    for (const [object, kind, name] of [
      [externalWorkload('vm'), 'external-workload', 'vm'],
      [deployment('web'), 'workload', 'deployment/web'],
    ] as const) {
      const index = check({ ...inherit, workload: { kind, name } }, [
        { apply: [ns, object], expect: defaultPolicy('deny') },
      ]);
      expect([...index.workloads()].map(({ defaultPolicy }) => defaultPolicy)).toEqual([
        { policy: 'deny', from: 'namespace' },
      ]);
    }
  });

  it('don’t take the place of a value that cannot be read', () => {
    check(inherit, [
      {
        apply: [namespace('ns-0', { [policyKey]: 'deny' }), pod('pod-0', { annotations: { [policyKey]: 'bogus' } })],
        expect: defaultPolicy('cluster-unauthenticated'),
      },
    ]);
  });

  it('count for nothing in a cluster, where the injector has copied them', () => {
    check({}, [
      {
        apply: [namespace('ns-0', { [policyKey]: 'deny' }), pod('pod-0')],
        expect: defaultPolicy('cluster-unauthenticated'),
      },
    ]);
  });
});
