import { describe, expect, it } from 'vitest';
import { checkTrailers, http2Field, readRequestHead, readResponseHead, type Http2Field } from './index.js';

type Pairs = readonly (readonly [string, string])[];
const fieldsOf = (pairs: Pairs): Http2Field[] => pairs.map(([name, value]) => http2Field(name, value));

/** `ok`, or why not. */
const request = (pairs: Pairs): string => {
  const result = readRequestHead(fieldsOf(pairs));
  return result.kind === 'request' ? 'ok' : result.message;
};
const response = (pairs: Pairs): string => {
  const result = readResponseHead(fieldsOf(pairs));
  return result.kind === 'response' ? 'ok' : result.message;
};

const base: Pairs = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/a?b=c'],
  [':authority', 'web.test:8080'],
];
const without = (name: string): Pairs => base.filter(([key]) => key !== name);
const withValue = (name: string, value: string): Pairs => base.map(([key, old]) => [key, key === name ? value : old]);

describe('the head of a request', () => {
  it('is read', () => {
    const fields = fieldsOf([...base, ['content-length', '12']]);
    expect(readRequestHead(fields)).toEqual({
      kind: 'request',
      head: { method: 'GET', scheme: 'http', path: '/a?b=c', authority: 'web.test:8080', contentLength: 12, fields },
    });
  });

  it.each<[string, Pairs, string]>([
    ['pseudo-headers in any order', base.toReversed(), 'ok'],
    ['a pseudo-header after a regular one', [['a', 'b'], ...base], 'pseudo-header `:method` after a regular header'],
    ['a pseudo-header twice', [...base, [':path', '/a?b=c']], 'pseudo-header `:path` twice'],
    ['a pseudo-header of responses', [...base, [':status', '200']], 'pseudo-header `:status` in a request'],
    ['extended CONNECT', [...base, [':protocol', 'websocket']], 'pseudo-header `:protocol` in a request'],
    ['an unknown pseudo-header', [...base, [':x\n', 'y']], 'pseudo-header `:x?` in a request'],
    ['no method', without(':method'), 'no `:method`'],
    ['a method that is no token', withValue(':method', 'GET /'), '`:method` is not a token'],
    ['no scheme', without(':scheme'), 'no `:scheme`'],
    ['another scheme', withValue(':scheme', 'https'), 'ok'],
    ['a scheme that is none', withValue(':scheme', 'http://x'), '`:scheme` is not a scheme'],
    ['no path', without(':path'), 'no `:path`'],
    ['an empty path', withValue(':path', ''), '`:path` does not begin with `/` or has characters that are not allowed'],
    [
      'an absolute form',
      withValue(':path', 'http://x/'),
      '`:path` does not begin with `/` or has characters that are not allowed',
    ],
    [
      'a path with a space',
      withValue(':path', '/a b'),
      '`:path` does not begin with `/` or has characters that are not allowed',
    ],
    [
      'a path with a line end',
      withValue(':path', '/a\r\nx: y'),
      '`:path` does not begin with `/` or has characters that are not allowed',
    ],
    [
      'a path with a fragment',
      withValue(':path', '/a#b'),
      '`:path` does not begin with `/` or has characters that are not allowed',
    ],
    ['a path with bytes of UTF-8', withValue(':path', '/\xc3\xa4'), 'ok'],
    ['a star', withValue(':path', '*'), '`:path` is `*` without OPTIONS'],
    [
      'a star with OPTIONS',
      [
        [':method', 'OPTIONS'],
        [':scheme', 'http'],
        [':path', '*'],
      ],
      'ok',
    ],
    ['no authority', without(':authority'), 'ok'],
    ['an authority with user information', withValue(':authority', 'admin@web'), '`:authority` is not `host[:port]`'],
    ['an authority with a path', withValue(':authority', 'web/x'), '`:authority` is not `host[:port]`'],
    ['an empty authority', withValue(':authority', ''), '`:authority` is not `host[:port]`'],
    ['an IPv6 authority', withValue(':authority', '[::1]:80'), 'ok'],
    ['host instead of authority', [...without(':authority'), ['host', 'web']], 'ok'],
    ['host that agrees', [...base, ['host', 'WEB.test:8080']], 'ok'],
    ['host that differs', [...base, ['host', 'other']], '`:authority` and `host` differ'],
    ['host twice', [...base, ['host', 'web.test:8080'], ['host', 'web.test:8080']], 'header `host` twice'],
    ['host that is none', [...without(':authority'), ['host', 'a b']], '`host` is not `host[:port]`'],
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'web:80'],
      ],
      'ok',
    ],
    ['CONNECT with a path', withValue(':method', 'CONNECT'), 'CONNECT with `:scheme` or `:path`'],
    ['CONNECT to nowhere', [[':method', 'CONNECT']], 'CONNECT without `:authority`'],
    ['an upper-case name', [...base, ['X-a', 'b']], 'header name with upper-case letters'],
    ['a name with a space', [...base, ['x a', 'b']], 'header name with characters that are not allowed'],
    ['a name with a colon', [...base, ['x:a', 'b']], 'header name with characters that are not allowed'],
    ['an empty name', [...base, ['', 'b']], 'header name with characters that are not allowed'],
    ['a value with a line end', [...base, ['x', 'a\nb']], 'value of `x` with characters that are not allowed'],
    ['a value with a zero', [...base, ['x', 'a\0b']], 'value of `x` with characters that are not allowed'],
    ['a value with spaces around', [...base, ['x', ' a']], 'value of `x` with characters that are not allowed'],
    ['a value with tab and Latin-1 within', [...base, ['x', 'a\t\xe4']], 'ok'],
    ['an empty value', [...base, ['x', '']], 'ok'],
    ['connection', [...base, ['connection', 'close']], 'connection-specific header `connection`'],
    ['proxy-connection', [...base, ['proxy-connection', 'x']], 'connection-specific header `proxy-connection`'],
    ['keep-alive', [...base, ['keep-alive', 'x']], 'connection-specific header `keep-alive`'],
    [
      'transfer-encoding',
      [...base, ['transfer-encoding', 'chunked']],
      'connection-specific header `transfer-encoding`',
    ],
    ['upgrade', [...base, ['upgrade', 'h2c']], 'connection-specific header `upgrade`'],
    ['te: trailers', [...base, ['te', 'trailers']], 'ok'],
    ['te: gzip', [...base, ['te', 'gzip']], '`te` with another value than `trailers`'],
    ['content-length that is no number', [...base, ['content-length', '+3']], '`content-length` is not one number'],
    [
      'content-length twice',
      [...base, ['content-length', '3'], ['content-length', '3']],
      '`content-length` is not one number',
    ],
    [
      'content-length beyond exact numbers',
      [...base, ['content-length', '9'.repeat(20)]],
      '`content-length` is not one number',
    ],
  ])('%s', (_name, pairs, expected) => {
    expect(request(pairs)).toBe(expected);
  });

  it('tells upper-case names apart, which end the connection', () => {
    expect(readRequestHead(fieldsOf([...base, ['X', 'y']]))).toMatchObject({ kind: 'malformed', upperCase: true });
    expect(readRequestHead(fieldsOf([...base, ['x y', 'z']]))).toMatchObject({ kind: 'malformed', upperCase: false });
  });
});

