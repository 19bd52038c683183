/**
 * Random Kubernetes objects for property tests: from small alphabets, so that they refer to and select one another, with values that
 * are odd and yet allowed. Not all are valid; validation is part of what is tested.
 */
import * as fc from 'fast-check';
import { filter, grpcRoute, httpRoute, responseFilter } from './arbitrary-route.js';
import { few, from, gatewayGroup, label, labels, name, oneOrTwo, policyGroup, some } from './arbitrary-values.js';

export type Manifest = Readonly<Record<string, unknown>> & { readonly kind: string };

export const askedPorts = [1, 80, 8080, 8081, 4191, 65_535] as const;

const number = from<number>(...askedPorts);
const portName = from('http', 'grpc', '8080', 'Http', 'ö');
const protocol = from('TCP', 'tcp', 'UDP', 'SCTP', '');
const selector = some({
  matchLabels: labels,
  matchExpressions: few(
    fc.record(
      {
        key: from('app', 'tier', 'toString'),
        operator: from('In', 'NotIn', 'Exists', 'DoesNotExist'),
        values: few(from('a', 'front', '')),
      },
      { requiredKeys: ['key', 'operator'] },
    ),
  ),
});

const cidr = from(
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.1.2.3/8',
  '10.1.9.9',
  '10.1.9.9/32',
  '10.1.9.0/24',
  '::/0',
  'fd00::/8',
  '::ffff:10.0.0.0/104',
  'fd00::1',
  '10.0.0.0/33',
);
const networks = (list: fc.Arbitrary<string>) =>
  few(fc.record({ cidr: list, except: few(cidr) }, { requiredKeys: ['cidr'] }));
const identity = from(
  '*',
  '*.b.serviceaccount.identity.linkerd.cluster.local',
  'a.b.serviceaccount.identity.linkerd.cluster.local',
  '*.local',
  '*.*.local',
  'spiffe://id/web',
  'spiffe://id',
  'A.b',
);

const rate = from(1, 2, 70, 1000, 4_294_967_295, 0, 4_294_967_296);
const account = (namespace: fc.Arbitrary<string>) =>
  fc.record(
    { group: from('', 'core'), kind: from('ServiceAccount', 'serviceaccount'), name, namespace },
    { requiredKeys: ['kind', 'name'] },
  );

const probe = some({
  httpGet: fc.record(
    {
      path: from('/live', 'healthz', '/a b', '', 'http://x/y', '/\u00e9', '?', '//'),
      port: fc.oneof(number, portName),
    },
    { requiredKeys: ['port'] },
  ),
});
const container = some({
  name: label,
  ports: few(fc.record({ name: portName, containerPort: number, protocol }, { requiredKeys: ['containerPort'] }), 3),
  livenessProbe: probe,
  readinessProbe: probe,
});
const podSpec = some({ containers: few(container), initContainers: few(container, 1), serviceAccountName: label });
const annotations = some({
  'config.linkerd.io/default-inbound-policy': from(
    'deny',
    'audit',
    'all-authenticated',
    'cluster-unauthenticated',
    'bogus',
    '',
  ),
  'config.linkerd.io/opaque-ports': from('', '80', '1-65535', 'http,8080', '2-1', ' 80 , +81 ', '99999'),
  'config.linkerd.io/proxy-require-identity-inbound-ports': from('80', '8080-8081', '-'),
});

const reference = fc.oneof(
  fc.record(
    {
      group: from(policyGroup),
      kind: from('MeshTLSAuthentication', 'meshtlsauthentication'),
      name,
      namespace: from('a', 'b'),
    },
    { requiredKeys: ['group', 'kind', 'name'] },
  ),
  fc.record(
    { group: from(policyGroup), kind: from('NetworkAuthentication'), name, namespace: from('a', 'b') },
    { requiredKeys: ['group', 'kind', 'name'] },
  ),
  account(from('a', 'b')),
);
const target = (namespace: string) =>
  fc.oneof(
    fc.record({ group: from(policyGroup), kind: from('Server', 'HTTPRoute', 'httproute'), name }),
    fc.record({ group: from(gatewayGroup), kind: from('HTTPRoute', 'GRPCRoute'), name }),
    fc.constant({ kind: 'Namespace', name: namespace }),
  );

type Body = Record<string, unknown>;

