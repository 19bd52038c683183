/** The smallest addition to a policy that would permit what was denied, and what else it would permit. */
import { formatIp, type Decision } from '@doorward/core';
import { PolicyIndex } from '@doorward/index';
import type {
  AuthenticationRef,
  AuthorizationPolicy,
  MeshTLSAuthentication,
  NetworkAuthentication,
  PolicyObject,
} from '@doorward/resources';
import { explain } from './explain.js';
import type { Explanation, Part } from './explanation.js';
import { routeObjectText } from './route-text.js';

export interface Addition {
  /** The object to change; its text is what to add. */
  readonly object: Part;
  /** Whom it lets in: the client, or whoever has its address. */
  readonly who: string;
  /** Everything that the addition lets them have, in words, what was asked for included. */
  readonly permits: readonly string[];
}

/**
 * `undefined` where no single entry helps, or where nobody should write one by reflex: for a client without mesh TLS, from an address
 * that is only assumed, or that somebody excepted. What is proposed was tried: with it, the same question is allowed.
 */
export function howToPermit(index: PolicyIndex, explanation: Explanation): Addition | undefined {
  const policy = closestPolicy(index, explanation);
  if (policy === undefined) return undefined;
  for (const ref of policy.spec.requiredAuthenticationRefs) {
    const change = changeOf(index, ref, explanation);
    if (change === undefined || !helps(index, change.object, explanation)) continue;
    const { kind, metadata, place } = change.object;
    const object: Part = { kind, name: metadata.name, place, text: change.text };
    return { object, who: change.who, permits: permittedBy(index, ref) };
  }
  return undefined;
}

function closestPolicy(index: PolicyIndex, { decision, target }: Explanation): AuthorizationPolicy | undefined {
  const origin = closestOrigin(decision);
  const object = origin && index.objectOf(target.workload.ref.namespace, origin);
  return object?.kind === 'AuthorizationPolicy' ? object : undefined;
}

function closestOrigin(decision: Decision) {
  return decision.verdict === 'denied' ? decision.closest?.authorization.origin : undefined;
}

interface Change {
  readonly object: MeshTLSAuthentication | NetworkAuthentication;
  readonly text: string;
  readonly who: string;
}

function changeOf(index: PolicyIndex, ref: AuthenticationRef, explanation: Explanation): Change | undefined {
  const { name, serviceAccount, client, ipFrom } = explanation.client;
  const object = [...index.objects()].find(
    ({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name && metadata.namespace === ref.namespace,
  );
  if (object?.kind === 'MeshTLSAuthentication') {
    const identity = client.tls.kind === 'established' ? client.tls.identity?.name : undefined;
    if (identity === undefined) return undefined;
    const { identities } = object.spec;
    const changed = {
      ...object,
      spec: { ...object.spec, identities: [...identities, { kind: 'exact', identity } as const] },
    };
    if (serviceAccount === undefined) {
      return { object: changed, who: name, text: `identities: - ${JSON.stringify(identity)}` };
    }
    const elsewhere =
      serviceAccount.namespace === object.metadata.namespace ? '' : `, namespace: ${serviceAccount.namespace}`;
    const entry = `{kind: ServiceAccount, name: ${serviceAccount.name}${elsewhere}}`;
    return { object: changed, who: name, text: `identityRefs: - ${entry}` };
  }
  if (object?.kind === 'NetworkAuthentication' && ipFrom !== 'assumed' && !isExcepted(explanation)) {
    const prefixLength = client.ip.family === 4 ? 32 : 128;
    const network = { network: { address: client.ip, prefixLength }, except: [] };
    const changed = { ...object, spec: { ...object.spec, networks: [...object.spec.networks, network] } };
    const cidr = `${formatIp(client.ip)}/${prefixLength}`;
    return { object: changed, who: `whoever comes from ${cidr}`, text: `networks: - cidr: ${cidr}` };
  }
  return undefined;
}

function isExcepted({ decision }: Explanation): boolean {
  return decision.verdict === 'denied' && decision.closest?.network?.kind === 'excepted';
}

function helps(index: PolicyIndex, changed: PolicyObject, { client, target, question }: Explanation): boolean {
  const copy = new PolicyIndex(index.config);
  copy.applyAll({ upserted: [...index.objects(), changed], removed: [] });
  return (
    explain(copy, client, target, question.kind === 'request' ? question : undefined).decision.verdict === 'allowed'
  );
}

function permittedBy(index: PolicyIndex, ref: AuthenticationRef): string[] {
  return [...index.objects()].flatMap((object) => {
    if (object.kind !== 'AuthorizationPolicy') return [];
    const { target, requiredAuthenticationRefs } = object.spec;
    const requires = requiredAuthenticationRefs.some(
      ({ kind, name, namespace }) => kind === ref.kind && name === ref.name && namespace === ref.namespace,
    );
    if (!requires) return [];
    const { namespace } = object.metadata;
    const others = requiredAuthenticationRefs.length > 1 ? ', if the rest of the policy holds' : '';
    const by = ` (AuthorizationPolicy ${object.metadata.name}${others})`;
    switch (target.kind) {
      case 'Namespace':
        return [`all Servers of namespace ${namespace}${by}`];
      case 'Server':
        return [`all of Server ${target.name}${by}`];
      case 'HTTPRoute':
      case 'GRPCRoute': {
        const route = [...index.objects()].find(
          ({ kind, metadata }) =>
            kind === target.kind && metadata.name === target.name && metadata.namespace === namespace,
        );
        const what = route?.kind === 'HTTPRoute' || route?.kind === 'GRPCRoute' ? `: ${routeObjectText(route)}` : '';
        return [`route ${target.name}${what}${by}`];
      }
    }
  });
}
