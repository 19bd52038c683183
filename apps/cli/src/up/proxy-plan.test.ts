import type { ExternalWorkload } from '@doorward/resources';
import { describe, expect, it } from 'vitest';
import {
  appAnnotation,
  findClashes,
  outboundAnnotation,
  planProxy,
  proxyArguments,
  type ProxyPlan,
} from './proxy-plan.js';

const identity = 'shop.default.serviceaccount.identity.linkerd.cluster.local';

function workload(
  annotations: Readonly<Record<string, string>>,
  spec: Partial<ExternalWorkload['spec']> = {},
  name = 'shop',
): ExternalWorkload {
  return {
    kind: 'ExternalWorkload',
    metadata: { namespace: 'default', name, labels: {}, annotations },
    spec: {
      meshTLS: { identity, serverName: identity },
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP' },
        { port: 9990, protocol: 'TCP' },
      ],
      workloadIPs: ['127.0.1.1', '::1'],
      ...spec,
    },
  };
}

const both = { [appAnnotation]: 'http=127.0.0.1:18080, 9990=127.0.0.1:18083' };

function planned(object: ExternalWorkload): ProxyPlan {
  const { plan, problems } = planProxy(object);
  expect(problems).toEqual([]);
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

const told = (object: ExternalWorkload): readonly string[] => {
  const { plan, problems } = planProxy(object);
  // All of a workload, or none of it.
  expect(plan).toBeUndefined();
  return problems.map(({ message }) => message);
};

describe('the proxy of a workload', () => {
  it('listens on every IP and port, by name or number', () => {
    expect(planned(workload(both)).inbound).toEqual([
      { listen: { host: '127.0.1.1', port: 8080 }, app: { host: '127.0.0.1', port: 18_080 }, portName: 'http' },
      { listen: { host: '127.0.1.1', port: 9990 }, app: { host: '127.0.0.1', port: 18_083 }, portName: undefined },
      { listen: { host: '::1', port: 8080 }, app: { host: '127.0.0.1', port: 18_080 }, portName: 'http' },
      { listen: { host: '::1', port: 9990 }, app: { host: '127.0.0.1', port: 18_083 }, portName: undefined },
    ]);
  });

  it('is not wanted without an annotation of ours', () => {
    expect(planProxy(workload({}))).toEqual({ plan: undefined, problems: [] });
  });

  it('may be for calls only', () => {
    const text =
      '127.0.0.1:19080=127.0.1.2:8080,identity=emoji.example;\n  127.0.0.1:19081=127.0.1.3:8080,identity=voting.example ;';
    expect(planned(workload({ [outboundAnnotation]: text }, { ports: [], workloadIPs: [] })).outbound).toEqual([
      {
        listen: { host: '127.0.0.1', port: 19_080 },
        target: { host: '127.0.1.2', port: 8080 },
        serverName: 'emoji.example',
      },
      {
        listen: { host: '127.0.0.1', port: 19_081 },
        target: { host: '127.0.1.3', port: 8080 },
        serverName: 'voting.example',
      },
    ]);
  });

  it.each([
    [
      { [appAnnotation]: 'http=nowhere, 9990=127.0.0.1:1' },
      /^shop: `http=nowhere` in `doorward.dev\/app` is not PORT=HOST:PORT/,
    ],
    [{ [appAnnotation]: 'http=127.0.0.1:99999, 9990=127.0.0.1:1' }, /is not PORT=HOST:PORT/],
    [
      { [appAnnotation]: 'https=127.0.0.1:1' },
      /names the port `https`, which `spec.ports` does not declare \(declared: http, 9990\)/,
    ],
    [{ [appAnnotation]: 'http=127.0.0.1:1' }, /the port `9990` has no application/],
    [
      { ...both, [outboundAnnotation]: '127.0.0.1:1=x' },
      /in `doorward.dev\/outbound` is not LISTEN=HOST:PORT,identity=SERVERNAME/,
    ],
  ])('says what is wrong with %j', (annotations, sentence) => {
    expect(told(workload(annotations))).toContainEqual(expect.stringMatching(sentence));
  });

  it('needs an address, and one name for both uses', () => {
    expect(told(workload(both, { workloadIPs: [] }))).toEqual([
      'shop: `spec.workloadIPs` is empty, so there is no address to listen on',
    ]);
    expect(told(workload(both, { meshTLS: { identity, serverName: 'other.example' } }))).toEqual([
      expect.stringContaining('`serverName` differs from `identity`'),
    ]);
  });

  it('clashes with another on the same address', () => {
    const [a, b] = [planned(workload(both)), planned(workload(both, { workloadIPs: ['127.0.1.1'] }, 'till'))];
    expect(findClashes([a, b]).map(({ message }) => message)).toEqual([
      'till and shop both want to listen on 127.0.1.1:8080; give one of them another address',
      'till and shop both want to listen on 127.0.1.1:9990; give one of them another address',
    ]);
    expect(findClashes([a])).toEqual([]);
  });

  it('gets a command line that its own options can read', () => {
    const to = {
      controller: '127.0.0.1:8090',
      identityService: '127.0.0.1:8081',
      tokenFile: '/s/t',
      trustAnchors: '/s/ca.crt',
      clusterNetworks: '10.0.0.0/8',
    };
    expect(proxyArguments(planned(workload(both, { workloadIPs: ['::1'] })), to)).toEqual([
      'proxy',
      '--workload={"ns":"default","external_workload":"shop"}',
      `--identity=${identity}`,
      '--controller=127.0.0.1:8090',
      '--identity-service=127.0.0.1:8081',
      '--token-file=/s/t',
      '--trust-anchors=/s/ca.crt',
      '--cluster-networks=10.0.0.0/8',
      '--admin=127.0.0.1:0',
      '--log-decisions',
      '--inbound=[::1]:8080=127.0.0.1:18080',
      '--inbound=[::1]:9990=127.0.0.1:18083',
    ]);
  });
});
