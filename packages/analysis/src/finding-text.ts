/** Why an object has no effect, in words. */
import type { Finding, PolicyIndex } from '@doorward/index';
import { didYouMean, shown, type AuthenticationRef, type PolicyKind } from '@doorward/resources';
import { listed } from './resolved.js';
import { namespacesOf } from './workload-name.js';

/** `namespace` is the object's own. Without a full stop, like a problem's message. */
export function findingText(finding: Finding, namespace: string, index: PolicyIndex): string {
  switch (finding.kind) {
    case 'authentication-missing':
      return `refers to ${refText(finding.ref, namespace)}, which does not exist${guessAuthentication(finding.ref, index)}`;
    case 'authentication-empty':
      return `refers to ${refText(finding.ref, namespace)}, which names nobody`;
    case 'several-authentications':
      return `requires ${finding.count} authentications by ${finding.of}; only one can hold at a time`;
    case 'no-client':
      return 'names no client';
    case 'no-network':
      return 'names no network, and the networks of the cluster are not configured';
    case 'no-workload':
      return 'its selector matches no workload';
    case 'no-port':
      return `it selects port ${shown(finding.name)}, which ${listed(finding.workloads.map(({ name }) => name))} does not have`;
    case 'shadowed':
      return `Server ${shown(finding.ports[0]?.by ?? '')} has its ports`;
    case 'target-missing':
      return targetMissing(finding.target, finding.name, namespace, index);
    case 'target-not-in-force':
      return `it is for ${finding.target} ${shown(finding.name)}, which has no effect itself`;
    case 'names-other-namespace':
      return `it names namespace ${shown(finding.name)}, but acts on its own only`;
    case 'no-parent':
      return 'it names no Server as its parent';
    case 'conflicted':
      return `Server ${shown(finding.server)} has GRPCRoutes (${listed(finding.with)}), which exclude HTTPRoutes`;
    case 'protocol-without-routes':
    case 'protocol-without-rate-limit':
      return `Server ${shown(finding.server)} has the proxyProtocol ${shown(finding.protocol)}, which has no ${finding.kind === 'protocol-without-routes' ? 'such routes' : 'rate limits'}`;
    case 'rate-limit-exists':
      return `Server ${shown(finding.server)} has the older rate limit ${shown(finding.by)}`;
    case 'not-referenced':
      return 'no policy requires it';
    case 'referrers-not-in-force':
      return 'the policies that require it have no effect themselves';
  }
}

function refText({ kind, namespace, name }: AuthenticationRef, own: string): string {
  return namespace === own ? `${kind} ${shown(name)}` : `${kind} ${shown(name)} in namespace ${shown(namespace)}`;
}

function guessAuthentication(ref: AuthenticationRef, index: PolicyIndex): string {
  if (ref.kind === 'ServiceAccount') return '';
  if (!namespacesOf(index).includes(ref.namespace)) {
    return guess(ref.namespace, namespacesOf(index), 'namespace ');
  }
  const elsewhere = namesOf(index, ref.kind).find(
    ({ name, namespace }) => name === ref.name && namespace !== ref.namespace,
  );
  const near = guess(ref.name, inNamespace(index, ref.kind, ref.namespace));
  if (near !== '' || elsewhere === undefined) return near;
  return `; there is one in namespace ${shown(elsewhere.namespace)}`;
}

function targetMissing(kind: PolicyKind, name: string | undefined, namespace: string, index: PolicyIndex): string {
  if (kind === 'Namespace') return 'its namespace has no Server';
  if (name === undefined) return `its selector matches no ${kind}`;
  return `it is for ${kind} ${shown(name)}, which does not exist${guess(name, inNamespace(index, kind, namespace))}`;
}

function guess(word: string, candidates: readonly string[], what = ''): string {
  const meant = didYouMean(word, candidates);
  return meant === undefined ? '' : `; ${meant.replace('did you mean ', `did you mean ${what}`)}`;
}

function namesOf(index: PolicyIndex, kind: PolicyKind): { readonly name: string; readonly namespace: string }[] {
  return [...index.objects()].filter((object) => object.kind === kind).map(({ metadata }) => metadata);
}

function inNamespace(index: PolicyIndex, kind: PolicyKind, namespace: string): string[] {
  return namesOf(index, kind).flatMap((object) => (object.namespace === namespace ? [object.name] : []));
}
