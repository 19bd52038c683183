import type { HttpRequest, PathMatched, RequestRedirect } from '@doorward/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redirectLocation } from './redirect-location.js';

type Change = Omit<RequestRedirect, 'kind'>;

const byPrefix = (path: string): PathMatched => ({ kind: 'prefix', path });
const prefix = (value: string): Change => ({ path: { kind: 'prefix', value } });
const full = (value: string): Change => ({ path: { kind: 'full', value } });

/** `uri`: what the client asks for; without `://` there is no authority. */
function locationOf(change: Change, uri: string, pathMatch: PathMatched = byPrefix('/')): string {
  const [, scheme = 'http', authority, path = '', query] =
    /^(?:([a-z]+):\/\/([^/?*]*))?([^?]*)(?:\?(.*))?$/.exec(uri) ?? [];
  const request: HttpRequest = { method: 'GET', path, query, authority, header: () => [] };
  const redirected = redirectLocation({ kind: 'request-redirect', ...change }, request, pathMatch, scheme);
  switch (redirected.kind) {
    case 'to':
      return redirected.location;
    case 'same':
      return 'same';
    case 'invalid':
      return `invalid: ${redirected.reason}`;
  }
}

describe('the authority of a redirect', () => {
  it.each<[string, Change, string]>([
    ['http://web/a?b', { host: 'new' }, 'http://new/a?b'],
    ['http://web:8080/a', { host: 'new' }, 'http://new:8080/a'],
    ['http://web:80/a', { host: 'new' }, 'http://new/a'],
    ['http://web/a', { port: 8080 }, 'http://web:8080/a'],
    ['http://web:8080/a', { port: 80 }, 'http://web/a'],
    ['http://web:8080/a', { port: 443 }, 'http://web:443/a'],
    ['http://web/a', { host: 'new', port: 80 }, 'http://new:80/a'],
    ['http://web:8080/a', { scheme: 'https' }, 'https://web:8080/a'],
    ['http://web:80/a', { scheme: 'https' }, 'https://web:80/a'],
    // Default ports are those of the resulting scheme.
    ['http://web:80/a', { scheme: 'https', host: 'new' }, 'https://new:80/a'],
    ['http://web:443/a', { scheme: 'https', host: 'new' }, 'https://new/a'],
    ['http://web:8080/a', { scheme: 'https', port: 443 }, 'https://web/a'],
    ['http://web:8080/a', { scheme: 'https', port: 80 }, 'https://web:80/a'],
    ['https://web:443/a', { host: 'new' }, 'https://new/a'],
    ['http://[::1]:8080/a', { host: 'new' }, 'http://new:8080/a'],
    ['http://[::1]/a', { port: 8080 }, 'http://[::1]:8080/a'],
    ['http://[::1]:8080/a', { port: 9090 }, 'http://[::1]:9090/a'],
    // An empty port is none.
    ['http://web:/a', { host: 'new' }, 'http://new/a'],
    ['http://web/a', { host: 'é' }, 'http://\xc3\xa9/a'],
    ['/a', { host: 'new' }, 'http://new/a'],
    ['/a', { host: 'new', port: 1 }, 'http://new:1/a'],
    ['/a', { port: 1 }, 'invalid: the request names no authority'],
    ['/a', { scheme: 'https' }, 'invalid: the request names no authority'],
  ])('%s by %j: %s', (uri, change, expected) => {
    expect(locationOf(change, uri)).toBe(expected);
  });
});

