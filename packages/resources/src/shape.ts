import { z } from 'zod';
import type { Issues, Path } from './issue.js';
import { allOf, describeValue, didYouMean, oneOf, pathText, shown } from './words.js';

/** zod's codes for a value of the right type in the wrong form: CRD rules that the index does not depend on. */
const constraintCodes = new Set(['too_big', 'too_small', 'invalid_format', 'not_multiple_of', 'custom']);

/**
 * Whether `value` has the types of `schema`, telling of everything that does not fit. In lenient mode broken constraints
 * (lengths, patterns, ranges) pass; see {@link Issues}. Defaults are not filled in: each kind's conversion does that where it
 * can be read.
 */
export function hasShape<S extends z.ZodType>(
  schema: S,
  value: unknown,
  issues: Issues,
  base: Path = [],
): value is z.input<S> {
  if (issues.strict) reportUnknownFields(schema, value, base, issues);
  const result = schema.safeParse(value);
  if (result.success) return true;
  let fits = true;
  for (const issue of result.error.issues) {
    if (!issues.strict && constraintCodes.has(issue.code)) continue;
    fits = false;
    const inner = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    report(issue, [...base, ...inner], valueAt(value, inner), issues);
  }
  return fits;
}

/**
 * What is left of a value without the fields that have the wrong type; undefined when entries of lists would have to go, since
 * the positions of the others would shift.
 */
export function usablePart(schema: z.ZodType, value: unknown): { readonly value: unknown } | undefined {
  const result = schema.safeParse(value);
  let part = value;
  for (const { code, path } of result.error?.issues ?? []) {
    if (constraintCodes.has(code)) continue;
    if (path.length === 0 || typeof path.at(-1) === 'number') return undefined;
    part = without(part, path);
  }
  return { value: part };
}

function without(value: unknown, path: readonly PropertyKey[]): unknown {
  const [head, ...rest] = path;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === head ? without(item, rest) : item));
  const entries = Object.entries(value);
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([key]) => key !== head)
      : entries.map(([key, inner]) => [key, key === head ? without(inner, rest) : inner]),
  );
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.entries(at).find(([key]) => key === String(part))?.[1];
  }
  return at;
}

function report(issue: z.core.$ZodIssue, path: Path, value: unknown, issues: Issues): void {
  const name = `\`${pathText(path)}\``;
  if (value === undefined) {
    const owner = path.slice(0, -1);
    issues.error('DW0116', owner, `${name} is missing`, { at: 'key', help: helpForMissing(path, issue) });
    return;
  }
  const written = issues.textAt(path);
  const is = `${name} is ${describeValue(value, written)}`;
  switch (issue.code) {
    case 'invalid_type':
      issues.error('DW0117', path, `${is}; expected ${typeWord(issue.expected)}`, {
        help: helpForType(issue.expected, value, written),
      });
      return;
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      issues.error('DW0120', path, `${is}; expected ${oneOf(allowed)}`, {
        help: typeof value === 'string' ? didYouMean(value, allowed) : undefined,
      });
      return;
    }
    case 'too_small':
    case 'too_big':
      issues.error('DW0118', path, boundsSentence(issue, name, value));
      return;
    case 'invalid_format':
    case 'invalid_union':
    case 'custom':
      issues.error(issue.code === 'invalid_format' ? 'DW0119' : 'DW0117', path, `${is}; expected ${issue.message}`);
      return;
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
      issues.error('DW0119', path, `${is}, which is not valid here`);
  }
}

function typeWord(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'a mapping';
    case 'array':
      return 'a list';
    case 'int':
      return 'a whole number';
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    default:
      return `a ${expected}`;
  }
}

function helpForType(expected: string, value: unknown, written: string | undefined): string | undefined {
  if (expected === 'string' && (typeof value === 'boolean' || typeof value === 'number')) {
    return `put it in quotes: "${written ?? String(value)}"`;
  }
  if (expected === 'array' && value !== null) return 'put `- ` before the entry';
  if ((expected === 'int' || expected === 'number' || expected === 'boolean') && typeof value === 'string') {
    return 'write it without quotes';
  }
  return undefined;
}

function helpForMissing(path: Path, issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_value') return `add it; expected ${oneOf(issue.values.map(String))}`;
  return path.at(-1) === 'requiredAuthenticationRefs'
    ? 'list who is to be permitted; `[]` permits everybody'
    : undefined;
}

function boundsSentence(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  name: string,
  value: unknown,
): string {
  const limit = issue.code === 'too_small' ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`;
  if (Array.isArray(value)) return `${name} has ${value.length} entries; expected ${limit}`;
  if (typeof value === 'string') return `${name} has ${value.length} characters; expected ${limit}`;
  return `${name} is ${shown(String(value))}; expected ${limit}`;
}

/** A field the schema does not know is dropped silently by the API server; a typo there loses policy, so it is told. */
function reportUnknownFields(schema: z.core.$ZodType, value: unknown, path: Path, issues: Issues): void {
  const known = unwrap(schema);
  if (known instanceof z.ZodArray && Array.isArray(value)) {
    for (const [i, item] of value.entries()) reportUnknownFields(known.element, item, [...path, i], issues);
  }
  if (!(known instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const fields: Readonly<Record<string, z.core.$ZodType>> = known.shape;
  for (const [key, inner] of Object.entries(value)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    const at = [...path, key];
    if (field) reportUnknownFields(field, inner, at, issues);
    else if (known.def.catchall === undefined) {
      issues.warning('DW0115', at, `unknown field ${shown(pathText(at))}; it has no effect`, {
        at: 'key',
        help: helpForUnknown(key, Object.keys(fields)),
      });
    }
  }
}

function helpForUnknown(key: string, names: readonly string[]): string | undefined {
  return didYouMean(key, names) ?? (names.length <= 8 ? `the fields here are ${allOf(names)}` : undefined);
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap();
  return inner;
}
