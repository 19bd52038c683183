/** CLIENT: who asks. */
import { formatIp, parseIp, parsePeerIp, type Client, type ClientIdentity, type IpAddress } from '@doorward/core';
import { serviceAccountIdentity, type PolicyIndex, type WorkloadListing } from '@doorward/index';
import { didYouMean, identityFault, shown, type ServiceAccountRef } from '@doorward/resources';
import { failed, found, listed, type Resolved } from './resolved.js';
import { displayName, namespacesOf, resolveWorkload, splitNamespace } from './workload-name.js';

export interface ClientSubject {
  /** As it is called: `deploy/web`, `sa/web`, `unmeshed`, an identity. */
  readonly name: string;
  /** Absent where none could be found out, or needed. */
  readonly namespace: string | undefined;
  /** Absent where its identity is not that of a service account, or is only known as a whole. */
  readonly serviceAccount: ServiceAccountRef | undefined;
  readonly client: Client;
  /** Where its address is from. An assumed one is the first of the cluster's networks. */
  readonly ipFrom: 'given' | 'workload' | 'assumed';
}

export interface ClientOptions {
  readonly namespace?: string | undefined;
  /** The address it comes from. */
  readonly ip?: IpAddress | undefined;
  /** The namespace of what it wants: where a service account is that nothing else places. */
  readonly near?: string | undefined;
}

interface Identified {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly serviceAccount?: ServiceAccountRef;
  readonly identity: ClientIdentity | undefined;
  readonly ip: IpAddress | undefined;
}

/**
 * A workload (`web`, `deploy/web`, `ew/vote-bot`), `sa/web`, an identity as certificates carry it, an address, or `unmeshed`. A
 * name of another namespace is written `web.shop`, `sa/web.shop`.
 */
export function resolveClient(index: PolicyIndex, text: string, options: ClientOptions = {}): Resolved<ClientSubject> {
  const identified = identify(index, text, options);
  if (identified.kind === 'failed') return identified;
  const { name, namespace, serviceAccount, identity, ip: known } = identified.value;
  if (known !== undefined && options.ip !== undefined && identity === undefined && name !== 'unmeshed') {
    if (formatIp(known) !== formatIp(options.ip))
      return failed(`the client is said to come from ${name} and from ${formatIp(options.ip)}`);
  }
  const ip = options.ip ?? known ?? assumedIp(index);
  const tls =
    identity === undefined
      ? ({ kind: 'none', reason: 'no-client-hello' } as const)
      : ({ kind: 'established', identity } as const);
  const ipFrom =
    options.ip !== undefined
      ? 'given'
      : known === undefined
        ? 'assumed'
        : identity === undefined
          ? 'given'
          : 'workload';
  return found({ name, namespace, serviceAccount, client: { ip, tls }, ipFrom });
}

function identify(index: PolicyIndex, text: string, options: ClientOptions): Resolved<Identified> {
  if (text === 'unmeshed') return found({ name: text, namespace: undefined, identity: undefined, ip: undefined });
  const ip = parsePeerIp(text);
  if (ip !== undefined) return found({ name: formatIp(ip), namespace: undefined, identity: undefined, ip });
  // No name of the mesh is of digits and dots alone, and an answer about a wrong address would look right.
  if (/^[0-9.]+\.[0-9.]*$/.test(text)) return failed(`${shown(text)} is no address; expected one such as 10.0.0.1`);
  if (text.includes('://')) return byIdentity(index, { kind: 'uri', name: text });
  const account = /^(?:sa|serviceaccounts?)\/(.*)$/.exec(text)?.[1];
  if (account !== undefined) return byServiceAccount(index, account, options);
  const workload = resolveWorkload(index, text, options.namespace);
  if (workload.kind === 'found') return found(ofWorkload(index, workload.value));
  // A name of two labels is sooner a mistyped workload than an identity, which certificates of the mesh have in more.
  if (!text.includes('/') && text.split('.').length > 2) return byIdentity(index, { kind: 'dns', name: text });
  const guess = didYouMean(text, ['unmeshed']);
  return failed(`${workload.message}${guess === undefined ? '' : `; ${guess}`}`);
}

