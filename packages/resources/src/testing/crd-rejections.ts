/** What the CRDs refuse by docs/spec/control-plane.md §1, beyond the cases of §2.3. Reading files refuses all of it as well. */
import { manifest } from '../testing.js';

const policy = (version: string, kind: string, spec: string): string =>
  manifest(`policy.linkerd.io/${version}`, kind, spec);
const server = (spec: string, version = 'v1beta3'): string => policy(version, 'Server', spec);
const serverAuthorization = (spec: string, version = 'v1beta1'): string => policy(version, 'ServerAuthorization', spec);
const route = (spec: string, version = 'v1beta3'): string => policy(version, 'HTTPRoute', spec);
const match = (text: string): string => route(`{rules: [{matches: [${text}]}]}`);
const external = (spec: string, version = 'v1beta1'): string =>
  manifest(`workload.linkerd.io/${version}`, 'ExternalWorkload', spec);
const target = '{group: policy.linkerd.io, kind: Server, name: s}';
const meshTls = '{identity: a.b, serverName: a.b}';
const repeat = (count: number, text: string): string => `[${Array.from({ length: count }, () => text).join(', ')}]`;

export const crdRejections: readonly (readonly [name: string, manifest: string])[] = [
  ['Server of nothing', server('{port: 80}')],
  ['Server of nothing, v1beta2', server('{port: 80}', 'v1beta2')],
  ['Server of pods and others', server('{podSelector: {}, externalWorkloadSelector: {}, port: 80}')],
  ['Server of others, before there were any', server('{externalWorkloadSelector: {}, port: 80}', 'v1beta1')],
  ['Server v1alpha1 with an empty selector', server('{podSelector: {}, port: 80}', 'v1alpha1')],
  [
    'Server v1alpha1 with labels and expressions',
    server('{podSelector: {matchLabels: {a: b}, matchExpressions: []}, port: 80}', 'v1alpha1'),
  ],
  ['Server without port', server('{podSelector: {}}')],
  ['Server with a port between two', server('{podSelector: {}, port: 80.5}')],
  [
    'Server with an operator of its own',
    server('{podSelector: {matchExpressions: [{key: a, operator: Is}]}, port: 80}'),
  ],
  [
    'Server with an expression without key',
    server('{podSelector: {matchExpressions: [{operator: Exists}]}, port: 80}'),
  ],
  ['ServerAuthorization of no Server', serverAuthorization('{server: {}, client: {}}')],
  ['ServerAuthorization of no Server, v1alpha1', serverAuthorization('{server: {}, client: {}}', 'v1alpha1')],
  ['ServerAuthorization by name and labels', serverAuthorization('{server: {name: a, selector: {}}, client: {}}')],
  ['ServerAuthorization of a dotted name', serverAuthorization('{server: {name: a.b}, client: {}}')],
  ['ServerAuthorization without client', serverAuthorization('{server: {name: a}}')],
  [
    'ServerAuthorization for a SPIFFE id',
    serverAuthorization('{server: {name: a}, client: {meshTLS: {identities: ["spiffe://a/b"]}}}'),
  ],
  [
    'ServerAuthorization for an account without name',
    serverAuthorization('{server: {name: a}, client: {meshTLS: {serviceAccounts: [{namespace: a}]}}}'),
  ],
  ['ServerAuthorization for no cidr', serverAuthorization('{server: {name: a}, client: {networks: [{except: []}]}}')],
  ['AuthorizationPolicy without target', policy('v1alpha1', 'AuthorizationPolicy', '{requiredAuthenticationRefs: []}')],
  [
    'AuthorizationPolicy for a group in capitals',
    policy(
      'v1alpha1',
      'AuthorizationPolicy',
      '{targetRef: {group: Policy.linkerd.io, kind: Server, name: s}, requiredAuthenticationRefs: []}',
    ),
  ],
  [
    'AuthorizationPolicy for a kind of 64 letters',
    policy(
      'v1alpha1',
      'AuthorizationPolicy',
      `{targetRef: {kind: ${'k'.repeat(64)}, name: s}, requiredAuthenticationRefs: []}`,
    ),
  ],
  [
    'AuthorizationPolicy for an empty name',
    policy('v1alpha1', 'AuthorizationPolicy', '{targetRef: {kind: Server, name: ""}, requiredAuthenticationRefs: []}'),
  ],
  ['MeshTLSAuthentication of an empty list', policy('v1alpha1', 'MeshTLSAuthentication', '{identities: []}')],
  ['NetworkAuthentication without networks', policy('v1alpha1', 'NetworkAuthentication', '{}')],
  ['HTTPRoute with 17 rules', route(`{rules: ${repeat(17, '{}')}}`)],
  ['HTTPRoute with 17 rules, v1alpha1', route(`{rules: ${repeat(17, '{}')}}`, 'v1alpha1')],
  ['HTTPRoute with 9 matches', route(`{rules: [{matches: ${repeat(9, '{}')}}]}`)],
  ['HTTPRoute with 33 parents', route(`{parentRefs: ${repeat(33, '{name: a}')}}`)],
  ['HTTPRoute with 17 hosts', route(`{hostnames: ${repeat(17, 'a.b')}}`)],
  ['HTTPRoute for a host in capitals', route('{hostnames: [A.b]}')],
  ['HTTPRoute for a parent without name', route('{parentRefs: [{kind: Server}]}')],
  ['HTTPRoute for a parent at port 0', route('{parentRefs: [{name: a, port: 0}]}')],
  ['HTTPRoute for a parent at port 0, v1beta2', route('{parentRefs: [{name: a, port: 0}]}', 'v1beta2')],
  ['HTTPRoute for a method in small letters', match('{method: get}')],
  ['HTTPRoute for a path of its own type', match('{path: {type: Suffix, value: /a}}')],
  ['HTTPRoute for a path of 1025 letters', match(`{path: {value: "/${'a'.repeat(1024)}"}}`)],
  ['HTTPRoute for a header twice', match('{headers: [{name: a, value: b}, {name: a, value: c}]}')],
  ['HTTPRoute for a header that is none', match('{headers: [{name: "a b", value: b}]}')],
  ['HTTPRoute for a header without value', match('{headers: [{name: a, value: ""}]}')],
  ['HTTPRoute for a parameter twice', match('{queryParams: [{name: a, value: b}, {name: a, value: c}]}')],
  ['HTTPRoute with a filter of the Gateway API', route('{rules: [{filters: [{type: RequestMirror}]}]}')],
  [
    'HTTPRoute with a filter of answers',
    route('{rules: [{filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {}}]}]}'),
  ],
  [
    'HTTPRoute redirecting with 303',
    route('{rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 303}}]}]}'),
  ],
  [
    'HTTPRoute redirecting to ftp',
    route('{rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: ftp}}]}]}'),
  ],
  [
    'HTTPRoute setting a header twice',
    route(
      '{rules: [{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}, {name: a, value: c}]}}]}]}',
    ),
  ],
  ['HTTPRoute with a timeout of two bananas', route('{rules: [{timeouts: {request: two bananas}}]}')],
  [
    'HTTPLocalRateLimitPolicy without number',
    policy('v1alpha1', 'HTTPLocalRateLimitPolicy', `{targetRef: ${target}, total: {}}`),
  ],
  [
    'HTTPLocalRateLimitPolicy with half a request',
    policy('v1alpha1', 'HTTPLocalRateLimitPolicy', `{targetRef: ${target}, total: {requestsPerSecond: 0.5}}`),
  ],
  [
    'HTTPLocalRateLimitPolicy with an override for nobody',
    policy('v1alpha1', 'HTTPLocalRateLimitPolicy', `{targetRef: ${target}, overrides: [{requestsPerSecond: 1}]}`),
  ],
  ['EgressNetwork that asks', policy('v1alpha1', 'EgressNetwork', '{trafficPolicy: Ask}')],
  ['EgressNetwork without policy', policy('v1alpha1', 'EgressNetwork', '{networks: [{cidr: 10.0.0.0/8}]}')],
  ['ExternalWorkload without identity', external('{ports: []}')],
  ['ExternalWorkload with the old spelling', external(`{meshTls: ${meshTls}}`)],
  ['ExternalWorkload v1alpha1 with the new spelling', external(`{meshTLS: ${meshTls}}`, 'v1alpha1')],
  ['ExternalWorkload with an empty identity', external('{meshTLS: {identity: "", serverName: a}}')],
  ['ExternalWorkload at port 0', external(`{meshTLS: ${meshTls}, ports: [{port: 0}]}`)],
  ['ExternalWorkload at port 65536', external(`{meshTLS: ${meshTls}, ports: [{port: 65536}]}`)],
  [
    'ExternalWorkload with three addresses',
    external(`{meshTLS: ${meshTls}, workloadIPs: ${repeat(3, '{ip: 10.0.0.1}')}}`),
  ],
  [
    'ExternalWorkload v1alpha1 with two addresses',
    external(`{meshTls: ${meshTls}, workloadIPs: ${repeat(2, '{ip: 10.0.0.1}')}}`, 'v1alpha1'),
  ],
];
