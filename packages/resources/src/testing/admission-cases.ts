/**
 * The admission cases of docs/spec/control-plane.md §2.3, and who refuses what. One list for every door: the reading of files, the
 * published schemas, a real API server.
 */
import { manifest } from '../testing.js';

const policy = (kind: string, spec: string, version = 'v1alpha1'): string =>
  manifest(`policy.linkerd.io/${version}`, kind, spec);
const gateway = (kind: string, spec: string, version = 'v1'): string =>
  manifest(`gateway.networking.k8s.io/${version}`, kind, spec);

const authorization = (target: string, refs: string): string =>
  policy('AuthorizationPolicy', `{targetRef: ${target}, requiredAuthenticationRefs: ${refs}}`);
const toServer = '{group: policy.linkerd.io, kind: Server, name: s}';
const mesh = '{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: m}';
const network = '{group: policy.linkerd.io, kind: NetworkAuthentication, namespace: linkerd, name: net}';

const saz = (client: string): string =>
  policy('ServerAuthorization', `{server: {name: s}, client: ${client}}`, 'v1beta1');
const nets = (...networks: string[]): string => `{unauthenticated: true, networks: [${networks.join(', ')}]}`;
const meshTls = (spec: string): string => policy('MeshTLSAuthentication', spec);
const netAuth = (networks: string): string => policy('NetworkAuthentication', `{networks: ${networks}}`);
const rates = (target: string, total: number, identity: number, override: number): string =>
  policy(
    'HTTPLocalRateLimitPolicy',
    `{targetRef: ${target}, total: {requestsPerSecond: ${total}}, identity: {requestsPerSecond: ${identity}}, overrides: [{requestsPerSecond: ${override}, clientRefs: [{group: "", kind: ServiceAccount, name: sa}]}]}`,
  );

const serverParent = '{group: policy.linkerd.io, kind: Server, name: s}';
const egressParent = (port = ''): string => `{group: policy.linkerd.io, kind: EgressNetwork, name: e${port}}`;
const httpSpec = (parent: string, rule: string): string => `{parentRefs: [${parent}], rules: [${rule}]}`;
const path = (value: string): string => `{matches: [{path: {type: Exact, value: ${value}}}]}`;
const filter = (text: string): string => `{filters: [${text}]}`;
const redirect = (value: string): string =>
  filter(`{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: ${value}}}}`);
const backend = (text: string): string => `{backendRefs: [${text}]}`;
const tcp = (kind: string, parent: string, rules: string): string =>
  gateway(kind, `{parentRefs: [${parent}], rules: ${rules}}`, 'v1alpha2');

