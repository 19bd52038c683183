/**
 * JSON Schema (draft 7) of each kind and version, for editors: stricter than the CRDs, since it marks what the webhook will refuse
 * and fields that do not exist, which the API server drops in silence.
 */
import type { Kind, KindVersion } from '../kind.js';
import { kinds } from '../registry.js';
import { isSchema, publishedSchema } from './json-schema.js';
import type { JsonSchema } from './json-schema.js';

const draft = 'http://json-schema.org/draft-07/schema#';

export interface EditorSchema {
  /** Relative to the folder of all schemas, with `/`: `policy.linkerd.io/server_v1beta3.json`. */
  readonly path: string;
  readonly schema: JsonSchema;
}

/**
 * One schema for each kind and version, and `all.json`, which picks by `apiVersion` and `kind`, and has no opinion about other
 * kinds. The names are those of the usual catalogs of CRD schemas, so that other validators find them too.
 */
export function editorSchemas(): readonly EditorSchema[] {
  const each = kinds.flatMap((kind) =>
    kind.resource ? Object.entries(kind.versions).map(([name, version]) => schemaOf(kind, name, version)) : [],
  );
  const all = {
    $schema: draft,
    title: 'Policy of the service mesh',
    description: 'Every kind that Doorward knows, told apart by apiVersion and kind.',
    type: 'object',
    required: ['apiVersion', 'kind'],
    allOf: each.map(({ path, apiVersion, kind }) => ({
      if: {
        required: ['apiVersion', 'kind'],
        properties: { apiVersion: { const: apiVersion }, kind: { const: kind } },
      },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits it
      then: { $ref: path },
    })),
  };
  return [...each.map(({ path, schema }) => ({ path, schema })), { path: 'all.json', schema: all }];
}

interface NamedSchema extends EditorSchema {
  readonly apiVersion: string;
  readonly kind: string;
}

function schemaOf({ group, kind, body }: Kind, name: string, version: KindVersion): NamedSchema {
  const apiVersion = `${group}/${name}`;
  const { properties, required, description } = publishedSchema(version.body ?? body, 'editor', version.lacks);
  const schema = {
    $schema: draft,
    title: `${kind} (${apiVersion})`,
    ...closed({
      type: 'object',
      ...(description !== undefined && { description }),
      required: ['apiVersion', 'kind', 'metadata', ...(Array.isArray(required) ? required.map(String) : [])],
      properties: {
        apiVersion: {
          const: apiVersion,
          // Both spellings: one is JSON Schema's, the other is what editors of the VS Code family show.
          ...(version.deprecated !== undefined && { deprecated: true, deprecationMessage: version.deprecated }),
        },
        kind: { const: kind },
        metadata,
        ...(isSchema(properties) && properties),
        ...(version.status && { status: { type: 'object', description: 'Written by controllers.' } }),
      },
    }),
  };
  return { path: `${group}/${kind.toLowerCase()}_${name}.json`, schema, apiVersion, kind };
}

const texts = { type: 'object', additionalProperties: { type: 'string' } };
const metadata = {
  type: 'object',
  description: 'Name, namespace, labels and annotations. Other fields belong to the API server.',
  anyOf: [{ required: ['name'] }, { required: ['generateName'] }],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 253 },
    generateName: { type: 'string' },
    namespace: { type: 'string', maxLength: 63 },
    labels: texts,
    annotations: texts,
  },
  // The API server writes many more, and an object that was read from a cluster may be edited.
  additionalProperties: {},
};

/** An object whose fields are known takes no others: what the API server would drop in silence is marked as it is typed. */
function closed(schema: JsonSchema): JsonSchema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(isSchema(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, isSchema(inner) ? closed(inner) : inner]),
      ),
    }),
    ...(isSchema(items) && { items: closed(items) }),
    ...(isSchema(properties) && schema['additionalProperties'] === undefined && { additionalProperties: false }),
  };
}
