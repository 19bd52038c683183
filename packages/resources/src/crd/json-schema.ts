/** JSON Schema of a body as zod writes it, made ready for the two published forms. */
import { z } from 'zod';
import type { KindVersion } from '../kind.js';
import type { Keywords } from '../schema-note.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

export const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Which of the two published forms; see `schema-note.ts`. */
export type Form = 'crd' | 'editor';

/** The schema of one form without the notes for the other, and without the fields that the version lacks. */
export function publishedSchema(body: z.ZodType, form: Form, lacks: KindVersion['lacks'] = []): JsonSchema {
  const base: unknown = z.toJSONSchema(body, {
    target: 'openapi-3.0',
    // What people write: fields with a default need not be there.
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
  });
  const schema = lacks.reduce<unknown>(withoutField, base);
  const noted = isSchema(schema) ? applyNotes(schema, form) : undefined;
  if (!noted) throw new Error('a body is an object');
  return noted;
}

/** `path` is of the fields, with `*` for the entries of a list. */
function withoutField(schema: unknown, path: readonly string[]): unknown {
  const [head, ...rest] = path;
  if (!isSchema(schema) || head === undefined) return schema;
  if (head === '*') return { ...schema, items: withoutField(schema['items'], rest) };
  const properties = fieldsOf(schema);
  const kept = Object.entries(properties).filter(([name]) => name !== head || rest.length > 0);
  return {
    ...schema,
    properties: Object.fromEntries(
      kept.map(([name, inner]) => [name, name === head ? withoutField(inner, rest) : inner]),
    ),
  };
}

const fieldsOf = (schema: JsonSchema): JsonSchema => (isSchema(schema['properties']) ? schema['properties'] : {});

/** Undefined: the field does not exist in this form. */
function applyNotes({ crd, editor, ...written }: JsonSchema, form: Form): JsonSchema | undefined {
  const note = form === 'crd' ? crd : editor;
  if (note === false) return undefined;
  const own = collapseLiterals(withoutZodBounds({ ...written, ...(isSchema(note) && note) }));
  return defined({
    ...own,
    ...(isSchema(own['properties']) && fieldsWithNotes(own, own['properties'], form)),
    ...(isSchema(own['items']) && { items: applyNotes(own['items'], form) }),
    ...(isSchema(own['additionalProperties']) && {
      additionalProperties: applyNotes(own['additionalProperties'], form),
    }),
  });
}

function fieldsWithNotes(own: JsonSchema, properties: JsonSchema, form: Form): Keywords {
  const fields = Object.entries(properties).flatMap(([name, inner]) => {
    const noted = isSchema(inner) ? applyNotes(inner, form) : undefined;
    return noted ? [[name, noted] as const] : [];
  });
  const names = new Set(fields.map(([name]) => name));
  const { required } = own;
  return {
    properties: Object.fromEntries(fields),
    required: Array.isArray(required) ? required.filter((name) => names.has(String(name))) : undefined,
  };
}

/** zod bounds every integer by what JavaScript can count; that is not a rule of the field. */
function withoutZodBounds(schema: JsonSchema): JsonSchema {
  const { minimum, maximum } = schema;
  return {
    ...schema,
    ...(minimum === Number.MIN_SAFE_INTEGER && { minimum: undefined }),
    ...(maximum === Number.MAX_SAFE_INTEGER && { maximum: undefined }),
  };
}

/** A choice of whole numbers, which zod writes as alternatives of one each, becomes an enumeration. */
function collapseLiterals(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const values = anyOf.flatMap((choice: unknown): unknown[] =>
    isSchema(choice) && Array.isArray(choice['enum']) ? choice['enum'] : [],
  );
  return values.length === anyOf.length && values.every(Number.isInteger)
    ? { ...rest, type: 'integer', enum: values }
    : schema;
}

/** Without the keywords that have no value, or that a note took away. */
export const defined = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined && value !== null));
