import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatWorkloadToken, parseWorkloadToken } from './workload-token.js';

const pod = (namespace: string, name: string) => ({ namespace, kind: 'pod', name });
const external = (namespace: string, name: string) => ({ namespace, kind: 'external-workload', name });

describe('workload tokens (docs/spec/control-plane.md §5.2)', () => {
  it.each([
    ['emojivoto:web-1', pod('emojivoto', 'web-1')],
    ['ns:a:b', pod('ns', 'a:b')],
    ['{"ns":"n","pod":"p"}', pod('n', 'p')],
    ['{"ns":"n","pod":"p"}\n', pod('n', 'p')],
    ['{"ns":"n","external_workload":"vm"}', external('n', 'vm')],
    ['{"external_workload":"vm","pod":"p","ns":"n"}', external('n', 'vm')],
    ['{"pod":"p","external_workload":"vm","ns":"n","extra":[1]}', pod('n', 'p')],
    ['{"ns":"","pod":""}', pod('', '')],
    // Leading white space makes it the other form; such a namespace is not found later (§9 Q34).
    [' {"ns":"n","pod":"p"}', pod(' {"ns"', '"n","pod":"p"}')],
  ])('%j is a workload', (token, expected) => {
    expect(parseWorkloadToken(token)).toEqual(expected);
  });

  it.each([
    '',
    'web',
    ':web',
    'ns:',
    '{',
    '{}',
    '{"ns":"n"}',
    '{"pod":"p"}',
    '{"ns":1,"pod":"p"}',
    '{"ns":"n","pod":null}',
  ])('%j is none', (token) => {
    expect(parseWorkloadToken(token)).toBeUndefined();
  });

  it('what is written is what is read', () => {
    const kind = fc.constantFrom('pod' as const, 'external-workload' as const);
    fc.assert(
      fc.property(fc.record({ namespace: fc.string(), kind, name: fc.string() }), (token) => {
        expect(parseWorkloadToken(formatWorkloadToken(token))).toEqual(token);
      }),
    );
  });
});