describe('the path of a redirect', () => {
  it.each<[string, string, string, string]>([
    ['/foo/bar', '/foo', '/xyz', '/xyz/bar'],
    ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'],
    ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'],
    ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
    ['/foo', '/foo', '/xyz', '/xyz'],
    ['/foo', '/foo/', '/xyz', '/xyz'],
    ['/foo', '/foo///', '/xyz', '/xyz'],
    ['/foo/', '/foo', '/xyz', '/xyz/'],
    ['/foo/bar', '/foo', '/', '/bar'],
    ['/foo', '/foo', '/', '/'],
    ['/foo/', '/foo', '/', '/'],
    ['/foo/a?b=c', '/foo', '/xyz', '/xyz/a?b=c'],
    ['/foo?', '/foo', '/xyz', '/xyz?'],
    ['/a', '/', '/xyz', '/xyz/a'],
    ['/', '/', '/xyz', '/xyz/'],
    ['//other/a', '/', '/', '//other/a'],
    ['/\xc3\xa9/a', '/é', '/ü', '/\xc3\xbc/a'],
  ])('%s, matched by the prefix %s, replaced by %s: %s', (path, matched, value, expected) => {
    const expectedUri = path === expected ? 'same' : `http://web${expected}`;
    expect(locationOf(prefix(value), `http://web${path}`, byPrefix(matched))).toBe(expectedUri);
  });

  it.each<[string, Change, PathMatched, string]>([
    [
      '/a',
      prefix('/xyz'),
      { kind: 'other' },
      'redirects may only replace the path prefix when a path prefix match applied',
    ],
    ['/a', full('evil.test'), byPrefix('/'), 'a replacement path does not begin with `/`'],
    ['/a', prefix('.evil.test/'), byPrefix('/'), 'a replacement path does not begin with `/`'],
    // It matched as `/foo/bar`; as it stands there is no prefix to replace.
    ['/x/../foo/bar', prefix('/xyz'), byPrefix('/foo'), 'the path does not begin with the prefix that matched'],
    ['/foox/../foo/bar', prefix('/xyz'), byPrefix('/foo'), 'the path does not begin with the prefix that matched'],
    ['*', prefix('/xyz'), byPrefix('/'), 'the path does not begin with the prefix that matched'],
    ['*', { host: 'new' }, byPrefix('/'), 'the location is no URI'],
    ['', { host: 'new' }, byPrefix('/'), 'the location is no URI'],
    ['/a', full('/a\r\nset-cookie: b'), byPrefix('/'), 'the location is no URI'],
    ['/a', full('/a b'), byPrefix('/'), 'the location is no URI'],
    ['/a', { host: 'new\thost' }, byPrefix('/'), 'the location is no URI'],
  ])('%s cannot be redirected by %j', (path, change, pathMatch, reason) => {
    expect(locationOf(change, `http://web${path}`, pathMatch)).toBe(`invalid: ${reason}`);
  });

  it.each<[string, Change, string]>([
    ['http://web/a?b', full('/new'), 'http://web/new'],
    ['http://web/a?b', full('/new?c'), 'http://web/new?c'],
    ['http://web/new?b', full('/new'), 'http://web/new'],
    ['http://web/new', full('/new'), 'same'],
    ['http://web/a', { scheme: 'http' }, 'same'],
    ['https://web/a', { scheme: 'https' }, 'same'],
    ['https://web/a', { scheme: 'http' }, 'http://web/a'],
    ['http://web/a?b', {}, 'same'],
    ['http://web*', {}, 'same'],
  ])('%s by %j: %s', (uri, change, expected) => {
    expect(locationOf(change, uri)).toBe(expected);
  });
});

describe('a location', () => {
  it('is one line and one word, and names an authority of the policy or of the request', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    const change = fc.record<Change>(
      {
        scheme: fc.constantFrom('http', 'https'),
        host: fc.oneof(fc.constant('new'), text),
        port: fc.nat({ max: 65_535 }),
        path: fc.record({ kind: fc.constantFrom('full', 'prefix'), value: text }),
      },
      { requiredKeys: [] },
    );
    const path = fc
      .array(fc.constantFrom('/', 'foo', '..', 'x'), { maxLength: 6 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(change, path, (changed, asked) => {
        const location = locationOf(changed, `http://web${asked}`, byPrefix('/foo'));
        if (location === 'same' || location.startsWith('invalid: ')) return;
        const anywhere = /^https?:\/\/[\x21-\x7e\x80-\xff]+$/;
        const there = /^https?:\/\/web(?::[0-9]+)?\/[\x21-\x7e\x80-\xff]*$/;
        expect(location).toMatch(changed.host === undefined ? there : anywhere);
      }),
    );
  });
});
