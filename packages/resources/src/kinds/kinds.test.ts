/** Each kind's conversion: the defaults of its CRD, and what becomes of each field. */
import { parseNetwork } from '@doorward/core';
import type { IpNetwork } from '@doorward/core';
import { describe, expect, it } from 'vitest';
import { convertObject } from '../convert.js';
import { parseManifests } from '../manifests.js';
import { manifest, only, told } from '../testing.js';

const policy = (kind: string, spec: string, version = 'v1alpha1'): string =>
  manifest(`policy.linkerd.io/${version}`, kind, spec);
const gateway = (kind: string, spec: string): string => manifest('gateway.networking.k8s.io/v1', kind, spec);

function net(text: string): IpNetwork {
  const network = parseNetwork(text);
  if (!network) throw new Error(text);
  return network;
}

describe('Server', () => {
  it('without more: all pods, protocol unknown, access denied', () => {
    expect(only(policy('Server', '{podSelector: {}, port: 80}', 'v1beta3'))).toEqual({
      kind: 'Server',
      metadata: { namespace: 'ns', name: 'x', labels: {}, annotations: {} },
      spec: {
        selects: 'pods',
        selector: { matchLabels: {}, matchExpressions: [] },
        port: 80,
        proxyProtocol: 'unknown',
        accessPolicy: 'deny',
      },
      place: { file: 'x.yaml', line: 3, column: 18 },
    });
  });

  it('with everything', () => {
    const spec =
      '{externalWorkloadSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}, {key: e, operator: Exists}]}, port: http, proxyProtocol: gRPC, accessPolicy: audit}';
    expect(only(policy('Server', spec, 'v1beta3')).spec).toEqual({
      selects: 'external-workloads',
      selector: {
        matchLabels: { a: 'b' },
        matchExpressions: [
          { key: 'c', operator: 'In', values: ['d'] },
          { key: 'e', operator: 'Exists' },
        ],
      },
      port: 'http',
      proxyProtocol: 'gRPC',
      accessPolicy: 'audit',
    });
  });

  it('of an older version loses what that version lacks, and is told so', () => {
    const text = policy('Server', '{podSelector: {}, port: 80, accessPolicy: audit}', 'v1beta2');
    expect(told(text)).toEqual([
      'DW0121 [accessPolicy] `spec.accessPolicy` does not exist in v1beta2; the API server drops it',
    ]);
    expect(parseManifests(text, 'x.yaml').objects.map(({ spec }) => spec)).toMatchObject([{ accessPolicy: 'deny' }]);
    expect(told(policy('Server', '{podSelector: {matchLabels: {}}, port: 80}', 'v1alpha1'))).toEqual([
      'DW0122 [policy.linkerd.io/v1alpha1] policy.linkerd.io/v1alpha1 Server is deprecated; use policy.linkerd.io/v1beta1 Server',
    ]);
  });

  it.each([
    ['{port: 80}', ['DW0201 [spec] a Server needs `podSelector` or `externalWorkloadSelector`']],
    ['{podSelector: , port: 80}', ['DW0201 [spec] a Server needs `podSelector` or `externalWorkloadSelector`']],
    [
      '{podSelector: {}, externalWorkloadSelector: {}, port: 80}',
      ['DW0201 [externalWorkloadSelector] a Server takes `podSelector` or `externalWorkloadSelector`, not both'],
    ],
    ['{podSelector: {}}', ['DW0116 [spec] `spec.port` is missing']],
    [
      '{podSelector: {}, port: "80"}',
      ['DW0204 ["80"] `spec.port` is the name `80`, not a number: it selects only a port with that name'],
    ],
    [
      '{podSelector: {}, port: 1.5}',
      ["DW0117 [1.5] `spec.port` is the number `1.5`; expected a number from 1 to 65535, or a port's name"],
    ],
    [
      '{podSelector: {}, port: 65536}',
      ["DW0118 [65536] `spec.port` is `65536`; expected a number from 1 to 65535, or a port's name"],
    ],
    [
      '{podSelector: {matchLabels: {a: 1}}, port: 80}',
      ['DW0117 [1] `spec.podSelector.matchLabels.a` is the number `1`; expected text'],
    ],
    [
      '{podSelector: {matchExpressions: [{key: a, operator: in}]}, port: 80}',
      [
        'DW0120 [in] `spec.podSelector.matchExpressions[0].operator` is `in`; expected `In`, `NotIn`, `Exists` or `DoesNotExist`',
      ],
    ],
    [
      '{podSelector: {matchExpressions: [{key: a, operator: Exists, values: []}]}, port: 80}',
      [
        'DW0124 [key] `spec.podSelector.matchExpressions[0]` makes the selector match nothing: `Exists` takes no `values`',
      ],
    ],
    [
      '{podSelector: {matchExpressions: [{key: a, operator: NotIn}]}, port: 80}',
      ['DW0124 [key] `spec.podSelector.matchExpressions[0]` makes the selector match nothing: `NotIn` needs `values`'],
    ],
  ])('%s', (spec, expected) => {
    expect(told(policy('Server', spec, 'v1beta3'))).toEqual(expected);
  });
});

