/** Objects from an API server: what slipped past the webhook is tolerated where Linkerd's index tolerates it. */
import { describe, expect, it } from 'vitest';
import { convertObject } from './convert.js';
import type { Converted } from './convert.js';

const lenient = (kind: string, spec: unknown): Converted =>
  convertObject(
    { apiVersion: 'policy.linkerd.io/v1alpha1', kind, metadata: { name: 'x', namespace: 'ns' }, spec },
    { strict: false },
  );
const strictCodes = (kind: string, spec: unknown): string[] =>
  convertObject(
    { apiVersion: 'policy.linkerd.io/v1alpha1', kind, metadata: { name: 'x', namespace: 'ns' }, spec },
    { strict: true },
  ).problems.map(({ code }) => code);

const target = { group: 'policy.linkerd.io', kind: 'Server', name: 's' };
const mesh = { group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'm' };

describe('tolerated in a cluster, refused at the door', () => {
  it.each([
    ['Server', 'DW0201', { podSelector: {}, externalWorkloadSelector: {}, port: 80 }, { selects: 'pods' }],
    [
      'AuthorizationPolicy',

      'DW0401',
      { targetRef: { kind: 'Namespace', name: 'other' }, requiredAuthenticationRefs: [] },
      { target: { kind: 'Namespace', name: 'other' } },
    ],
    [
      'AuthorizationPolicy',

      'DW0402',
      { targetRef: target, requiredAuthenticationRefs: [mesh, mesh] },
      {
        requiredAuthenticationRefs: [
          { kind: 'MeshTLSAuthentication', namespace: 'ns', name: 'm' },
          { kind: 'MeshTLSAuthentication', namespace: 'ns', name: 'm' },
        ],
      },
    ],
    [
      'MeshTLSAuthentication',

      'DW0501',
      { identities: ['**.a'] },
      { identities: [{ kind: 'exact', identity: '**.a' }] },
    ],
    [
      'MeshTLSAuthentication',

      'DW0502',
      { identityRefs: [{ kind: 'Namespace', name: 'a', namespace: 'b' }] },
      { namespaces: ['a'] },
    ],
    [
      'ServerAuthorization',

      'DW0302',
      { server: { name: 's' }, client: { unauthenticated: true, meshTLS: {} } },
      { client: { kind: 'unauthenticated' } },
    ],
    [
      'ServerAuthorization',

      'DW0301',
      { server: {}, client: { unauthenticated: true } },
      { server: { kind: 'selector', selector: { matchLabels: {}, matchExpressions: [] } } },
    ],
    [
      'ServerAuthorization',

      'DW0119',
      { server: { name: 'a.b' }, client: { unauthenticated: true } },
      { server: { kind: 'name', name: 'a.b' } },
    ],
  ])('%s %#', (kind, code, spec, expected) => {
    expect(strictCodes(kind, spec)).toContain(code);
    expect(lenient(kind, spec)).toMatchObject({ kind: 'object', object: { spec: expected }, problems: [] });
  });

  it('a Server with an access policy that is none: without a default authorization', () => {
    const server = {
      apiVersion: 'policy.linkerd.io/v1beta3',
      kind: 'Server',
      metadata: { name: 'x' },
      spec: { podSelector: {}, port: 80, accessPolicy: 'foobar' },
    };
    expect(convertObject(server, { strict: false })).toMatchObject({
      kind: 'object',
      object: { spec: { accessPolicy: undefined } },
    });
    expect(convertObject(server, { strict: true })).toMatchObject({ kind: 'refused', key: 'Server/default/x' });
  });
});

describe('refused everywhere', () => {
  it.each([
    ['AuthorizationPolicy', { targetRef: { kind: 'Pod', name: 'p' }, requiredAuthenticationRefs: [] }, 'DW0407'],
    ['AuthorizationPolicy', { targetRef: target, requiredAuthenticationRefs: [{ kind: 'Pod', name: 'p' }] }, 'DW0406'],
    ['AuthorizationPolicy', { targetRef: target }, 'DW0116'],
    ['MeshTLSAuthentication', {}, 'DW0504'],
    ['NetworkAuthentication', { networks: [] }, 'DW0601'],
    ['NetworkAuthentication', { networks: [{ cidr: 'bogus' }] }, 'DW0602'],
    ['HTTPLocalRateLimitPolicy', { targetRef: target, total: { requestsPerSecond: 0 } }, 'DW0902'],
    ['HTTPRoute', { rules: [{ matches: [{ path: { value: 'foo' } }] }] }, 'DW0702'],
    ['HTTPRoute', { parentRefs: [{ kind: 'Server', name: 's', namespace: 'other' }] }, 'DW0715'],
  ])('%s %#', (kind, spec, code) => {
    expect(lenient(kind, spec)).toMatchObject({ kind: 'refused', problems: [{ code }] });
    expect(strictCodes(kind, spec)).toEqual([code]);
  });

  it('what is no object at all', () => {
    for (const value of [undefined, null, 1, 'x', [], {}, { apiVersion: 1 }]) {
      expect(convertObject(value, { strict: false })).toMatchObject({ kind: 'refused', key: undefined });
    }
  });
});

describe('an entry of a list from an API server', () => {
  it('has its kind from the list, its times, and no place', () => {
    const metadata = {
      name: 'x',
      namespace: 'ns',
      creationTimestamp: '2026-01-02T03:04:05Z',
      uid: 'u',
      resourceVersion: '7',
      managedFields: [],
    };
    expect(
      convertObject(
        { metadata, spec: { networks: [{ cidr: '10.0.0.0/8' }] }, status: {} },
        { strict: false, apiVersion: 'policy.linkerd.io/v1alpha1', kind: 'NetworkAuthentication' },
      ),
    ).toEqual({
      kind: 'object',
      object: {
        kind: 'NetworkAuthentication',
        metadata: {
          namespace: 'ns',
          name: 'x',
          labels: {},
          annotations: {},
          creationTimestamp: '2026-01-02T03:04:05Z',
          uid: 'u',
        },
        spec: { networks: [{ network: { address: { family: 4, value: 167_772_160 }, prefixLength: 8 }, except: [] }] },
      },
      problems: [],
    });
  });

  it('of another kind is ignored', () => {
    expect(convertObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }, { strict: false })).toEqual({
      kind: 'ignored',
      apiVersion: 'v1',
      objectKind: 'ConfigMap',
      name: 'c',
      problems: [],
    });
  });
});