/** What the API server and the webhook take. */
export const acceptedCases: readonly (readonly [name: string, manifest: string])[] = [
  ['AuthorizationPolicy for a Server with MeshTLS and Network', authorization(toServer, `[${mesh}, ${network}]`)],
  ['AuthorizationPolicy for its own Namespace', authorization('{kind: Namespace, name: ns}', `[${mesh}]`)],
  [
    'AuthorizationPolicy for an `HttpRoute`',
    authorization('{group: policy.linkerd.io, kind: HttpRoute, name: r}', `[${mesh}]`),
  ],
  ['AuthorizationPolicy with MeshTLS only', authorization(toServer, `[${mesh}]`)],
  ['AuthorizationPolicy with Network only', authorization(toServer, `[${network}]`)],
  ['AuthorizationPolicy with no authentication', authorization(toServer, '[]')],
  ['Server for all pods', policy('Server', '{podSelector: {}, port: 80}', 'v1beta3')],
  [
    'ServerAuthorization with an exception',
    saz(nets('{cidr: 10.1.0.0/24}', '{cidr: 10.1.1.0/24, except: [10.1.1.0/28]}')),
  ],
  ['ServerAuthorization for an address', saz(nets('{cidr: 10.1.0.2}', '{cidr: 10.1.1.0/24, except: [10.1.1.3]}'))],
  ['MeshTLSAuthentication of a ServiceAccount', meshTls('{identityRefs: [{kind: ServiceAccount, name: sa}]}')],
  ['MeshTLSAuthentication of a Namespace', meshTls('{identityRefs: [{kind: Namespace, name: other}]}')],
  ['MeshTLSAuthentication of a name', meshTls('{identities: [example.id]}')],
  ['NetworkAuthentication', netAuth('[{cidr: 10.1.0.0/24}, {cidr: 10.1.1.0/24, except: [10.1.1.0/28]}]')],
  ['NetworkAuthentication except an address', netAuth('[{cidr: 10.1.1.0/24, except: [10.1.1.3]}]')],
  ['HTTPLocalRateLimitPolicy', rates(toServer, 1000, 100, 200)],
  [
    'EgressNetwork',
    policy('EgressNetwork', '{trafficPolicy: Allow, networks: [{cidr: 10.1.0.0/24, except: [10.1.0.8]}]}'),
  ],
  ['policy HTTPRoute of a Server', policy('HTTPRoute', httpSpec(serverParent, path('/foo')), 'v1beta3')],
  [
    'policy HTTPRoute of an EgressNetwork',
    policy('HTTPRoute', httpSpec(egressParent(', port: 555'), path('/foo')), 'v1beta3'),
  ],
  ['gateway HTTPRoute of a Server', gateway('HTTPRoute', httpSpec(serverParent, path('/foo')))],
  [
    'gateway HTTPRoute that mirrors',
    gateway(
      'HTTPRoute',
      httpSpec(serverParent, filter('{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}')),
    ),
  ],
  [
    'gateway HTTPRoute that rewrites',
    gateway(
      'HTTPRoute',
      httpSpec(
        serverParent,
        filter('{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: baz}}}'),
      ),
    ),
  ],
  [
    'gateway HTTPRoute with an extension',
    gateway(
      'HTTPRoute',
      httpSpec(serverParent, filter('{type: ExtensionRef, extensionRef: {group: g, kind: K, name: n}}')),
    ),
  ],
  [
    'gateway HTTPRoute to an alien backend',
    gateway('HTTPRoute', httpSpec(serverParent, backend('{group: alien.example, kind: Saucer, name: b}'))),
  ],
  [
    'gateway HTTPRoute to a core Service',
    gateway('HTTPRoute', httpSpec(serverParent, backend('{group: core, kind: Service, name: b, port: 80}'))),
  ],
  ['gateway HTTPRoute to a Service', gateway('HTTPRoute', httpSpec(serverParent, backend('{name: b, port: 80}')))],
  [
    'GRPCRoute of an EgressNetwork',
    gateway(
      'GRPCRoute',
      httpSpec(egressParent(', port: 555'), '{matches: [{method: {type: Exact, service: s, method: m}}]}'),
    ),
  ],
  [
    'TCPRoute of an EgressNetwork',
    tcp('TCPRoute', egressParent(', port: 555'), '[{backendRefs: [{name: b, port: 80}]}]'),
  ],
  [
    'TLSRoute of an EgressNetwork',
    tcp('TLSRoute', egressParent(', port: 555'), '[{backendRefs: [{name: b, port: 80}]}]'),
  ],
];

/** Who refuses: the CRD's schema, a CEL rule of the CRD, or, after those, the webhook. */
export type Refuser = 'crd' | 'cel' | 'webhook';