describe('ServerAuthorization', () => {
  const spec = (client: string, server = '{name: s}'): unknown =>
    only(policy('ServerAuthorization', `{server: ${server}, client: ${client}}`, 'v1beta1')).spec;

  it('names clients; an account without namespace is of its own', () => {
    expect(
      spec(
        '{networks: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}, {cidr: "::1"}], meshTLS: {identities: ["*", "*.a.b", a.b], serviceAccounts: [{name: sa}, {name: sa, namespace: other}]}}',
      ),
    ).toEqual({
      server: { kind: 'name', name: 's' },
      networks: [
        { network: net('10.0.0.0/8'), except: [net('10.1.0.0/16')] },
        { network: net('::1/128'), except: [] },
      ],
      client: {
        kind: 'mesh-tls',
        identities: [
          { kind: 'suffix', labels: [] },
          { kind: 'suffix', labels: ['a', 'b'] },
          { kind: 'exact', identity: 'a.b' },
        ],
        serviceAccounts: [
          { namespace: 'ns', name: 'sa' },
          { namespace: 'other', name: 'sa' },
        ],
      },
    });
  });

  it('permits everyone, or every mesh client', () => {
    expect(spec('{unauthenticated: true}', '{selector: {matchLabels: {a: b}}}')).toEqual({
      server: { kind: 'selector', selector: { matchLabels: { a: 'b' }, matchExpressions: [] } },
      networks: [],
      client: { kind: 'unauthenticated' },
    });
    expect(spec('{meshTLS: {unauthenticatedTLS: true}}')).toMatchObject({
      client: { kind: 'mesh-tls-unauthenticated' },
    });
  });

  it('of nobody is admitted with a warning', () => {
    for (const [client, kind, message] of [
      ['{}', 'none', 'DW0304 [client] no client authentication configured'],
      ['{meshTLS: {}}', 'mesh-tls', 'DW0304 [meshTLS] authorization authorizes no clients'],
    ] as const) {
      const text = policy('ServerAuthorization', `{server: {name: s}, client: ${client}}`, 'v1beta1');
      expect(told(text)).toEqual([message]);
      expect(parseManifests(text, 'x.yaml').objects).toMatchObject([{ spec: { client: { kind } } }]);
    }
  });

  it.each([
    ['{server: {}, client: {unauthenticated: true}}', 'DW0301 [server] `spec.server` takes `name` or `selector`'],
    [
      '{server: {name: a, selector: {}}, client: {unauthenticated: true}}',
      'DW0301 [selector] `spec.server` takes `name` or `selector`, not both',
    ],
    [
      '{server: {name: a.b}, client: {unauthenticated: true}}',
      'DW0119 [a.b] `spec.server.name` is `a.b`; expected lower-case letters, digits and `-`, beginning and ending with a letter or digit',
    ],
    [
      '{server: {name: a}, client: {meshTLS: {identities: ["spiffe://a/b"]}}}',
      'DW0119 ["spiffe://a/b"] `spec.client.meshTLS.identities[0]` is `spiffe://a/b`; expected a DNS name such as `web.emojivoto.serviceaccount.identity.linkerd.cluster.local`, or `*.` before one',
    ],
    [
      '{server: {name: a}, client: {unauthenticated: true, networks: [{cidr: 010.1.1.1}]}}',
      'DW0602 [010.1.1.1] `spec.client.networks[0].cidr` is `010.1.1.1`; expected an IP address or a CIDR block such as `10.0.0.0/8`',
    ],
  ])('%s', (spec, expected) => {
    expect(told(policy('ServerAuthorization', spec, 'v1beta1'))).toEqual([expected]);
  });
});

