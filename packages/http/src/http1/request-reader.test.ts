import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from './refusal.js';
import { RequestHead } from './request-head.js';
import { RequestReader } from './request-reader.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

function read(text: string): RequestHead | Refusal | undefined {
  return new RequestReader().read(bytes(text));
}

function accepted(text: string): RequestHead {
  const head = read(text);
  if (head instanceof RequestHead) return head;
  throw new Error(`not accepted: ${JSON.stringify(text.slice(0, 200))}: ${head?.reason ?? 'incomplete'}`);
}

const withHost = (lines: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const line = (requestLine: string): string => `${requestLine}\r\nHost: a\r\n\r\n`;
const host = (value: string): string => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;
const post = (lines: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;

/** What is wrong, the input, its status, and a neighbour that is right. */
const table: readonly (readonly [string, string, 400 | 414 | 431, string])[] = [
  // line ends
  ['bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400, line('GET / HTTP/1.1')],
  ['bare LF after a header', 'GET / HTTP/1.1\r\nHost: a\n\r\n', 400, line('GET / HTTP/1.1')],
  ['bare LF as the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400, line('GET / HTTP/1.1')],
  ['bare LFs only', 'GET / HTTP/1.1\nHost: a\n\n', 400, line('GET / HTTP/1.1')],
  ['bare CR after the request line', 'GET / HTTP/1.1\rHost: a\r\n\r\n', 400, line('GET / HTTP/1.1')],
  ['bare CR in a value', withHost('X: a\rb\r\n'), 400, withHost('X: a b\r\n')],
  ['CR CR LF', withHost('X: a\r\r\n'), 400, withHost('X: a\r\n')],
  ['CR at the end without LF', 'GET / HTTP/1.1\r\nHost: a\r\n\rX', 400, line('GET / HTTP/1.1')],
  ['two empty lines before the request', `\r\n\r\n${line('GET / HTTP/1.1')}`, 400, `\r\n${line('GET / HTTP/1.1')}`],
  ['an empty LF line before the request', `\n${line('GET / HTTP/1.1')}`, 400, `\r\n${line('GET / HTTP/1.1')}`],
  ['a CR before the request', `\r${line('GET / HTTP/1.1')}`, 400, `\r\n${line('GET / HTTP/1.1')}`],
  // request line
  ['a space before the method', ` ${line('GET / HTTP/1.1')}`, 400, line('GET / HTTP/1.1')],
  ['two spaces after the method', line('GET  / HTTP/1.1'), 400, line('GET / HTTP/1.1')],
  ['two spaces before the version', line('GET /  HTTP/1.1'), 400, line('GET / HTTP/1.1')],
  ['a space after the version', line('GET / HTTP/1.1 '), 400, line('GET / HTTP/1.1')],
  ['a tab for a space', line('GET\t/ HTTP/1.1'), 400, line('GET / HTTP/1.1')],
  ['no target', line('GET HTTP/1.1'), 400, line('GET / HTTP/1.1')],
  ['no version (HTTP/0.9)', 'GET /\r\n\r\n', 400, line('GET / HTTP/1.1')],
  ['a method that is no token', line('G@T / HTTP/1.1'), 400, line('G!T / HTTP/1.1')],
  ['a method with a colon', line('GET: / HTTP/1.1'), 400, line('GET. / HTTP/1.1')],
  ['a NUL in the method', line('G\0T / HTTP/1.1'), 400, line('get / HTTP/1.1')],
  ['a method of 33 characters', line(`${'M'.repeat(33)} / HTTP/1.1`), 400, line(`${'M'.repeat(32)} / HTTP/1.1`)],
  ['HTTP/1.2', line('GET / HTTP/1.2'), 400, line('GET / HTTP/1.1')],
  ['HTTP/2.0', line('GET / HTTP/2.0'), 400, line('GET / HTTP/1.0')],
  ['HTTP/1.10', line('GET / HTTP/1.10'), 400, line('GET / HTTP/1.1')],
  ['HTTP/01.1', line('GET / HTTP/01.1'), 400, line('GET / HTTP/1.1')],
  ['lower-case http', line('GET / http/1.1'), 400, line('GET / HTTP/1.1')],
  ['another protocol', line('GET / HTCPCP/1.0'), 400, line('GET / HTTP/1.0')],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, line('OPTIONS * HTTP/1.1')],
  // target
  ['a target without slash', line('GET foo HTTP/1.1'), 400, line('GET /foo HTTP/1.1')],
  ['authority form outside CONNECT', line('GET a:80 HTTP/1.1'), 400, line('CONNECT a:80 HTTP/1.1')],
  ['a path for CONNECT', line('CONNECT / HTTP/1.1'), 400, line('CONNECT a:80 HTTP/1.1')],
  ['CONNECT without port', line('CONNECT a HTTP/1.1'), 400, line('CONNECT a:1 HTTP/1.1')],
  ['CONNECT with a URI', line('CONNECT http://a:80/ HTTP/1.1'), 400, line('CONNECT a:80 HTTP/1.1')],
  ['CONNECT in HTTP/1.0', line('CONNECT a:80 HTTP/1.0'), 400, line('CONNECT a:80 HTTP/1.1')],
  ['the asterisk outside OPTIONS', line('GET * HTTP/1.1'), 400, line('OPTIONS * HTTP/1.1')],
  ['more than an asterisk', line('OPTIONS *a HTTP/1.1'), 400, line('OPTIONS /a HTTP/1.1')],
  ['a fragment', line('GET /a#b HTTP/1.1'), 400, line('GET /a%23b HTTP/1.1')],
  ['a backslash', line('GET /\\admin HTTP/1.1'), 400, line('GET /%5Cadmin HTTP/1.1')],
  ['a quote in the target', line('GET /" HTTP/1.1'), 400, line("GET /' HTTP/1.1")],
  ['angle brackets in the target', line('GET /<a> HTTP/1.1'), 400, line('GET /[a]{b}|^` HTTP/1.1')],
  ['a NUL in the target', line('GET /\0 HTTP/1.1'), 400, line('GET /%00 HTTP/1.1')],
  ['a DEL in the target', line('GET /\x7f HTTP/1.1'), 400, line('GET /~ HTTP/1.1')],
  ['a tab in the target', line('GET /a\tb HTTP/1.1'), 400, line('GET /a%09b HTTP/1.1')],
  ['Latin-1 in the target', line('GET /\xe9 HTTP/1.1'), 400, line('GET /\xc3\xa9 HTTP/1.1')],
  ['a scheme other than http', line('GET ftp://a/ HTTP/1.1'), 400, line('GET http://a/ HTTP/1.1')],
  ['one slash after the scheme', line('GET http:/a/ HTTP/1.1'), 400, line('GET HTTP://a/ HTTP/1.1')],
  ['no host in a URI', line('GET http:///x HTTP/1.1'), 400, line('GET http://a/x HTTP/1.1')],
  ['user information in a URI', line('GET http://b@a/ HTTP/1.1'), 400, line('GET http://a/b@a HTTP/1.1')],
  ['an escape in the host of a URI', line('GET http://%61/ HTTP/1.1'), 400, line('GET http://a/%61 HTTP/1.1')],
  ['a URI and another Host', line('GET http://b/ HTTP/1.1'), 400, line('GET http://A/ HTTP/1.1')],
  ['a URI and a Host with another port', line('GET http://a:81/ HTTP/1.1'), 400, line('GET http://a:80/ HTTP/1.1')],
  ['an https URI with port 80', line('GET https://a:80/ HTTP/1.1'), 400, line('GET https://a:443/ HTTP/1.1')],
  ['CONNECT for another host', line('CONNECT b:80 HTTP/1.1'), 400, line('CONNECT a:81 HTTP/1.1')],
  [
    'a target of 65,535 bytes',
    line(`GET /${'a'.repeat(65_534)} HTTP/1.1`),
    414,
    line(`GET /${'a'.repeat(65_533)} HTTP/1.1`),
  ],
  // header syntax
  ['a space before the colon', withHost('X : a\r\n'), 400, withHost('X:a\r\n')],
  ['a tab before the colon', withHost('X\t: a\r\n'), 400, withHost('X:\ta\r\n')],
  ['a space before the first name', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400, host('a')],
  ['a folded line', withHost('X: a\r\n b\r\n'), 400, withHost('X: a b\r\n')],
  ['a line folded by a tab', withHost('X: a\r\n\tb\r\n'), 400, withHost('X: a\tb\r\n')],
  ['no colon', withHost('X\r\n'), 400, withHost('X:\r\n')],
  ['no name', withHost(': a\r\n'), 400, withHost('a:\r\n')],
  ['a name that is no token', withHost('X(: a\r\n'), 400, withHost("X!#$%&'*+-.^_`|~: a\r\n")],
  ['a name with a slash', withHost('X/Y: a\r\n'), 400, withHost('X-Y: a\r\n')],
  ['a name beyond ASCII', withHost('X\xe9: a\r\n'), 400, withHost('X: \xe9\r\n')],
  ['a NUL in a name', withHost('X\0: a\r\n'), 400, withHost('X0: a\r\n')],
  ['a NUL in a value', withHost('X: a\0b\r\n'), 400, withHost('X: a0b\r\n')],
  ['an escape character in a value', withHost('X: \x1b[0m\r\n'), 400, withHost('X: [0m\r\n')],
  ['a DEL in a value', withHost('X: \x7f\r\n'), 400, withHost('X: \x7e\r\n')],
  ['a vertical tab in a value', withHost('X: a\x0bb\r\n'), 400, withHost('X: a\tb\r\n')],
  ['101 headers', withHost('X: a\r\n'.repeat(100)), 431, withHost('X: a\r\n'.repeat(99))],
  ['65,537 bytes of headers', withHost(`X: ${'a'.repeat(65_521)}\r\n`), 431, withHost(`X: ${'a'.repeat(65_520)}\r\n`)],
  // Host
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'GET / HTTP/1.0\r\n\r\n'],
  ['two Hosts', withHost('Host: b\r\n'), 400, withHost('Hos: b\r\n')],
  ['two equal Hosts', withHost('host: a\r\n'), 400, withHost('hosts: a\r\n')],
  ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
  ['an empty Host', host(''), 400, host('a')],
  ['a Host of white space', host('  \t '), 400, host('  \t a ')],
  ['a list of Hosts', host('a, b'), 400, host('a.b')],
  ['a space in the Host', host('a b'), 400, host('a-b')],
  ['a path in the Host', host('a/b'), 400, host('a_b')],
  ['user information in the Host', host('b@a'), 400, host('b.a')],
  ['an escape in the Host', host('%61'), 400, host('a')],
  ['a port that is no number', host('a:b'), 400, host('a:8080')],
  ['an empty port', host('a:'), 400, host('a:0')],
  ['a port above 65,535', host('a:65536'), 400, host('a:65535')],
  ['two ports', host('a:1:2'), 400, host('a:12')],
  ['an open bracket', host('[::1'), 400, host('[::1]')],
  ['something behind a bracket', host('[::1]x'), 400, host('[::1]:80')],
  ['a zone id', host('[fe80::1%25eth0]'), 400, host('[fe80::1]')],
  ['a Host beyond ASCII', host('\xc3\xa9'), 400, host('xn--9ca')],
  ['a Host of 256 characters', host('a'.repeat(256)), 400, host('a'.repeat(255))],
  // framing
  ['both lengths', post('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 400, post('Content-Length: 1\r\n')],
  [
    'both lengths, turned',
    post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n'),
    400,
    post('Transfer-Encoding: chunked\r\n'),
  ],
  [
    'two lengths',
    post('Content-Length: 1\r\nContent-Length: 2\r\n'),
    400,
    post('Content-Length: 1\r\nContent-Lengths: 2\r\n'),
  ],
  ['two equal lengths', post('Content-Length: 1\r\nContent-Length: 1\r\n'), 400, post('Content-Length: 1\r\n')],
  ['a list of equal lengths', post('Content-Length: 1, 1\r\n'), 400, post('Content-Length: 11\r\n')],
  ['an empty length', post('Content-Length:\r\n'), 400, post('Content-Length: 0\r\n')],
  ['a length with plus', post('Content-Length: +3\r\n'), 400, post('Content-Length: 3\r\n')],
  ['a negative length', post('Content-Length: -3\r\n'), 400, post('Content-Length: 3\r\n')],
  ['a hexadecimal length', post('Content-Length: 0x3\r\n'), 400, post('Content-Length: 3\r\n')],
  ['a length with a leading zero', post('Content-Length: 010\r\n'), 400, post('Content-Length: 10\r\n')],
  ['a length with a fraction', post('Content-Length: 1.0\r\n'), 400, post('Content-Length: 10\r\n')],
  ['a length with a space inside', post('Content-Length: 1 0\r\n'), 400, post('Content-Length:  10 \r\n')],
  ['a length with an exponent', post('Content-Length: 1e3\r\n'), 400, post('Content-Length: 1000\r\n')],
  [
    'a length beyond 2^53 - 1',
    post('Content-Length: 9007199254740992\r\n'),
    400,
    post('Content-Length: 9007199254740991\r\n'),
  ],
  [
    'a length beyond 2^64',
    post('Content-Length: 18446744073709551617\r\n'),
    400,
    post('Content-Length: 1844674407370955\r\n'),
  ],
  ['another coding', post('Transfer-Encoding: gzip\r\n'), 400, post('Transfer-Encoding: chunked\r\n')],
  ['chunked not last', post('Transfer-Encoding: chunked, gzip\r\n'), 400, post('Transfer-Encoding: chunked\r\n')],
  [
    'another coding before chunked',
    post('Transfer-Encoding: gzip, chunked\r\n'),
    400,
    post('Transfer-Encoding: chunked\r\n'),
  ],
  ['chunked twice', post('Transfer-Encoding: chunked, chunked\r\n'), 400, post('Transfer-Encoding: Chunked\r\n')],
  [
    'two transfer-encodings',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    400,
    post('Transfer-Encoding: chunked\r\nTransfer-Encodings: chunked\r\n'),
  ],
  ['identity', post('Transfer-Encoding: identity\r\n'), 400, post('Transfer-Encoding: CHUNKED\r\n')],
  ['xchunked', post('Transfer-Encoding: xchunked\r\n'), 400, post('Transfer-Encoding:chunked\r\n')],
  [
    'chunked with a parameter',
    post('Transfer-Encoding: chunked;q=1\r\n'),
    400,
    post('Transfer-Encoding: \tchunked\t\r\n'),
  ],
  ['chunked in quotes', post('Transfer-Encoding: "chunked"\r\n'), 400, post('Transfer-Encoding: chunked\r\n')],
  ['chunked and a comma', post('Transfer-Encoding: chunked,\r\n'), 400, post('Transfer-Encoding: chunked\r\n')],
  [
    'chunked and a no-break space',
    post('Transfer-Encoding: chunked\xa0\r\n'),
    400,
    post('Transfer-Encoding: chunked \r\n'),
  ],
  ['an empty transfer-encoding', post('Transfer-Encoding:\r\n'), 400, post('Transfer-Encoding: chunked\r\n')],
  [
    'transfer-encoding in HTTP/1.0',
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
    'POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n',
  ],
  [
    'CONNECT with a length',
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n',
    400,
    'OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n',
  ],
];

describe('RequestReader', () => {
  it('tells what a usual request says', () => {
    const text =
      'POST /a/b?c=d?e HTTP/1.1\r\nHost: web:8080\r\nX-One: 1\r\nContent-Length: 5\r\nx-one:\t2 \r\nConnection: Keep-Alive, X-One\r\n\r\n';
    const reader = new RequestReader();
    const head = reader.read(bytes(`${text}hello`));
    if (!(head instanceof RequestHead)) throw new Error('not accepted');
    expect(reader.end).toBe(text.length);
    expect(head.bytes.toString('latin1')).toBe(text);
    expect({
      method: head.method,
      minorVersion: head.minorVersion,
      path: head.path,
      query: head.query,
      authority: head.authority,
      framing: head.framing,
      keepAlive: head.keepAlive,
      upgrades: head.upgrades,
      expectsContinue: head.expectsContinue,
      connectionNames: head.connectionNames,
      one: head.values('x-one'),
      none: head.values('x-two'),
    }).toEqual({
      method: 'POST',
      minorVersion: 1,
      path: '/a/b',
      query: 'c=d?e',
      authority: 'web:8080',
      framing: { kind: 'content-length', length: 5 },
      keepAlive: true,
      upgrades: [],
      expectsContinue: false,
      connectionNames: ['x-one'],
      one: ['1', '2'],
      none: [],
    });
  });

  it.each([
    ['GET / HTTP/1.1', '/', undefined, 'a'],
    ['GET /? HTTP/1.1', '/', '', 'a'],
    ['GET //x HTTP/1.1', '//x', undefined, 'a'],
    ['GET http://A:80 HTTP/1.1', '/', undefined, 'A:80'],
    ['GET https://a?x HTTP/1.1', '/', 'x', 'a'],
    ['OPTIONS * HTTP/1.1', '*', undefined, 'a'],
    ['CONNECT a:443 HTTP/1.1', '', undefined, 'a:443'],
    // Bytes, not letters: policy is turned into bytes where it is compared.
    ['GET /\xc3\xa9?\xc3\xa9 HTTP/1.1', '/\xc3\xa9', '\xc3\xa9', 'a'],
  ])('reads the target of %s', (requestLine, path, query, authority) => {
    const head = accepted(line(requestLine));
    expect({ path: head.path, query: head.query, authority: head.authority }).toEqual({ path, query, authority });
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close\r\n', false],
    ['HTTP/1.1', 'Connection: x, Close\r\n', false],
    ['HTTP/1.1', 'Connection: keep-alive\r\nConnection: close\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: keep-alive\r\n', true],
    ['HTTP/1.0', 'Connection: keep-alive, close\r\n', false],
  ])('%s with %j keeps alive: %s', (version, lines, keepAlive) => {
    expect(accepted(`GET / ${version}\r\nHost: a\r\n${lines}\r\n`).keepAlive).toBe(keepAlive);
  });

  it.each([
    ['Connection: Upgrade\r\nUpgrade: WebSocket\r\n', ['websocket']],
    ['Connection: x, upgrade\r\nUpgrade: a/1, b\r\nUpgrade: c\r\n', ['a/1', 'b', 'c']],
    ['Upgrade: websocket\r\n', []],
    ['Connection: upgrade\r\n', []],
    ['Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n', []],
    ['Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n', []],
    ['Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n', []],
  ])('the upgrade wish of %j is %j', (lines, upgrades) => {
    expect(accepted(withHost(lines)).upgrades).toEqual(upgrades);
  });

  it('knows who waits for 100 Continue', () => {
    expect(accepted(post('Expect: 100-Continue\r\nContent-Length: 1\r\n')).expectsContinue).toBe(true);
    expect(accepted(post('Expect: 100-continue\r\nContent-Length: 0\r\n')).expectsContinue).toBe(false);
    expect(accepted(post('Expect: other\r\nContent-Length: 1\r\n')).expectsContinue).toBe(false);
  });

  it('finds a header in every spelling that a gateway might take for it', () => {
    expect(accepted(withHost('L5d_Client-ID: x\r\n')).has('l5d-client-id')).toBe(true);
    expect(accepted(withHost('l5d.client.id: x\r\n')).has('l5d-client-id')).toBe(false);
  });

  it.each(table)('refuses %s', (_what, input, status, neighbour) => {
    const refused = read(input);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused instanceof Refusal && refused.status).toBe(status);
    expect(accepted(neighbour)).toBeInstanceOf(RequestHead);
  });

  it('refuses within what has arrived, not only at the end of the head', () => {
    expect(read('GET / HTTP/1.1\r\nHost : ')).toBeInstanceOf(Refusal);
    expect(read('GET / HTTP/1.1\nHost')).toBeInstanceOf(Refusal);
    expect(read(`GET /${'a'.repeat(65_534)}`)).toBeInstanceOf(Refusal);
    expect(read(`GET /${'a'.repeat(65_533)}`)).toBe(undefined);
    expect(read(withHost(`X: ${'a'.repeat(70_000)}`))).toBeInstanceOf(Refusal);
  });
});

/** All heads of a stream, and how it ended: the outcome that cuts must not change. */
function readAll(chunks: readonly Buffer[]): unknown[] {
  const reader = new RequestReader();
  const seen: unknown[] = [];
  for (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      const head = reader.read(rest);
      if (head === undefined) break;
      if (head instanceof Refusal) return [...seen, head];
      seen.push({
        text: head.bytes.toString('latin1'),
        path: head.path,
        names: head.values('x'),
        framing: head.framing,
      });
      rest = rest.subarray(reader.end);
    }
  }
  return [...seen, reader.started ? 'started' : 'clean'];
}

function cut(stream: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  const chunks: Buffer[] = [];
  let from = 0;
  for (const place of [...places, stream.length]) {
    if (place > from) chunks.push(stream.subarray(from, place));
    from = place;
  }
  return chunks;
}

describe('any cut of the stream', () => {
  const pieces = table
    .filter(([, input]) => input.length < 2_000)
    .flatMap(([, input, , neighbour]) => [input, neighbour]);

  it('gives the same heads and the same refusal', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat({ max: 5_000 }), { maxLength: 12 }),
        (parts, places) => {
          const stream = bytes(parts.join(''));
          expect(readAll(cut(stream, places))).toEqual(readAll([stream]));
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('byte by byte too, up to the limits', () => {
    for (const [, input, , neighbour] of table) {
      for (const text of [input, neighbour]) {
        const stream = bytes(text);
        const single = Array.from(stream, (_, at) => stream.subarray(at, at + 1));
        expect(readAll(single)).toEqual(readAll([stream]));
      }
    }
  });
});

describe('mutated heads', () => {
  it('never throw, and what is accepted is accepted again when read alone', () => {
    const stopAt = Date.now() + 1_500;
    const seeds = table.map(([, , , neighbour]) => neighbour).filter((text) => text.length < 2_000);
    const dictionary = [
      '\r\n',
      '\n',
      '\r',
      ' ',
      '\t',
      ':',
      '\0',
      ',',
      'Host: b\r\n',
      'Content-Length: 1\r\n',
      'Transfer-Encoding: chunked\r\n',
      'HTTP/1.1',
      '[',
      '\xff',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(
          fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 3 }), fc.constantFrom(...dictionary), fc.nat({ max: 255 })),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        (seed, mutations) => {
          let text = seed;
          for (const [place, gone, inserted, byte] of mutations) {
            const at = place % (text.length + 1);
            const added = byte < 128 ? inserted : String.fromCharCode(byte);
            text = text.slice(0, at) + added + text.slice(at + gone);
          }
          const head = read(text);
          if (!(head instanceof RequestHead)) return;
          const own = head.bytes.toString('latin1');
          // An accepted head is one line after the other, each ended by CR LF, with nothing odd in it.
          expect(own).toMatch(/^[^\r\n\0]+(?:\r\n[^\r\n\0]+)*\r\n\r\n$/);
          expect(accepted(own).bytes.toString('latin1')).toBe(own);
        },
      ),
      { numRuns: 200_000, interruptAfterTimeLimit: stopAt - Date.now() },
    );
  });
});