describe('the head of a response', () => {
  it('is read', () => {
    const fields = fieldsOf([
      [':status', '204'],
      ['date', 'now'],
    ]);
    const head = { status: 204, informational: false, hasDate: true, contentLength: undefined, fields };
    expect(readResponseHead(fields)).toEqual({ kind: 'response', head });
  });

  it.each<[string, Pairs, string]>([
    ['informational', [[':status', '103']], 'ok'],
    ['no status', [['a', 'b']], 'no `:status`'],
    [
      'a status twice',
      [
        [':status', '200'],
        [':status', '200'],
      ],
      '`:status` twice',
    ],
    [
      'a status after a header',
      [
        ['a', 'b'],
        [':status', '200'],
      ],
      '`:status` after a regular header',
    ],
    ['a status of four digits', [[':status', '2000']], '`:status` is not a number of three digits'],
    ['switching protocols', [[':status', '101']], '`:status` is 101, which HTTP/2 does not have'],
    [
      'a pseudo-header of requests',
      [
        [':status', '200'],
        [':path', '/'],
      ],
      'pseudo-header other than `:status` in a response',
    ],
    [
      'an upper-case name',
      [
        [':status', '200'],
        ['A', 'b'],
      ],
      'header name with upper-case letters',
    ],
    [
      'connection-specific',
      [
        [':status', '200'],
        ['connection', 'close'],
      ],
      'connection-specific header `connection`',
    ],
    [
      'two lengths',
      [
        [':status', '200'],
        ['content-length', '1'],
        ['content-length', '2'],
      ],
      '`content-length` is not one number',
    ],
  ])('%s', (_name, pairs, expected) => {
    expect(response(pairs)).toBe(expected);
  });
});

describe('trailers', () => {
  it.each<[string, Pairs, string]>([
    ['regular fields', [['grpc-status', '0']], 'ok'],
    ['a pseudo-header', [[':status', '200']], 'pseudo-header `:status` in trailers'],
    ['connection-specific', [['connection', 'x']], 'connection-specific header `connection`'],
  ])('%s', (_name, pairs, expected) => {
    const result = checkTrailers(fieldsOf(pairs));
    expect(result.kind === 'ok' ? 'ok' : result.message).toBe(expected);
  });
});
