import { z } from 'zod';

/** Lengths and forms of docs/spec/control-plane.md §1.1. */
export const groupSchema = z
  .string()
  .max(253)
  .regex(/^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 'a group such as `policy.linkerd.io`');
export const kindSchema = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/, 'a kind: letters, digits and `-`');
export const nameSchema = z.string().min(1).max(253);
export const dnsLabelSchema = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'lower-case letters, digits and `-`, beginning and ending with a letter or digit',
  );

export const localReferenceSchema = z.object({
  group: groupSchema.optional().meta({ description: 'Group of the kind; nothing means the core group.' }),
  kind: kindSchema,
  name: nameSchema,
});

export interface Reference {
  readonly group?: string | undefined;
  readonly kind: string;
}

export const policyGroup = 'policy.linkerd.io';
export const gatewayGroup = 'gateway.networking.k8s.io';
/** An accepted spelling of the group of Namespace and ServiceAccount; absent and empty mean it too. */
export const coreGroup = 'core';

/** Whether a reference is to this kind: group and kind without regard to case (docs/spec/control-plane.md §2.2). */
export function refersTo(reference: Reference, group: string, kind: string): boolean {
  return groupOf(reference) === group.toLowerCase() && reference.kind.toLowerCase() === kind.toLowerCase();
}

/** In lower case; `core` where the group is absent or empty. */
export function groupOf(reference: Reference): string {
  return reference.group === undefined || reference.group === '' ? coreGroup : reference.group.toLowerCase();
}

/** As Linkerd's messages print it: `Kind.group` where a group is written, even an empty one. */
export function canonicalKind(reference: Reference): string {
  return reference.group === undefined ? reference.kind : `${reference.kind}.${reference.group}`;
}