function ofWorkload(index: PolicyIndex, workload: WorkloadListing): Identified {
  const { namespace } = workload.ref;
  const { object } = workload;
  const named = { name: displayName(workload), namespace };
  switch (object.kind) {
    case 'ExternalWorkload':
      return { ...named, identity: identityOf(object.spec.meshTLS.identity), ip: firstIp(object.spec.workloadIPs) };
    case 'Pod':
    case 'Workload':
      return { ...named, ...ofAccount(index, { name: serviceAccountOf(object), namespace }), ip: undefined };
  }
}

function ofAccount(
  index: PolicyIndex,
  serviceAccount: ServiceAccountRef,
): Required<Pick<Identified, 'serviceAccount' | 'identity'>> {
  return { serviceAccount, identity: identityOf(serviceAccountIdentity(serviceAccount, index.config)) };
}

function identityOf(name: string): ClientIdentity {
  return { kind: name.includes('://') ? 'uri' : 'dns', name };
}

function byIdentity(index: PolicyIndex, identity: ClientIdentity): Resolved<Identified> {
  if (identityFault(identity.name) !== undefined || identity.name.includes('*')) {
    const example = serviceAccountIdentity({ name: 'NAME', namespace: 'NAMESPACE' }, index.config);
    return failed(`${shown(identity.name)} is no identity of a client; expected ${example} or spiffe://DOMAIN/PATH`);
  }
  return found({ name: identity.name, namespace: undefined, identity, ip: ipOfIdentity(index, identity.name) });
}

function byServiceAccount(index: PolicyIndex, text: string, options: ClientOptions): Resolved<Identified> {
  const namespaces = namespacesOf(index);
  const users = [...index.workloads()].flatMap(({ ref, object }) =>
    object.kind === 'ExternalWorkload' ? [] : [{ namespace: ref.namespace, account: serviceAccountOf(object) }],
  );
  const homes = [...new Set(users.filter(({ account }) => account === text).map(({ namespace }) => namespace))].sort();
  const split = homes.length === 0 ? splitNamespace(text, namespaces) : undefined;
  const name = split?.name ?? text;
  if (name === '') return failed(`${shown(`sa/${text}`)} lacks the name of a service account`);
  const at = (namespace: string): Resolved<Identified> => {
    const account = ofAccount(index, { name, namespace });
    const identity = account.identity?.name ?? '';
    if (identityFault(identity) !== undefined) return failed(`${shown(name)} is no name of a service account`);
    return found({ name: `sa/${name}`, namespace, ...account, ip: ipOfIdentity(index, identity) });
  };
  // Whether the account exists makes no difference to who holds its certificate, so it is not looked up.
  const namespace = split?.namespace ?? options.namespace;
  if (namespace !== undefined) return at(namespace);
  const [home, ...others] = homes;
  if (home !== undefined && others.length === 0) return at(home);
  if (options.near !== undefined && (homes.length === 0 || homes.includes(options.near))) return at(options.near);
  const [only, ...more] = namespaces;
  if (only !== undefined && more.length === 0) return at(only);
  const exist = homes.length > 0 ? homes : namespaces;
  return failed(
    `${shown(`sa/${name}`)} lacks a namespace: choose one with -n or write \`sa/${name}.NAMESPACE\`; there is ${listed(exist)}`,
  );
}

function serviceAccountOf(object: Exclude<WorkloadListing['object'], { kind: 'ExternalWorkload' }>): string {
  return object.kind === 'Pod' ? object.spec.serviceAccountName : object.spec.template.spec.serviceAccountName;
}

/** Of the external workload that has the identity to itself. */
function ipOfIdentity(index: PolicyIndex, identity: string): IpAddress | undefined {
  const [only, ...others] = [...index.workloads()].filter(
    ({ object }) => object.kind === 'ExternalWorkload' && object.spec.meshTLS.identity === identity,
  );
  return only?.object.kind === 'ExternalWorkload' && others.length === 0
    ? firstIp(only.object.spec.workloadIPs)
    : undefined;
}

function firstIp(texts: readonly string[]): IpAddress | undefined {
  return texts.flatMap((text) => parseIp(text) ?? [])[0];
}

/** The first address of the cluster's networks that a host can have. */
function assumedIp(index: PolicyIndex): IpAddress {
  const [network] = index.config.clusterNetworks;
  if (network === undefined) return { family: 4, value: 0 };
  const { address, prefixLength } = network;
  if (address.family === 6) return prefixLength < 127 ? { ...address, low: address.low | 1n } : address;
  // A block of two or one has no network address to step over.
  return prefixLength < 31 ? { family: 4, value: (address.value | 1) >>> 0 } : address;
}
