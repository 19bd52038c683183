import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPath } from './normal-path.js';
import { normalPathByReference } from './normal-path.reference.js';

const path = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '.',
      '..',
      '',
      '/',
      '%2e',
      '%2F',
      '%61',
      '%',
      '%%',
      '%3',
      'c.',
      '...',
      '\xe9',
      '%c3%a9',
      '%25',
      ';x',
    ),
    { maxLength: 8 },
  )
  .chain((parts) => fc.constantFrom('/', '').map((joint) => `/${parts.join(joint)}`));

describe('the normal path', () => {
  it.each([
    ['/', '/'],
    ['', ''],
    ['*', '*'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['//a///b', '/a/b'],
    ['/a//', '/a/'],
    ['/a/./b', '/a/b'],
    ['/a/.', '/a/'],
    ['/a/../b', '/b'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/../../a', '/a'],
    ['/..', '/'],
    ['/a//../b', '/b'],
    ['/%61', '/a'],
    ['/%7Ea%2db%5f%2E', '/~a-b_.'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/%2E./b', '/b'],
    // Reserved characters keep their escape, because decoding them would make another path.
    ['/a%2fb', '/a%2Fb'],
    ['/a%2F..%2fb', '/a%2F..%2Fb'],
    ['/%3f%23%25', '/%3F%23%25'],
    // Decoded once: an escaped escape is text.
    ['/%2561', '/%2561'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/%', '/%'],
    ['/%4', '/%4'],
    ['/%zz', '/%zz'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
    ['/a./b', '/a./b'],
    ['/%c3%a9', '/%C3%A9'],
    ['/\xc3\xa9', '/\xc3\xa9'],
    ['a/../b', 'a/../b'],
  ])('of %j is %j', (written, normal) => {
    expect(normalPath(written)).toBe(normal);
  });

  it('is what the steps of RFC 3986 come to', () => {
    fc.assert(
      fc.property(path, (written) => {
        expect(normalPath(written)).toBe(normalPathByReference(written));
      }),
      { numRuns: 2000 },
    );
  });

  it('has no way up and no empty segment left', () => {
    fc.assert(
      fc.property(path, (written) => {
        const segments = normalPath(written).split('/').slice(1);
        expect(segments.filter((segment) => segment === '.' || segment === '..')).toEqual([]);
        expect(segments.slice(0, -1)).not.toContain('');
      }),
      { numRuns: 1000 },
    );
  });

  it('of a path whose escapes are whole is its own normal path', () => {
    fc.assert(
      fc.property(
        path.filter((written) => !/%(?![0-9a-f]{2})/i.test(written)),
        (written) => {
          expect(normalPath(normalPath(written))).toBe(normalPath(written));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
