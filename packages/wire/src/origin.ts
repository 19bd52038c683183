/**
 * Where a server, route, authorization or rate limit came from, in the two forms that the wire has: a metadata message, and
 * the older map of labels (docs/spec/control-plane.md §5.4, docs/spec/data-plane.md §3.3).
 */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Origin } from '@doorward/core';
import { ConversionError } from './conversion-error.js';
import type { Metadata, MetadataSchema } from './generated/meta_pb.js';

const policyGroup = 'policy.linkerd.io';

export function originToMetadata(origin: Origin): MessageInitShape<typeof MetadataSchema> {
  if (origin.kind === 'default') return { kind: { case: 'default', value: origin.name } };
  return {
    kind: { case: 'resource', value: { group: origin.group, kind: origin.resourceKind, name: origin.name } },
  };
}

/** The empty group of a default is an entry of its own: a proxy that misses it assumes `policy.linkerd.io`. */
export function originToLabels(origin: Origin): Record<string, string> {
  return origin.kind === 'default'
    ? { group: '', kind: 'default', name: origin.name }
    : { group: origin.group, kind: origin.resourceKind, name: origin.name };
}

/** The namespace is dropped: policy objects live in the namespace of the workload. */
export function originFromMetadata(metadata: Metadata | undefined): Origin {
  const kind = metadata?.kind;
  switch (kind?.case) {
    case 'default':
      return { kind: 'default', name: kind.value };
    case 'resource':
      return { kind: 'resource', group: kind.value.group, resourceKind: kind.value.kind, name: kind.value.name };
    case undefined:
      throw new ConversionError('invalid labels: missing');
  }
}

/** `legacyKind`: what a bare name is a name of, `server` or `serverauthorization`. */
export function originFromLabels(labels: Readonly<Record<string, string>>, legacyKind: string): Origin {
  const label = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  const name = label('name');
  if (name === undefined) throw new ConversionError("invalid label: missing 'name' label");
  const group = label('group') ?? policyGroup;
  const kind = label('kind');
  if (kind !== undefined) {
    if (group === '' && kind === 'default') return { kind: 'default', name };
    return { kind: 'resource', group, resourceKind: kind, name };
  }
  // Controllers before `kind` wrote `default:all-unauthenticated` and `serverauthorization:web` as the name.
  const colon = name.indexOf(':');
  if (colon === -1) return { kind: 'resource', group, resourceKind: legacyKind, name };
  const prefix = name.slice(0, colon);
  const rest = name.slice(colon + 1);
  if (prefix === 'default') return { kind: 'default', name: rest };
  return { kind: 'resource', group, resourceKind: prefix, name: rest };
}