/** By kind, with its API version: the arbitrary of what stands beside `metadata`. */
const bodies = (namespace: string): readonly (readonly [apiVersion: string, kind: string, fc.Arbitrary<Body>])[] => {
  const spec = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Body> => arbitrary.map((value) => ({ spec: value }));
  const template = fc.record({ metadata: some({ labels, annotations }), spec: podSpec });
  return [
    ['v1', 'Pod', spec(podSpec)],
    ['v1', 'Pod', spec(podSpec)],
    ['apps/v1', 'Deployment', spec(fc.record({ selector: fc.constant({}), template }))],
    ['apps/v1', 'StatefulSet', spec(fc.record({ selector: fc.constant({}), template }))],
    ['batch/v1', 'CronJob', spec(template.map((value) => ({ jobTemplate: { spec: { template: value } } })))],
    [
      'workload.linkerd.io/v1beta1',
      'ExternalWorkload',
      spec(
        fc.record(
          {
            meshTLS: fc.record({ identity: from('spiffe://id/web', 'vm.b'), serverName: from('vm.b') }),
            ports: few(fc.record({ name: portName, port: number, protocol }, { requiredKeys: ['port'] }), 3),
            workloadIPs: few(fc.record({ ip: from('10.1.9.9', 'fd00::1') })),
          },
          { requiredKeys: ['meshTLS'] },
        ),
      ),
    ],
    ...Array.from({ length: 3 }, () => ['policy.linkerd.io/v1beta3', 'Server', spec(serverSpec)] as const),
    [
      'policy.linkerd.io/v1beta1',
      'ServerAuthorization',
      spec(
        fc.record({
          server: fc.oneof(fc.record({ name: label }), fc.record({ selector })),
          client: fc.oneof(
            some({ networks: networks(cidr), unauthenticated: from(true, false) }),
            some({
              networks: networks(cidr),
              meshTLS: fc.oneof(
                some({ unauthenticatedTLS: from(true) }),
                some({
                  identities: few(identity),
                  serviceAccounts: few(fc.record({ name: label, namespace: from('a', 'b') })),
                }),
              ),
            }),
          ),
        }),
      ),
    ],
    ...Array.from(
      { length: 2 },
      () =>
        [
          'policy.linkerd.io/v1alpha1',
          'AuthorizationPolicy',
          spec(fc.record({ targetRef: target(namespace), requiredAuthenticationRefs: few(reference) })),
        ] as const,
    ),
    [
      'policy.linkerd.io/v1alpha1',
      'MeshTLSAuthentication',
      spec(
        fc.oneof(
          fc.record({ identities: oneOrTwo(identity) }),
          fc.record({
            identityRefs: oneOrTwo(fc.oneof(account(from('a', 'b')), fc.constant({ kind: 'Namespace', name: 'b' }))),
          }),
        ),
      ),
    ],
    ['policy.linkerd.io/v1alpha1', 'NetworkAuthentication', spec(fc.record({ networks: networks(cidr) }))],
    ['policy.linkerd.io/v1beta3', 'HTTPRoute', spec(httpRoute(filter))],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute', spec(httpRoute(fc.oneof(filter, responseFilter)))],
    ['gateway.networking.k8s.io/v1', 'GRPCRoute', spec(grpcRoute)],
    [
      'policy.linkerd.io/v1alpha1',
      'HTTPLocalRateLimitPolicy',
      spec(
        fc.record(
          {
            targetRef: fc.record({ group: from(policyGroup), kind: from('Server'), name }),
            total: fc.record({ requestsPerSecond: rate }),
            identity: fc.record({ requestsPerSecond: rate }),
            overrides: few(fc.record({ requestsPerSecond: rate, clientRefs: few(account(label)) })),
          },
          { requiredKeys: ['targetRef'] },
        ),
      ),
    ],
    [
      'policy.linkerd.io/v1alpha1',
      'EgressNetwork',
      spec(fc.record({ trafficPolicy: from('Allow'), networks: networks(cidr) })),
    ],
  ];
};

const serverSpec = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ podSelector: selector }) },
      { weight: 1, arbitrary: fc.record({ externalWorkloadSelector: selector }) },
    ),
    fc.record(
      {
        port: fc.oneof(number, portName),
        proxyProtocol: from('unknown', 'HTTP/1', 'HTTP/2', 'gRPC', 'opaque', 'TLS'),
        accessPolicy: from('deny', 'audit', 'all-unauthenticated', 'cluster-authenticated'),
      },
      { requiredKeys: ['port'] },
    ),
  )
  .map(([selects, rest]) => ({ ...selects, ...rest }));

/** Some object of the namespace. */
export function arbitraryManifest(namespace: string): fc.Arbitrary<Manifest> {
  const metadata = fc.record(
    {
      name,
      namespace: fc.constant(namespace),
      labels,
      annotations,
      creationTimestamp: from('2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z', '2024-01-01T00:00:00+01:00'),
    },
    { requiredKeys: ['name', 'namespace'] },
  );
  const objects = bodies(namespace).map(([apiVersion, kind, body]) =>
    fc.tuple(metadata, body).map(([metadata, rest]): Manifest => ({ apiVersion, kind, metadata, ...rest })),
  );
  const ofNamespace = annotations.map((value): Manifest => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, annotations: value },
  }));
  return fc.oneof(...objects, ofNamespace);
}

/** A namespace that has something in it. */
export const arbitraryManifests = (namespace: string): fc.Arbitrary<Manifest[]> =>
  fc.array(arbitraryManifest(namespace), { minLength: 4, maxLength: 24 });