describe('AuthorizationPolicy', () => {
  it('resolves namespaces and reads groups and kinds in any case', () => {
    const spec =
      '{targetRef: {group: Gateway.networking.K8s.io, kind: httproute, name: r}, requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: networkauthentication, name: a}, {kind: SERVICEACCOUNT, name: b, namespace: other}]}';
    // The CRD wants groups in lower case; an object that is in a cluster all the same is understood.
    const value = {
      apiVersion: 'policy.linkerd.io/v1alpha1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'x', namespace: 'ns' },
    };
    const lower = only(
      policy('AuthorizationPolicy', spec.replace('Gateway.networking.K8s.io', 'gateway.networking.k8s.io')),
    );
    expect(lower.spec).toEqual({
      target: { kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', name: 'r' },
      requiredAuthenticationRefs: [
        { kind: 'NetworkAuthentication', namespace: 'ns', name: 'a' },
        { kind: 'ServiceAccount', namespace: 'other', name: 'b' },
      ],
    });
    const targetRef = { group: 'Policy.linkerd.io', kind: 'server', name: 's' };
    expect(
      convertObject({ ...value, spec: { targetRef, requiredAuthenticationRefs: [] } }, { strict: false }),
    ).toMatchObject({
      kind: 'object',
      object: { spec: { target: { kind: 'Server', name: 's' } } },
    });
  });

  it.each([
    [
      '{targetRef: {kind: Server, name: s}, requiredAuthenticationRefs: []}',
      'unsupported authorization target type: Server',
      'add `group: policy.linkerd.io`',
    ],
    [
      '{targetRef: {group: "", kind: Server, name: s}, requiredAuthenticationRefs: []}',
      'unsupported authorization target type: Server.',
      'add `group: policy.linkerd.io`',
    ],
    [
      '{targetRef: {kind: Namespace, name: ns}, requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: ServiceAccount, name: a}, {kind: Pod, name: p}]}',
      'unsupported authentication kind(s): ServiceAccount.policy.linkerd.io, Pod',
      'leave out `group`: ServiceAccount belongs to the core group',
    ],
    [
      '{targetRef: {kind: Namespace, name: ns}, requiredAuthenticationRefs: [{kind: ServiceAccount, name: a}, {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: m}]}',
      'a MeshTLSAuthentication and ServiceAccount may not be set together',
      'add the account to the `identityRefs` of the MeshTLSAuthentication',
    ],
    [
      '{targetRef: {kind: Namespace, name: ns}, requiredAuthenticationRefs: [{kind: ServiceAccount, name: a}, {kind: ServiceAccount, name: b}]}',
      'only a single ServiceAccount may be set',
      'list the accounts in `identityRefs` of a MeshTLSAuthentication',
    ],
  ])('%s', (spec, message, help) => {
    expect(parseManifests(policy('AuthorizationPolicy', spec), 'x.yaml').problems).toMatchObject([{ message, help }]);
  });
});

describe('MeshTLSAuthentication and NetworkAuthentication', () => {
  it('list who they mean', () => {
    expect(only(policy('MeshTLSAuthentication', '{identities: ["*", "spiffe://a/b"]}')).spec).toEqual({
      identities: [
        { kind: 'suffix', labels: [] },
        { kind: 'exact', identity: 'spiffe://a/b' },
      ],
      serviceAccounts: [],
      namespaces: [],
    });
    expect(
      only(
        policy(
          'MeshTLSAuthentication',
          '{identityRefs: [{kind: ServiceAccount, name: a}, {group: core, kind: namespace, name: n1}]}',
        ),
      ).spec,
    ).toEqual({
      identities: [],
      serviceAccounts: [{ namespace: 'ns', name: 'a' }],
      namespaces: ['n1'],
    });
    expect(only(policy('NetworkAuthentication', '{networks: [{cidr: 10.1.2.3/8}]}')).spec).toEqual({
      networks: [{ network: net('10.1.2.3/8'), except: [] }],
    });
  });

  it('tell of every identity that is none', () => {
    expect(
      told(policy('MeshTLSAuthentication', '{identities: [a.*, "spiffe:///b", ok.example]}')).map((text) =>
        text.slice(0, 60),
      ),
    ).toEqual([
      'DW0501 [a.*] id a.* is invalid: identity must be a valid SPI',
      'DW0501 ["spiffe:///b"] id spiffe:///b is invalid: SPIFFE tru',
    ]);
    expect(told(policy('MeshTLSAuthentication', '{identityRefs: [{kind: Pod, name: p}]}'))).toEqual([
      'DW0503 [Pod] invalid identity target kind: Pod',
    ]);
  });
});

describe('HTTPRoute', () => {
  const slash = { path: { kind: 'prefix', path: '/' }, headers: [], queryParams: [] };

  it('of policy.linkerd.io: the group of a parent is its own, the kind has to be written', () => {
    expect(
      only(
        policy(
          'HTTPRoute',
          '{parentRefs: [{kind: Server, name: s}, {kind: server, group: policy.linkerd.io, namespace: ns, name: t}]}',
          'v1beta3',
        ),
      ).spec,
    ).toEqual({
      group: 'policy.linkerd.io',
      servers: ['s', 't'],
      hosts: [],
      rules: [{ matches: [slash], filters: [] }],
    });
    expect(told(policy('HTTPRoute', '{parentRefs: [{name: s}]}', 'v1beta3'))).toEqual([
      'DW0716 [name] parent `s` is a Gateway, because no `kind` is written',
    ]);
  });

  it('of the Gateway API: the group of a parent has to be written', () => {
    expect(
      only(gateway('HTTPRoute', '{parentRefs: [{group: policy.linkerd.io, kind: Server, name: s}, {name: gw}]}')).spec,
    ).toMatchObject({ group: 'gateway.networking.k8s.io', servers: ['s'] });
    expect(told(gateway('HTTPRoute', '{parentRefs: [{kind: Server, name: s}]}'))).toEqual([
      'DW0716 [kind] parent `s` is a Server of group `gateway.networking.k8s.io`, which does not exist',
    ]);
  });

  it('has a rule for every path where nothing is written, and none where an empty list is', () => {
    const rules = (text: string): unknown => only(policy('HTTPRoute', `{rules: ${text}}`, 'v1beta3')).spec;
    expect(rules('[{}]')).toMatchObject({ rules: [{ matches: [slash] }] });
    expect(rules('[{matches: [{method: GET}]}]')).toMatchObject({
      rules: [{ matches: [{ ...slash, method: 'GET' }] }],
    });
    expect(rules('[]')).toMatchObject({ rules: [] });
  });

  it('with everything', () => {
    const text = policy(
      'HTTPRoute',
      `hostnames: ["*.x.y", a.b]
rules:
- matches:
  - path: {type: RegularExpression, value: "/a+"}
    method: POST
    headers: [{name: X-A, value: v}, {type: RegularExpression, name: x-b, value: "[0-9]+"}]
    queryParams: [{name: Q, value: v}, {name: q, value: "v.*", type: RegularExpression}]
  filters:
  - type: RequestHeaderModifier
    requestHeaderModifier: {add: [{name: X-C, value: "1"}], set: [{name: x-d, value: "2"}], remove: [X-E]}
  - type: RequestRedirect
    requestRedirect: {scheme: https, hostname: h, port: 8443, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}
  timeouts: {request: 10s, backendRequest: 500ms}`,
      'v1beta3',
    );
    expect(only(text).spec).toEqual({
      group: 'policy.linkerd.io',
      servers: [],
      hosts: [
        { kind: 'suffix', reverseLabels: ['y', 'x'] },
        { kind: 'exact', host: 'a.b' },
      ],
      rules: [
        {
          matches: [
            {
              path: { kind: 'regex', pattern: '/a+' },
              method: 'POST',
              headers: [
                { kind: 'exact', name: 'x-a', value: 'v' },
                { kind: 'regex', name: 'x-b', pattern: '[0-9]+' },
              ],
              queryParams: [
                { kind: 'exact', name: 'Q', value: 'v' },
                { kind: 'regex', name: 'q', pattern: 'v.*' },
              ],
            },
          ],
          filters: [
            {
              kind: 'request-header-modifier',
              add: [{ name: 'x-c', value: '1' }],
              set: [{ name: 'x-d', value: '2' }],
              remove: ['x-e'],
            },
            {
              kind: 'request-redirect',
              scheme: 'https',
              host: 'h',
              port: 8443,
              path: { kind: 'prefix', value: '/new' },
              status: 302,
            },
          ],
        },
      ],
    });
  });

  it.each([
    [
      '{matches: [{path: {type: RegularExpression, value: "a(?=b)"}}]}',
      /^DW0703 \["a\(\?=b\)"\] `a\(\?=b\)` is no regular expression: /,
    ],
    ['{matches: [{headers: [{name: "a b", value: v}]}]}', /^DW0704 \["a b"\] invalid HTTP header name$/],
    ['{matches: [{headers: [{name: a, value: "v\\n"}]}]}', /^DW0705 \["v\\n"\] failed to parse header value$/],
    ['{matches: [{headers: [{name: a, value: v}, {name: A, value: w}]}]}', /^DW0123 \[A\] `A` is listed twice$/],
    [
      '{matches: [{path: {type: Exactt, value: /}}]}',
      /^DW0120 \[Exactt\] `spec.rules\[0\].matches\[0\].path.type` is `Exactt`; expected `Exact`, `PathPrefix` or `RegularExpression`$/,
    ],
    ['{filters: [{type: URLRewrite}]}', /^DW0709 \[URLRewrite\] unknown filter type `URLRewrite`; expected/],
    ['{filters: [{type: RequestRedirect}]}', /^DW0708 \[type\] `requestRedirect` is missing from the filter/],
    [
      '{filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath}}}]}',
      /^DW0707 \[path\] RequestRedirect filter must contain either/,
    ],
    [
      '{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 307}}]}',
      /^DW0117 \[307\] .*; expected `301` or `302`$/,
    ],
    ['{timeouts: {request: 1}}', /^DW0117 \[1\] .*timeouts.request` is the number `1`; expected text$/],
    ['{timeouts: {request: "1"}}', /^DW0710 \["1"\] .*; expected a duration$/],
    ['{timeouts: {request: -1s}}', /^DW0711 \[-1s\] request timeout must not be negative$/],
    [
      '{timeouts: {request: 1s, backendRequest: 1m}}',
      /^DW0711 \[1m\] backendRequest timeout \(1m\) must not be greater than request timeout \(1s\)$/,
    ],
  ])('rule %s', (rule, expected) => {
    const problems = told(policy('HTTPRoute', `{rules: [${rule}]}`, 'v1beta3'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it('of a Service has its retry annotations checked, of a Server not', () => {
    const text = (kind: string): string =>
      manifest(
        'gateway.networking.k8s.io/v1',
        'HTTPRoute',
        `{parentRefs: [{group: "${kind === 'Server' ? 'policy.linkerd.io' : ''}", kind: ${kind}, name: s}]}`,
        '{name: x, annotations: {retry.linkerd.io/http: "5xx,600", timeout.linkerd.io/request: "5"}}',
      );
    expect(told(text('Service'))).toEqual([
      'DW0713 ["5xx,600"] invalid retry condition: 5xx,600',
      "DW0713 [\"5\"] missing duration unit; did you mean '5s' or '5ms'?",
    ]);
    expect(told(text('Server'))).toEqual([]);
  });
});

describe('GRPCRoute', () => {
  it('has no rules and no matches but those written', () => {
    expect(
      only(gateway('GRPCRoute', '{parentRefs: [{group: policy.linkerd.io, kind: Server, name: s}]}')).spec,
    ).toEqual({ group: 'gateway.networking.k8s.io', servers: ['s'], hosts: [], rules: [] });
    expect(
      only(gateway('GRPCRoute', '{rules: [{}, {matches: [{headers: [{name: A, value: b}]}, {method: {service: s}}]}]}'))
        .spec,
    ).toMatchObject({
      rules: [
        { matches: [], filters: [] },
        {
          matches: [
            { service: '', method: '', headers: [{ kind: 'exact', name: 'a', value: 'b' }] },
            { service: 's', method: '', headers: [] },
          ],
          filters: [],
        },
      ],
    });
  });

  it('takes no regular expression for a method, and wants a service or a method', () => {
    expect(
      told(
        gateway('GRPCRoute', '{rules: [{matches: [{method: {type: RegularExpression, service: a.*}}, {method: {}}]}]}'),
      ),
    ).toEqual([
      'DW0801 [RegularExpression] unsupported GRPCRoute method match type: Some(RegularExpression)',
      'DW0802 [method] a method match needs `service` or `method`',
    ]);
  });
});

describe('HTTPLocalRateLimitPolicy', () => {
  it('keeps rates, and overrides in order', () => {
    const spec =
      '{targetRef: {group: policy.linkerd.io, kind: Server, name: s}, total: {requestsPerSecond: 10}, identity: {requestsPerSecond: 2}, overrides: [{requestsPerSecond: 5, clientRefs: [{kind: ServiceAccount, name: a}, {kind: ServiceAccount, name: b, namespace: other}]}]}';
    expect(only(policy('HTTPLocalRateLimitPolicy', spec)).spec).toEqual({
      server: 's',
      total: 10,
      perIdentity: 2,
      overrides: [
        {
          requestsPerSecond: 5,
          clients: [
            { namespace: 'ns', name: 'a' },
            { namespace: 'other', name: 'b' },
          ],
        },
      ],
    });
  });

  it.each([
    ['total: {requestsPerSecond: 0}', ['DW0902 [0] total.requestsPerSecond must be greater than 0']],
    ['identity: {requestsPerSecond: 0}', ['DW0902 [0] identity.requestsPerSecond must be greater than 0']],
    [
      'total: {requestsPerSecond: -1}',
      ['DW0118 [-1] `spec.total.requestsPerSecond` is `-1`; expected a number up to 4294967295'],
    ],
    [
      'overrides: [{requestsPerSecond: 1, clientRefs: [{kind: Pod, name: p}]}]',
      ['DW0904 [Pod] overrides.clientRefs must target a ServiceAccount'],
    ],
  ])('%s', (more, expected) => {
    expect(
      told(
        policy('HTTPLocalRateLimitPolicy', `{targetRef: {group: policy.linkerd.io, kind: Server, name: s}, ${more}}`),
      ),
    ).toEqual(expected);
  });
});

describe('workloads', () => {
  const podSpec = `serviceAccountName: web
initContainers:
- ports: [{name: admin, containerPort: 4191}]
containers:
- ports: [{containerPort: 80, protocol: UDP}]
  livenessProbe: {httpGet: {port: 80}}
  readinessProbe: {httpGet: {port: admin, path: /ready}}
  startupProbe: {tcpSocket: {port: 80}}`;
  const spec = {
    serviceAccountName: 'web',
    containers: [
      {
        ports: [{ port: 80, protocol: 'UDP' }],
        httpProbes: [
          { port: 80, path: '/' },
          { port: 'admin', path: '/ready' },
        ],
      },
      { ports: [{ name: 'admin', port: 4191, protocol: 'TCP' }], httpProbes: [] },
    ],
  };
  const indent = (text: string, by: number): string => text.replace(/^/gm, ' '.repeat(by));

  it('Pod: the fields that policy reads, the others unseen', () => {
    expect(
      only(manifest('v1', 'Pod', `${podSpec}\nvolumes: [{name: v, configMap: {defaultMode: 0644}}]`)).spec,
    ).toEqual(spec);
    expect(only(manifest('v1', 'Pod', '{}')).spec).toEqual({ serviceAccountName: 'default', containers: [] });
  });

  it('Deployment and CronJob: the pod template counts', () => {
    const template = `template:\n  metadata: {labels: {app: web}, annotations: {config.linkerd.io/opaque-ports: "80"}}\n  spec:\n${indent(podSpec, 4)}`;
    const expected = { labels: { app: 'web' }, annotations: { 'config.linkerd.io/opaque-ports': '80' }, spec };
    expect(only(manifest('apps/v1', 'Deployment', template))).toMatchObject({
      kind: 'Workload',
      spec: { workloadKind: 'Deployment', template: expected },
    });
    expect(only(manifest('batch/v1', 'CronJob', `jobTemplate:\n  spec:\n${indent(template, 4)}`))).toMatchObject({
      kind: 'Workload',
      spec: { workloadKind: 'CronJob', template: expected },
    });
  });

  it('ExternalWorkload: in both spellings', () => {
    const more = 'ports: [{port: 80}, {name: admin, port: 4191, protocol: UDP}], workloadIPs: [{ip: 10.0.0.1}]';
    const expected = {
      meshTLS: { identity: 'i', serverName: 's' },
      ports: [
        { port: 80, protocol: 'TCP' },
        { name: 'admin', port: 4191, protocol: 'UDP' },
      ],
      workloadIPs: ['10.0.0.1'],
    };
    expect(
      only(
        manifest('workload.linkerd.io/v1beta1', 'ExternalWorkload', `{meshTLS: {identity: i, serverName: s}, ${more}}`),
      ).spec,
    ).toEqual(expected);
    expect(
      only(
        manifest(
          'workload.linkerd.io/v1alpha1',
          'ExternalWorkload',
          `{meshTls: {identity: i, serverName: s}, ${more}}`,
        ),
      ).spec,
    ).toEqual(expected);
    expect(told(manifest('workload.linkerd.io/v1beta1', 'ExternalWorkload', `{${more}}`))).toEqual([
      'DW0116 [spec] `spec.meshTLS` is missing',
    ]);
  });

  it('have annotations that mean nothing told', () => {
    const metadata =
      '{name: x, annotations: {config.linkerd.io/default-inbound-policy: all_authenticated, config.linkerd.io/opaque-ports: "25,99999"}}';
    expect(told(manifest('v1', 'Pod', '{}', metadata))).toEqual([
      "DW1001 [all_authenticated] `all_authenticated` is no default policy; the cluster's default is used",
      'DW1002 ["25,99999"] `99999` is no port',
    ]);
  });
});
