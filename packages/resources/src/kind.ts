import type { z } from 'zod';
import { Issues } from './issue.js';
import type { Path } from './issue.js';
import { hasShape, usablePart } from './shape.js';
import type { ObjectMeta, PolicyObject, SourcePlace } from './types.js';
import { pathText } from './words.js';

/** What a conversion may look at besides the body. */
export interface ConvertContext {
  readonly issues: Issues;
  readonly metadata: ObjectMeta;
  readonly version: string;
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
}

/** How long ago the object was made. */
export const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** How the API server calls a kind that it learns from a CRD (docs/spec/control-plane.md §1.1). */
export interface ResourceNames {
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** The version that is stored, and converted to. */
  readonly storage: string;
}

export interface KindVersion {
  /** The sentence that the API server warns with. */
  readonly deprecated?: string;
  /** Fields that this version lacks: the API server drops them (docs/spec/control-plane.md §1.1). `*` is each entry of a list. */
  readonly lacks?: readonly (readonly string[])[];
  /** The published schema where it differs by more than what the version lacks. What is read is always the kind's `body`. */
  readonly body?: z.ZodType;
  /** Present: the version has a status subresource of this form. */
  readonly status?: z.ZodType;
  readonly columns?: readonly PrinterColumn[];
}

/** What a kind's conversion returns: the object without what all kinds share. */
export type ObjectBody<O extends PolicyObject = PolicyObject> = O extends PolicyObject
  ? Pick<O, 'kind' | 'spec'>
  : never;

interface KindSource<S extends z.ZodType> {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly versions: Readonly<Record<string, KindVersion>>;
  /** False for kinds that stand outside of namespaces. */
  readonly namespaced?: boolean;
  /** Absent for kinds that the API server knows by itself, or that others define. */
  readonly resource?: ResourceNames;
  /** Everything but `apiVersion`, `kind`, `metadata` and `status`. */
  readonly body: S;
  /** The defaults of the CRD, the rules of the webhook, the domain type. Undefined: no object, with the reason in `issues`. */
  readonly convert: (body: z.input<S>, context: ConvertContext) => ObjectBody | undefined;
}

export interface Kind {
  readonly group: string;
  readonly kind: string;
  readonly versions: Readonly<Record<string, KindVersion>>;
  readonly namespaced: boolean;
  readonly resource?: ResourceNames;
  readonly body: z.ZodType;
  /** `body` is the object without what all kinds share. */
  read(body: Record<string, unknown>, context: ConvertContext): ObjectBody | undefined;
}

/** Keeps the schema and its conversion together, so that the rest need not know the body's type. */
export function defineKind<S extends z.ZodType>(source: KindSource<S>): Kind {
  return {
    group: source.group,
    kind: source.kind,
    versions: source.versions,
    namespaced: source.namespaced ?? true,
    ...(source.resource && { resource: source.resource }),
    body: source.body,
    read(body, context) {
      let pruned: unknown = body;
      for (const path of source.versions[context.version]?.lacks ?? []) {
        pruned = prune(pruned, path, [], context);
      }
      if (hasShape(source.body, pruned, context.issues)) return source.convert(pruned, context);
      // Refused already, but the rules may have more to say, and the person wants to hear all of it at once.
      const usable = context.issues.strict ? usablePart(source.body, pruned) : undefined;
      if (usable && hasShape(source.body, usable.value, new Issues(false, undefined)))
        source.convert(usable.value, context);
      return undefined;
    },
  };
}

function prune(value: unknown, path: readonly string[], at: Path, context: ConvertContext): unknown {
  const [head, ...rest] = path;
  if (head === undefined || typeof value !== 'object' || value === null) return value;
  if (head === '*')
    return Array.isArray(value) ? value.map((item: unknown, i) => prune(item, rest, [...at, i], context)) : value;
  if (Array.isArray(value) || !Object.hasOwn(value, head)) return value;
  const copy = new Map<string, unknown>(Object.entries(value));
  if (rest.length > 0) copy.set(head, prune(copy.get(head), rest, [...at, head], context));
  else {
    copy.delete(head);
    const field = [...at, head];
    context.issues.warning(
      'DW0121',
      field,
      `\`${pathText(field)}\` does not exist in ${context.version}; the API server drops it`,
      {
        at: 'key',
        help: 'use the newest version of the kind',
      },
    );
  }
  return Object.fromEntries(copy);
}

/** What all objects share, put around a body. */
export function assemble(body: ObjectBody, metadata: ObjectMeta, place: SourcePlace | undefined): PolicyObject {
  return { ...body, metadata, ...(place && { place }) };
}