/** What is refused, by whom, and in which words of ours. */
export const rejectedCases: readonly (readonly [name: string, manifest: string, by: Refuser, message: string])[] = [
  [
    'AuthorizationPolicy for another Namespace',
    authorization('{kind: Namespace, name: foobar}', `[${mesh}]`),
    'webhook',
    'cannot target another namespace: foobar',
  ],
  [
    'AuthorizationPolicy with null',
    authorization(toServer, 'null'),
    'crd',
    '`spec.requiredAuthenticationRefs` is missing',
  ],
  [
    'AuthorizationPolicy without refs',
    policy('AuthorizationPolicy', `{targetRef: ${toServer}}`),
    'crd',
    '`spec.requiredAuthenticationRefs` is missing',
  ],
  [
    'AuthorizationPolicy for a Deployment',
    authorization('{group: apps, kind: Deployment, name: d}', `[${mesh}]`),
    'webhook',
    'unsupported authorization target type: Deployment.apps',
  ],
  [
    'AuthorizationPolicy with two MeshTLS',
    authorization(toServer, `[${mesh}, ${mesh}]`),
    'webhook',
    'only a single MeshTLSAuthentication may be set',
  ],
  [
    'AuthorizationPolicy with two Networks',
    authorization(toServer, `[${network}, ${network}]`),
    'webhook',
    'only a single NetworkAuthentication may be set',
  ],
  [
    'Server for `garbanzo`',
    policy('Server', '{podSelector: {}, port: 80, proxyProtocol: garbanzo}', 'v1beta3'),
    'webhook',
    '`spec.proxyProtocol` is `garbanzo`; expected `unknown`, `HTTP/1`, `HTTP/2`, `gRPC`, `opaque` or `TLS`',
  ],
  [
    'Server with access `foobar`',
    policy('Server', '{podSelector: {}, port: 80, accessPolicy: foobar}', 'v1beta3'),
    'webhook',
    'Invalid \'accessPolicy\' field: invalid mode: "foobar"',
  ],
  [
    'ServerAuthorization with an exception of everything',
    saz(nets('{cidr: 10.1.1.0/24, except: [10.1.0.0/16]}')),
    'webhook',
    "cidr '10.1.1.0/24' is completely negated by exception '10.1.0.0/16'",
  ],
  [
    'ServerAuthorization for everyone and somebody',
    saz('{unauthenticated: true, meshTLS: {identities: ["*"]}}'),
    'webhook',
    '`unauthenticated` must be false if `mesh_tls` is specified',
  ],
  [
    'ServerAuthorization for any TLS and somebody',
    saz('{meshTLS: {unauthenticatedTLS: true, identities: ["*"]}}'),
    'webhook',
    '`unauthenticatedTLS` be false if any `identities` or `service_accounts` is specified',
  ],
  [
    'ServerAuthorization with an exception elsewhere',
    saz(nets('{cidr: 10.1.1.0/24, except: [10.1.2.0/24]}')),
    'webhook',
    "cidr '10.1.1.0/24' does not include exception '10.1.2.0/24'",
  ],
  [
    'ServerAuthorization for `bogus`',
    saz(nets('{cidr: bogus}')),
    'webhook',
    '`spec.client.networks[0].cidr` is `bogus`; expected an IP address or a CIDR block such as `10.0.0.0/8`',
  ],
  [
    'MeshTLSAuthentication of a Namespace in one',
    meshTls('{identityRefs: [{kind: Namespace, name: other, namespace: ns}]}'),
    'webhook',
    'Namespace identity_ref is cluster-scoped and cannot have a namespace',
  ],
  ['MeshTLSAuthentication of nobody', meshTls('{}'), 'crd', '`spec` needs `identities` or `identityRefs`'],
  [
    'MeshTLSAuthentication of both',
    meshTls('{identities: [a.b], identityRefs: [{kind: ServiceAccount, name: sa}]}'),
    'crd',
    '`spec` takes `identities` or `identityRefs`, not both',
  ],
  [
    'NetworkAuthentication except all of it',
    netAuth('[{cidr: 10.1.0.0/24, except: [10.1.0.0/24]}]'),
    'webhook',
    "cidr '10.1.0.0/24' is completely negated by exception '10.1.0.0/24'",
  ],
  [
    'NetworkAuthentication except elsewhere',
    netAuth('[{cidr: 10.1.0.0/24, except: [10.2.0.0/28]}]'),
    'webhook',
    "cidr '10.1.0.0/24' does not include exception '10.2.0.0/28'",
  ],
  [
    'NetworkAuthentication except `bogus`',
    netAuth('[{cidr: 10.1.0.0/24, except: [bogus]}]'),
    'webhook',
    '`spec.networks[0].except[0]` is `bogus`; expected an IP address or a CIDR block such as `10.0.0.0/8`',
  ],
  ['NetworkAuthentication of nothing', netAuth('[]'), 'webhook', 'at least one network must be specified'],
  [
    'HTTPLocalRateLimitPolicy for a Deployment',
    rates('{group: apps, kind: Deployment, name: d}', 1000, 100, 200),
    'webhook',
    'invalid targetRef kind: Deployment.apps',
  ],
  [
    'HTTPLocalRateLimitPolicy with identities above the total',
    rates(toServer, 1000, 2000, 200),
    'webhook',
    'identity.requestsPerSecond must be less than or equal to total.requestsPerSecond',
  ],
  [
    'HTTPLocalRateLimitPolicy with an override above the total',
    rates(toServer, 1000, 100, 2000),
    'webhook',
    'override.requestsPerSecond must be less than or equal to total.requestsPerSecond',
  ],
  [
    'EgressNetwork of nothing',
    policy('EgressNetwork', '{trafficPolicy: Allow, networks: []}'),
    'webhook',
    'at least one network must be specified',
  ],
  [
    'policy HTTPRoute of an EgressNetwork without port',
    policy('HTTPRoute', httpSpec(egressParent(), path('/foo')), 'v1beta3'),
    'webhook',
    'cannot target an EgressNetwork without specifying a port',
  ],
  [
    'policy HTTPRoute for `foo/bar`',
    policy('HTTPRoute', httpSpec(serverParent, path('foo/bar')), 'v1beta3'),
    'webhook',
    'HttpPathMatch paths must be absolute (begin with `/`); "foo/bar" is not an absolute path',
  ],
  [
    'policy HTTPRoute redirecting to `foo/bar`',
    policy('HTTPRoute', httpSpec(serverParent, redirect('foo/bar')), 'v1beta3'),
    'webhook',
    'RequestRedirect filters may only contain absolute paths (starting with \'/\'); "foo/bar" is not an absolute path',
  ],
  [
    'gateway HTTPRoute for `foo`',
    gateway('HTTPRoute', httpSpec(serverParent, path('foo'))),
    'cel',
    'HttpPathMatch paths must be absolute (begin with `/`); "foo" is not an absolute path',
  ],
  [
    'gateway HTTPRoute redirecting to `foo/bar`',
    gateway('HTTPRoute', httpSpec(serverParent, redirect('foo/bar'))),
    'webhook',
    'RequestRedirect filters may only contain absolute paths (starting with \'/\'); "foo/bar" is not an absolute path',
  ],
  [
    'gateway HTTPRoute to a Service without port',
    gateway('HTTPRoute', httpSpec(serverParent, backend('{group: core, kind: Service, name: b}'))),
    'webhook',
    'invalid backendRef',
  ],
  [
    'gateway HTTPRoute to an implicit Service without port',
    gateway('HTTPRoute', httpSpec(serverParent, backend('{name: b}'))),
    'webhook',
    'invalid backendRef',
  ],
  [
    'GRPCRoute of an EgressNetwork without port',
    gateway('GRPCRoute', httpSpec(egressParent(), '{matches: [{method: {type: Exact, service: s, method: m}}]}')),
    'webhook',
    'cannot target an EgressNetwork without specifying a port',
  ],
  [
    'TCPRoute of an EgressNetwork without port',
    tcp('TCPRoute', egressParent(), '[{}]'),
    'webhook',
    'cannot target an EgressNetwork without specifying a port',
  ],
  [
    'TCPRoute with two rules',
    tcp('TCPRoute', egressParent(', port: 555'), '[{}, {}]'),
    'webhook',
    'TcpRoute supports a single rule only',
  ],
  [
    'TLSRoute of an EgressNetwork without port',
    tcp('TLSRoute', egressParent(), '[{}]'),
    'webhook',
    'cannot target an EgressNetwork without specifying a port',
  ],
  [
    'TLSRoute with two rules',
    tcp('TLSRoute', egressParent(', port: 555'), '[{}, {}]'),
    'webhook',
    'TlsRoute supports a single rule only',
  ],
];
