/** The form of schema that the API server takes in a CRD, which it calls structural. */
import { defined, isSchema } from './json-schema.js';
import type { JsonSchema } from './json-schema.js';

/** What may stand in it. A keyword outside of this list would be refused by the API server, or ignored, so it is a fault here. */
const keywords = new Set([
  'type',
  'format',
  'description',
  'default',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'required',
  'properties',
  'items',
  'additionalProperties',
  'oneOf',
  'anyOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
]);

export function structural(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, ...rest } = schema;
  const stray = Object.keys(schema).find((keyword) => !keywords.has(keyword));
  if (stray !== undefined) throw new Error(`a CRD cannot hold the keyword ${stray}`);
  if (schema['type'] === undefined && schema['x-kubernetes-int-or-string'] !== true)
    throw new Error(`a CRD needs a type in ${JSON.stringify(schema)}`);
  // zod's loose objects: whatever else is there is kept and not looked at.
  const isLoose = isSchema(additionalProperties) && Object.keys(additionalProperties).length === 0;
  return defined({
    ...rest,
    ...(rest['type'] === 'integer' && rest['format'] === undefined && { format: 'int32' }),
    ...(isLoose && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(!isLoose && isSchema(additionalProperties) && { additionalProperties: structural(additionalProperties) }),
    ...(isSchema(properties) && Object.keys(properties).length > 0 && { properties: structuralFields(properties) }),
    ...(isSchema(items) && { items: structural(items) }),
  });
}

const structuralFields = (properties: JsonSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, inner]) => (isSchema(inner) ? [[name, structural(inner)]] : [])),
  );
