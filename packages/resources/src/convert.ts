import { Issues } from './issue.js';
import type { Locator } from './issue.js';
import { assemble } from './kind.js';
import type { Kind } from './kind.js';
import { readMetadata } from './metadata.js';
import { withoutNulls } from './nulls.js';
import type { Problem } from './problem.js';
import { findKind, kinds, splitApiVersion } from './registry.js';
import { keyOfParts } from './types.js';
import type { ObjectKey, ObjectMeta, PolicyObject, SourcePlace } from './types.js';
import { didYouMean, oneOf, shown } from './words.js';

export interface ConvertOptions {
  /**
   * True for files and at the webhook: every rule counts. False for objects that are in a cluster already: only what cannot
   * be understood is refused (docs/spec/control-plane.md §4.4, §9 Q23).
   */
  readonly strict: boolean;
  /** Where the object's `apiVersion` and `kind` are absent, as in items of a list from an API server. */
  readonly apiVersion?: string;
  readonly kind?: string;
}

export type Converted =
  | { readonly kind: 'object'; readonly object: PolicyObject; readonly problems: readonly Problem[] }
  /** Wrong, or admitted but without effect; `key` is absent when the object does not say who it is. */
  | { readonly kind: 'refused'; readonly key: ObjectKey | undefined; readonly problems: readonly Problem[] }
  /** Not a kind of inbound policy, or one that holds nothing for it. */
  | {
      readonly kind: 'ignored';
      readonly apiVersion: string;
      readonly objectKind: string;
      readonly name: string;
      readonly problems: readonly Problem[];
    };

/** Convert one object as an API server or a webhook gives it. Never throws. */
export function convertObject(value: unknown, options: ConvertOptions): Converted {
  return convertLocated(withoutNulls(value), options, undefined);
}

/** {@link convertObject} for an object of a text, whose problems and place are to be shown. */
export function convertLocated(value: unknown, options: ConvertOptions, locator: Locator | undefined): Converted {
  const issues = new Issues(options.strict, locator);
  const refused = (key?: ObjectKey): Converted => ({ kind: 'refused', key, problems: issues.problems });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    issues.error('DW0111', [], 'the document is no Kubernetes object: it is not a mapping', {
      help: 'begin with `apiVersion:`, `kind:` and `metadata:`',
    });
    return refused();
  }
  const {
    apiVersion = options.apiVersion,
    kind = options.kind,
    metadata,
    ...rest
  }: Record<string, unknown> = { ...value };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '') {
    const missing = typeof apiVersion === 'string' && apiVersion !== '' ? 'kind' : 'apiVersion';
    issues.error('DW0112', [], `\`${missing}\` is missing`, { at: 'key', help: suggestKind(kind) });
    return refused();
  }
  const { group, version } = splitApiVersion(apiVersion);
  const found = findKind(group, kind);
  if (!found) {
    warnOfLikelySlip(group, kind, issues);
    const name =
      typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string'
        ? metadata.name
        : '';
    return { kind: 'ignored', apiVersion, objectKind: kind, name, problems: issues.problems };
  }
  const meta = readMetadata(metadata, found.namespaced, issues);
  const known = found.versions[version];
  if (!known || !Object.hasOwn(found.versions, version)) {
    const versions = Object.keys(found.versions);
    issues.error('DW0114', ['apiVersion'], `${kind} has no version ${shown(version)}; expected ${oneOf(versions)}`, {
      help: `write \`apiVersion: ${apiVersionOf(found, versions[0] ?? '')}\``,
    });
    return refused(meta && keyFor(found, meta));
  }
  if (known.deprecated !== undefined) issues.warning('DW0122', ['apiVersion'], known.deprecated);
  // Without a name there is still everything else to check.
  const metaOrBlank = meta ?? { namespace: 'default', name: '', labels: {}, annotations: {} };
  delete rest['status'];
  const body = found.read(rest, { issues, metadata: metaOrBlank, version });
  if (!meta || issues.refused) return refused(meta && keyFor(found, meta));
  if (!body) return { kind: 'ignored', apiVersion, objectKind: kind, name: meta.name, problems: issues.problems };
  return { kind: 'object', object: assemble(body, meta, sourcePlace(locator)), problems: issues.problems };
}

function sourcePlace(locator: Locator | undefined): SourcePlace | undefined {
  if (!locator) return undefined;
  const { file, line, column } = locator.place(['metadata', 'name'], 'value', undefined);
  return { file, line, column };
}

const apiVersionOf = (kind: Kind, version: string): string =>
  kind.group === '' ? version : `${kind.group}/${version}`;

const keyFor = (kind: Kind, { namespace, name }: ObjectMeta): ObjectKey =>
  keyOfParts(kind.kind, kind.group, namespace, name);

function suggestKind(kind: unknown): string | undefined {
  const known = typeof kind === 'string' ? kinds.find((candidate) => candidate.kind === kind) : undefined;
  return known && `write \`apiVersion: ${apiVersionOf(known, Object.keys(known.versions)[0] ?? '')}\``;
}

/** A mistyped kind or group would be ignored without a word, and its policy with it. */
function warnOfLikelySlip(group: string, kind: string, issues: Issues): void {
  const ours = new Set(kinds.map((known) => known.group).filter((known) => known.includes('linkerd')));
  if (ours.has(group)) {
    const names = kinds.filter((known) => known.group === group).map((known) => known.kind);
    const help = didYouMean(kind, names);
    if (help !== undefined)
      issues.warning('DW0111', ['kind'], `${shown(kind)} is no kind of \`${group}\`; it is ignored`, { help });
    return;
  }
  const sameKind = kinds.find(
    (known) => known.kind === kind && ours.has(known.group) && didYouMean(group, [known.group]) !== undefined,
  );
  if (sameKind)
    issues.warning('DW0111', ['apiVersion'], `${kind} of group ${shown(group)} is ignored`, {
      help: `did you mean \`${sameKind.group}\`?`,
    });
}
