/**
 * What an API server does with an object by its CRD alone, in the order in which it does it: drop unknown fields and nulls, fill in
 * defaults, validate. The validation is ajv's, so that it is not our own reading of the keywords that is tested.
 */
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { customResourceDefinitions } from '../crd/custom-resource-definition.js';
import type { JsonSchema } from '../crd/json-schema.js';
import { isSchema } from '../crd/json-schema.js';
import { splitApiVersion } from '../registry.js';

export type Admitted =
  | { readonly kind: 'admitted'; readonly object: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly errors: readonly string[] }
  /** No CRD of ours. */
  | { readonly kind: 'unknown' };

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
ajv.addFormat('int32', { type: 'number', validate: (value) => value >= -(2 ** 31) && value < 2 ** 31 });
ajv.addFormat('int64', true);
ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
// As the API server has it: Go's durations without a sign, and some of its own that are not needed here.
ajv.addFormat('duration', (text) => /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text));
ajv.addKeyword({
  keyword: 'x-kubernetes-int-or-string',
  validate: (_schema: unknown, value: unknown) => typeof value === 'string' || Number.isInteger(value),
});
ajv.addKeyword({
  keyword: 'x-kubernetes-list-map-keys',
  type: 'array',
  validate: (keys: readonly string[], list: readonly unknown[]) => {
    const entries = list.filter(isSchema);
    return new Set(entries.map((entry) => JSON.stringify(keys.map((key) => entry[key])))).size === entries.length;
  },
});
for (const keyword of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-list-type', 'x-kubernetes-validations'])
  ajv.addKeyword({ keyword });

const versions = new Map<string, { readonly schema: JsonSchema; readonly validate: ValidateFunction }>();
for (const { spec } of customResourceDefinitions({ gatewayApi: true })) {
  for (const { name, schema } of spec.versions) {
    versions.set(`${spec.group}/${name} ${spec.names.kind}`, {
      schema: schema.openAPIV3Schema,
      validate: ajv.compile(schema.openAPIV3Schema),
    });
  }
}

/** CEL rules are not evaluated. */
export function admit(object: Readonly<Record<string, unknown>>): Admitted {
  const version = versions.get(`${String(object['apiVersion'])} ${String(object['kind'])}`);
  if (!version) return { kind: 'unknown' };
  const { metadata, ...rest } = object;
  const shaped = withDefaults(version.schema, pruned(version.schema, rest));
  if (!isSchema(shaped)) return { kind: 'unknown' };
  const whole = { ...shaped, metadata };
  if (version.validate(whole)) return { kind: 'admitted', object: whole };
  return {
    kind: 'refused',
    errors: (version.validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`),
  };
}

/** The object as it is read back in the stored version: conversion strategy None changes `apiVersion`, and reading prunes and fills in. */
export function storedForm(object: Readonly<Record<string, unknown>>): Admitted {
  const { group } = splitApiVersion(String(object['apiVersion']));
  const { kind } = object;
  const definition = customResourceDefinitions({ gatewayApi: true }).find(
    ({ spec }) => spec.group === group && spec.names.kind === kind,
  );
  const stored = definition?.spec.versions.find(({ storage }) => storage);
  return stored ? admit({ ...object, apiVersion: `${group}/${stored.name}` }) : { kind: 'unknown' };
}

const fieldsOf = (schema: JsonSchema): JsonSchema => (isSchema(schema['properties']) ? schema['properties'] : {});

/**
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning; and nulls of fields
 * that the schema declares, none of which is nullable (#defaulting-and-nullable).
 */
function pruned(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isSchema(items) ? value.map((entry: unknown) => pruned(items, entry)) : value;
  }
  if (!isSchema(value)) return value;
  const { additionalProperties } = schema;
  const fields = fieldsOf(schema);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : additionalProperties;
      if (isSchema(field)) return inner === null ? [] : [[name, pruned(field, inner)]];
      return schema['x-kubernetes-preserve-unknown-fields'] === true ? [[name, inner]] : [];
    }),
  );
}

/** Of what is absent; inside of a default too. */
function withDefaults(schema: JsonSchema, value: unknown): unknown {
  const { items } = schema;
  if (Array.isArray(value)) return isSchema(items) ? value.map((entry: unknown) => withDefaults(items, entry)) : value;
  if (!isSchema(value)) return value;
  const filled = new Map(Object.entries(value));
  for (const [name, field] of Object.entries(fieldsOf(schema))) {
    if (!isSchema(field)) continue;
    const fallback = field['default'];
    if (!filled.has(name) && fallback !== undefined) filled.set(name, fallback);
    if (filled.has(name)) filled.set(name, withDefaults(field, filled.get(name)));
  }
  return Object.fromEntries(filled);
}
