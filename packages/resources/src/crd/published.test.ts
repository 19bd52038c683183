/** The text of the CRDs, and the schemas for editors. */
import { Ajv } from 'ajv';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../manifests.js';
import { acceptedCases, rejectedCases } from '../testing/admission-cases.js';
import { crdRejections } from '../testing/crd-rejections.js';
import { manifest } from '../testing.js';
import { crdText } from './crd-text.js';
import { customResourceDefinitions } from './custom-resource-definition.js';
import { editorSchemas } from './editor-schema.js';

describe('the text of the CRDs', () => {
  it.each([true, false])('says what the definitions say, with the Gateway API: %s', (gatewayApi) => {
    expect(loadAll(crdText({ gatewayApi }))).toEqual(customResourceDefinitions({ gatewayApi }));
  });

  it('has one stored version of each kind, the newest', () => {
    const stored = customResourceDefinitions({ gatewayApi: true }).map(({ spec }) => [
      spec.names.kind,
      spec.versions.filter(({ storage }) => storage).map(({ name }) => name),
    ]);
    expect(stored).toEqual([
      ['AuthorizationPolicy', ['v1alpha1']],
      ['EgressNetwork', ['v1alpha1']],
      ['ExternalWorkload', ['v1beta1']],
      ['GRPCRoute', ['v1']],
      ['HTTPLocalRateLimitPolicy', ['v1alpha1']],
      ['HTTPRoute', ['v1']],
      ['HTTPRoute', ['v1beta3']],
      ['MeshTLSAuthentication', ['v1alpha1']],
      ['NetworkAuthentication', ['v1alpha1']],
      ['ServerAuthorization', ['v1beta1']],
      ['Server', ['v1beta3']],
    ]);
  });
});

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
ajv.addKeyword('deprecationMessage');
const schemas = editorSchemas();
for (const { path, schema } of schemas) if (path !== 'all.json') ajv.addSchema(schema, path);
const all = ajv.compile(schemas.find(({ path }) => path === 'all.json')?.schema ?? false);

function marks(text: string): string[] {
  const value: unknown = loadAll(text)[0];
  if (all(value)) return [];
  return (all.errors ?? [])
    .filter(({ keyword }) => keyword !== 'if')
    .map(({ instancePath, message, params }) => {
      const { additionalProperty } = params as { additionalProperty?: string };
      return `${instancePath} ${message ?? ''}${additionalProperty === undefined ? '' : `: ${additionalProperty}`}`;
    });
}

describe('a schema for editors', () => {
  it.each(acceptedCases)('marks nothing in: %s', (_name, text) => {
    expect(marks(text)).toEqual([]);
  });

  const byForm = [...rejectedCases.filter(([, , by]) => by === 'crd'), ...crdRejections].filter(
    // Which the API server sees as a map, and JSON Schema cannot.
    ([name]) => !name.endsWith('twice') && !name.includes('two bananas'),
  );
  it.each(byForm.map(([name, text]) => [name, text] as const))('marks: %s', (_name, text) => {
    expect(marks(text)).not.toEqual([]);
  });

  const server = (spec: string, version = 'v1beta3'): string =>
    manifest(`policy.linkerd.io/${version}`, 'Server', spec);
  it.each([
    [
      'a misspelt field',
      server('{podSelector: {}, port: 80, accesPolicy: audit}'),
      ['/spec must NOT have additional properties: accesPolicy'],
    ],
    [
      'a field of a later version',
      server('{podSelector: {}, port: 80, accessPolicy: audit}', 'v1beta2'),
      ['/spec must NOT have additional properties: accessPolicy'],
    ],
    [
      'an access policy that only the webhook refuses',
      server('{podSelector: {}, port: 80, accessPolicy: foobar}'),
      ['/spec/accessPolicy must be equal to one of the allowed values'],
    ],
    [
      'a protocol that only the webhook refuses',
      server('{podSelector: {}, port: 80, proxyProtocol: garbanzo}'),
      ['/spec/proxyProtocol must be equal to one of the allowed values'],
    ],
    [
      'an empty list that only the webhook refuses',
      manifest('policy.linkerd.io/v1alpha1', 'NetworkAuthentication', '{networks: []}'),
      ['/spec/networks must NOT have fewer than 1 items'],
    ],
  ])('marks %s', (_name, text, expected) => {
    expect(marks(text)).toEqual(expected);
  });

  it('has no opinion about kinds of others, or files that are no objects', () => {
    expect(marks('apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1}\n')).toEqual([]);
    expect(marks('a: b\n')).toEqual([
      " must have required property 'apiVersion'",
      " must have required property 'kind'",
    ]);
  });

  it('tells of versions that are deprecated', () => {
    const deprecated = schemas.filter(({ schema }) => JSON.stringify(schema).includes('"deprecationMessage"'));
    expect(deprecated.map(({ path }) => path)).toEqual([
      'policy.linkerd.io/server_v1beta1.json',
      'policy.linkerd.io/server_v1alpha1.json',
      'policy.linkerd.io/serverauthorization_v1alpha1.json',
      'gateway.networking.k8s.io/grpcroute_v1alpha2.json',
    ]);
  });

  it('describes each kind', () => {
    const without = schemas.filter(({ schema }) => typeof schema['description'] !== 'string');
    expect(without).toEqual([]);
  });

  it('marks a parent of a Gateway API route that is listed twice only when it is read', () => {
    const twice = '{parentRefs: [{kind: Server, name: a}, {kind: Server, name: a}]}';
    const messages = (group: string, version: string): string[] =>
      parseManifests(manifest(`${group}/${version}`, 'HTTPRoute', twice), 'x.yaml')
        .problems.filter(({ severity }) => severity === 'error')
        .map(({ message }) => message);
    expect(messages('gateway.networking.k8s.io', 'v1')).toEqual(['parent `a` is listed twice']);
    expect(messages('policy.linkerd.io', 'v1beta3')).toEqual([]);
  });
});
