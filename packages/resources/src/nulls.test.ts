import { describe, expect, it } from 'vitest';
import { convertObject } from './convert.js';
import { parseManifests } from './manifests.js';
import { withoutNulls } from './nulls.js';

const object = (matchLabels: unknown) => ({
  apiVersion: 'policy.linkerd.io/v1beta1',
  kind: 'ServerAuthorization',
  metadata: { name: 'x', namespace: 'ns', labels: null },
  spec: { server: { name: null, selector: { matchLabels } }, client: { unauthenticated: true, meshTLS: null } },
});
const ways = [
  ['of an API server', (value: unknown) => convertObject(value, { strict: true }).problems],
  ['of a file', (value: unknown) => parseManifests(JSON.stringify(value), 'x.json').problems],
] as const;

describe.each(ways)('a null in an object %s', (_, problemsOf) => {
  it('is an absent field', () => {
    expect(problemsOf(object({ app: 'web' }))).toEqual([]);
    expect(problemsOf(object(null))).toEqual([]);
  });

  // `app:` without a value; leaving it out would authorize every Server.
  it('is refused as a label that a selector asks for', () => {
    expect(problemsOf(object({ app: null })).map(({ message }) => message)).toEqual([
      '`spec.server.selector.matchLabels.app` is null; expected text',
    ]);
  });
});

describe('withoutNulls', () => {
  it('gives back what has none, and does not change what it gets', () => {
    const whole = { a: [1, { b: 'c' }], matchLabels: { app: null } };
    expect(withoutNulls(whole)).toBe(whole);
    const holed = { a: null, b: [{ c: null }, null], d: { e: 1 } };
    expect(withoutNulls(holed)).toEqual({ b: [{}, null], d: { e: 1 } });
    expect(holed).toEqual({ a: null, b: [{ c: null }, null], d: { e: 1 } });
  });

  it('has enough stack for whatever comes', () => {
    let deep: unknown = null;
    for (let i = 0; i < 100_000; i += 1) deep = { deep };
    expect(withoutNulls(deep)).toBe(deep);
  });
});
