/** How people name workloads: `web`, `deploy/web`, `ew/voting`, `web.shop` for one in another namespace. */
import type { PolicyIndex, WorkloadListing } from '@doorward/index';
import { closest, didYouMean, shown } from '@doorward/resources';
import { failed, found, listed, type Resolved } from './resolved.js';

/** Each kind's short name first; then what kubectl takes as well. */
const kindNames: readonly (readonly [short: string, ...others: string[]])[] = [
  ['pod', 'pods', 'po'],
  ['deploy', 'deployment', 'deployments'],
  ['sts', 'statefulset', 'statefulsets'],
  ['ds', 'daemonset', 'daemonsets'],
  ['rs', 'replicaset', 'replicasets'],
  ['job', 'jobs'],
  ['cj', 'cronjob', 'cronjobs'],
  ['ew', 'externalworkload', 'externalworkloads'],
];

/** The short name of a kind, whatever form of it is written. */
function shortKind(text: string): string | undefined {
  const wanted = text.toLowerCase();
  return kindNames.find((names) => names.some((name) => name === wanted))?.[0];
}

function kindOf({ ref }: WorkloadListing): string {
  switch (ref.kind) {
    case 'pod':
      return 'pod';
    case 'external-workload':
      return 'ew';
    case 'workload': {
      const kind = ref.name.slice(0, ref.name.indexOf('/'));
      return shortKind(kind) ?? kind;
    }
  }
}

/** `deploy/web` */
export function displayName(listing: WorkloadListing): string {
  return `${kindOf(listing)}/${listing.object.metadata.name}`;
}

/** `KIND/NAME` in two; without a kind the name only. */
function splitKind(text: string): { readonly kind: string | undefined; readonly name: string } {
  const slash = text.indexOf('/');
  return slash === -1 ? { kind: undefined, name: text } : { kind: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** Every namespace that any object is in. */
export function namespacesOf(index: PolicyIndex): string[] {
  const names = new Set<string>();
  for (const { kind, metadata } of index.objects())
    names.add(kind === 'Namespace' ? metadata.name : metadata.namespace);
  return [...names].sort();
}

/** `NAME.NAMESPACE` in two where the namespace exists. */
export function splitNamespace(
  text: string,
  namespaces: readonly string[],
): { readonly name: string; readonly namespace: string } | undefined {
  const dot = text.lastIndexOf('.');
  const namespace = text.slice(dot + 1);
  return dot > 0 && namespaces.includes(namespace) ? { name: text.slice(0, dot), namespace } : undefined;
}

/** Without a namespace the name has to be the only one of all namespaces. */
export function resolveWorkload(index: PolicyIndex, text: string, namespace?: string): Resolved<WorkloadListing> {
  const { kind: written, name } = splitKind(text);
  const kind = written === undefined ? undefined : shortKind(written);
  if (written !== undefined && kind === undefined) {
    const shorts = kindNames.map(([short]) => short);
    const every = kindNames.flat();
    return failed(
      sentence(
        `${shown(written)} is no kind of workload`,
        didYouMean(written, every),
        `kinds are ${shorts.join(', ')} and their long names`,
      ),
    );
  }
  const every = [...index.workloads()].filter((listing) => kind === undefined || kindOf(listing) === kind);
  const named = (name: string, namespace: string | undefined): WorkloadListing[] =>
    every.filter(
      ({ object: { metadata } }) =>
        metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
    );
  let matches = named(name, namespace);
  if (matches.length === 0) {
    const split = splitNamespace(name, namespacesOf(index));
    if (split !== undefined) matches = named(split.name, split.namespace);
  }
  const [match, ...others] = matches;
  if (match === undefined) return failed(notFound(index, every, { text, kind, name, namespace }));
  return others.length === 0 ? found(match) : failed(ambiguous(text, matches));
}

function ambiguous(text: string, matches: readonly WorkloadListing[]): string {
  const namespaces = [...new Set(matches.map(({ ref }) => ref.namespace))].sort();
  const names = [...new Set(matches.map(displayName))].sort();
  return namespaces.length > 1
    ? `${shown(text)} exists in the namespaces ${namespaces.join(', ')}: choose one with -n`
    : `${shown(text)} can be ${names.join(' or ')}: write it with its kind`;
}

interface Sought {
  readonly text: string;
  readonly kind: string | undefined;
  readonly name: string;
  readonly namespace: string | undefined;
}

function notFound(index: PolicyIndex, every: readonly WorkloadListing[], sought: Sought): string {
  const { text, name, namespace } = sought;
  if (index.workloads().next().done === true) return `there is no workload ${shown(text)}: no workload was read at all`;
  const where = namespace === undefined ? 'in any namespace' : `in namespace ${shown(namespace)}`;
  const what = `there is no workload ${shown(text)} ${where}`;
  const elsewhere = every.filter(({ object }) => object.metadata.name === name);
  if (elsewhere.length > 0) {
    const names = elsewhere.map((listing) => `${displayName(listing)} in namespace ${shown(listing.ref.namespace)}`);
    return sentence(what, undefined, `there is ${listed(names)}`);
  }
  const near = every.filter(({ ref }) => namespace === undefined || ref.namespace === namespace);
  if (near.length === 0 && namespace !== undefined) {
    const others = [...new Set([...index.workloads()].map(({ ref }) => ref.namespace))].sort();
    if (!others.includes(namespace)) {
      return sentence(what, didYouMean(namespace, others), `workloads are in ${listed(others)}`);
    }
  }
  const best = closest(
    name,
    near.map(({ object }) => object.metadata.name),
  );
  const meant = near.find(({ object }) => object.metadata.name === best);
  // Of another kind, when there is none of the kind that was asked for.
  const exist = near.length > 0 ? near : [...index.workloads()];
  return sentence(
    what,
    meant && `did you mean \`${displayName(meant)}\`?`,
    `there is ${listed(exist.map((listing) => inNamespace(listing, namespace)).sort())}`,
  );
}

function inNamespace(listing: WorkloadListing, namespace: string | undefined): string {
  return namespace === undefined ? `${displayName(listing)}.${listing.ref.namespace}` : displayName(listing);
}

/** What is the matter, then the likely cause, else what there is. */
function sentence(what: string, guess: string | undefined, exists: string): string {
  return guess === undefined ? `${what}; ${exists}` : `${what}; ${guess}`;
}
