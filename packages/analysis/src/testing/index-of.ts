/** An index of manifests, for tests. */
import { parseIp } from '@doorward/core';
import { defaultClusterConfig, PolicyIndex, type ClusterConfig } from '@doorward/index';
import { parseManifests } from '@doorward/resources';
import type { ClientOptions, ClientSubject } from '../client.js';
import { resolveClient } from '../client.js';
import { explain } from '../explain.js';
import type { Asked, Explanation } from '../explanation.js';
import type { Resolved } from '../resolved.js';
import { resolveTarget, type Target } from '../target.js';

/** Throws when a manifest is not in order: then the test is about something else. */
export function indexOf(yaml: string, config: Partial<ClusterConfig> = {}): PolicyIndex {
  const { objects, failed, problems } = parseManifests(yaml, 'all.yaml');
  if (failed.length > 0) throw new Error(problems.map(({ message }) => message).join('; '));
  const index = new PolicyIndex({ ...defaultClusterConfig, ...config });
  index.applyAll({ upserted: objects, removed: [] });
  return index;
}

export function orThrow<T>(resolved: Resolved<T>): T {
  if (resolved.kind === 'failed') throw new Error(resolved.message);
  return resolved.value;
}

/** The sentence, or `found`. */
export function messageOf(resolved: Resolved<unknown>): string {
  return resolved.kind === 'failed' ? resolved.message : 'found';
}

export function target(index: PolicyIndex, text: string): Target {
  return orThrow(resolveTarget(index, text));
}

export function client(index: PolicyIndex, text: string, options: ClientOptions = {}): ClientSubject {
  return orThrow(resolveClient(index, text, options));
}

/** `CLIENT TARGET [METHOD PATH]`; a client's address may follow it: `web@10.1.2.3`. */
export function why(index: PolicyIndex, line: string, more: Partial<Asked> = {}): Explanation {
  const [who = '', what = '', method, path] = line.split(' ');
  const [name = '', ip] = who.split('@');
  const asked = method === undefined ? undefined : { method, path: path ?? '/', ...more };
  const address = ip === undefined ? undefined : parseIp(ip);
  return explain(index, client(index, name, { ip: address, near: 'bank' }), target(index, what), asked);
}

export function deployment(
  name: string,
  ports: string,
  more: { namespace?: string; annotations?: string } = {},
): string {
  const { namespace = 'bank', annotations = '{}' } = more;
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}, annotations: ${annotations}}
    spec: {serviceAccountName: ${name}, containers: [{name: main, image: main, ports: [${ports}]}]}`;
}

/** Without a selector of its own it selects `app: ledger`. */
export function server(name: string, spec: string, app = 'ledger'): string {
  return policyObject('Server', 'v1beta3', name, `{podSelector: {matchLabels: {app: ${app}}}, ${spec}}`);
}

/** Whoever satisfies `refs` may have what `target` names: `Server ledger-http`. */
export function authorizationPolicy(name: string, target: string, refs: string): string {
  const [kind = '', of = ''] = target.split(' ');
  const group = kind === 'GRPCRoute' ? 'gateway.networking.k8s.io' : 'policy.linkerd.io';
  const spec = `{targetRef: {group: ${group}, kind: ${kind}, name: ${of}}, requiredAuthenticationRefs: [${refs}]}`;
  return policyObject('AuthorizationPolicy', 'v1alpha1', name, spec);
}

export const meshTls = (name: string): string =>
  `{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: ${name}}`;
export const fromNetwork = (name: string): string =>
  `{group: policy.linkerd.io, kind: NetworkAuthentication, name: ${name}}`;
export const account = (name: string): string => `{kind: ServiceAccount, name: ${name}}`;

export function identities(name: string, list: string): string {
  return policyObject('MeshTLSAuthentication', 'v1alpha1', name, `{identities: [${list}]}`);
}

export function networks(name: string, list: string): string {
  return policyObject('NetworkAuthentication', 'v1alpha1', name, `{networks: [${list}]}`);
}

export function httpRoute(name: string, parent: string, rules: string, more = ''): string {
  const spec = `{parentRefs: [{group: policy.linkerd.io, kind: Server, name: ${parent}}], rules: [${rules}]${more}}`;
  return policyObject('HTTPRoute', 'v1beta3', name, spec);
}

function policyObject(kind: string, version: string, name: string, spec: string): string {
  return `
---
apiVersion: policy.linkerd.io/${version}
kind: ${kind}
metadata: {name: ${name}, namespace: bank}
spec: ${spec}`;
}
