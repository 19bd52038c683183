import { describe, expect, it } from 'vitest';
import { hostOf, matchHost } from './host-match.js';
import type { HostMatch } from './policy.js';

describe('the host of an authority', () => {
  it.each([
    ['a.test', 'a.test'],
    ['a.test:8080', 'a.test'],
    ['a.test:', 'a.test'],
    ['user@a.test', 'a.test'],
    ['user:pass@a.test:80', 'a.test'],
    ['a@b@c.test', 'c.test'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['[::1', '[::1'],
    ['', ''],
  ])('%j is %j', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });
});

/** `*.a.test`, or the host itself, as routes are converted. */
function hostMatch(text: string): HostMatch {
  return text.startsWith('*')
    ? { kind: 'suffix', reverseLabels: text.slice(2).split('.').toReversed() }
    : { kind: 'exact', host: text };
}

describe('a host match', () => {
  it.each([
    ['a.test', 'a.test', true],
    ['a.test', 'A.TEST', true],
    ['A.Test', 'a.test', true],
    ['a.test', 'b.a.test', false],
    ['a.test', 'a.test.', true],
    ['a.test', 'a.test..', false],
    ['a.test.', 'a.test.', true],
    ['a.test.', 'a.test', false],
    ['*.a.test', 'b.a.test', true],
    ['*.a.test', 'c.b.a.test', true],
    ['*.a.test', 'B.A.TEST', true],
    ['*.A.test', 'b.a.test', true],
    ['*.a.test', 'b.a.test.', true],
    ['*.a.test', 'a.test', false],
    ['*.a.test', '.a.test', false],
    ['*.a.test', 'ba.test', false],
    ['*.a.test.', 'b.a.test.', true],
    ['*.a.test.', 'b.a.test', false],
    ['a.test', '', false],
    ['*.a.test', '', false],
  ])('%s of %j: %s', (match, host, expected) => {
    expect(matchHost(hostMatch(match), host) !== undefined).toBe(expected);
  });

  it('without labels is any host, but not none', () => {
    const any: HostMatch = { kind: 'suffix', reverseLabels: [] };
    expect(matchHost(any, 'a')).toEqual({ exact: false, length: 0 });
    expect(matchHost(any, '')).toBeUndefined();
  });

  it('ranks by its own length, the star not counted', () => {
    expect(matchHost(hostMatch('a.test'), 'A.test.')).toEqual({ exact: true, length: 6 });
    expect(matchHost(hostMatch('*.a.test'), 'x.y.a.test')).toEqual({ exact: false, length: 6 });
  });
});
