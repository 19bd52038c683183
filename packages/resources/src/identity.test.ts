import { describe, expect, it } from 'vitest';
import { identityFault, parseIdentity } from './identity.js';

const regex =
  'identity must be a valid SPIFFE id or a DNS SAN, matching the regex: ^(\\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const pathCharacters = 'SPIFFE path segment characters are limited to letters, numbers, dots, dashes, and underscores';
const domainCharacters =
  'SPIFFE trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores';
const trailing = 'SPIFFE path cannot have a trailing slash';
const dots = 'SPIFFE path cannot contain dot segments';

describe('an identity', () => {
  it.each([
    ['system.local', undefined],
    ['*', undefined],
    ['*.system.local', undefined],
    ['spiffe://trustdomain', undefined],
    ['spiffe://trustdomain/path/element', undefined],
    ['system.local.*', regex],
    ['system.local.', regex],
    ['.system.local', regex],
    ['system..local', regex],
    ['http://system.local', regex],
    ['spiffe:/x', regex],
    ['spiffe:x', regex],
    ['', regex],
    ['spiffe:///path', 'SPIFFE trust domain is missing'],
    ['spiffe://domain.test/path?query', pathCharacters],
    ['spiffe://domain.test/path#fragment', pathCharacters],
    ['spiffe://domain.test:8080/path', domainCharacters],
    ['spiffe://user:password@test.org/path', domainCharacters],
    ['spiffe://test.org/', trailing],
    ['spiffe://test.org//', 'SPIFFE path cannot contain empty segments'],
    ['spiffe://test.org/path/other/', trailing],
    ['spiffe://test.org/./other', dots],
    ['spiffe://test.org/../other', dots],
  ])('`%s` is judged as Linkerd does', (identity, fault) => {
    expect(identityFault(identity)).toBe(fault);
  });

  it('of a hostile length is judged in time', () => {
    const start = performance.now();
    expect(identityFault(`${'a'.repeat(100_000)}.${'-'.repeat(100_000)}`)).toBe(regex);
    expect(identityFault(`${'a.'.repeat(100_000)}!`)).toBe(regex);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each([
    ['*', { kind: 'suffix', labels: [] }],
    ['*.a.b', { kind: 'suffix', labels: ['a', 'b'] }],
    ['*.*.a.b', { kind: 'suffix', labels: ['*', 'a', 'b'] }],
    ['a.b', { kind: 'exact', identity: 'a.b' }],
    ['**.a', { kind: 'exact', identity: '**.a' }],
    ['foo.*.a', { kind: 'exact', identity: 'foo.*.a' }],
    ['spiffe://a/b', { kind: 'exact', identity: 'spiffe://a/b' }],
  ])('`%s` matches', (identity, match) => {
    expect(parseIdentity(identity)).toEqual(match);
  });
});
