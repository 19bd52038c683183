import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectHttp, detectHttpAtTimeout } from './http-detect.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('what the first bytes are', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 'http1'],
    ['POST /a', 'http1'],
    ['FOO /a HTTP/1.1\r\n', 'http1'],
    ['\r\nGET / HTTP/1.1\r\n', 'http1'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
    // Malformed, but begun like HTTP: refused by the parser instead of passed on unseen (docs/compatibility.md).
    ['G@T / HTTP/1.1\r\n', 'http1'],
    ['GET / HTTP/1.2\r\n', 'http1'],
    ['GET / http/1.1\r\n', 'http1'],
    ['GET  / HTTP/1.1\r\n', 'http1'],
    ['GET /\r\n', 'http1'],
    ['PRI * HTTP/2.0\r\n\r\nXX', 'http1'],
    ['get key\r\n', 'not-http'],
    ['EHLO example.com\r\n', 'not-http'],
    ['PING\r\n', 'not-http'],
    ['\u0000\u0001\u0002', 'not-http'],
    ['*1\r\n$4\r\nPING\r\n', 'not-http'],
    ['G', 'undecided'],
    ['GE', 'undecided'],
    ['\r\n', 'undecided'],
    ['PRI * HT', 'undecided'],
    ['SOMETHING ', 'undecided'],
    ['FOO /a\r', 'undecided'],
    // A target may have bytes that are no ASCII, and be cut behind them.
    ['FOO /caf\u00c3\u00a9', 'undecided'],
    ['FOO /caf\u00c3\u00a9 HTTP/1.1\r\n', 'http1'],
    // The beginning of a ClientHello with ALPN before the first byte that looks like a line end.
    ['\u0016\u0003\u0001\u0000\u0000\u0008http/1.1', 'not-http'],
    ['\u0000http/1.1\r\n', 'not-http'],
    ['AMQP\u0000\u0000\u0009\u0001', 'not-http'],
  ] as const)('%j is %s', (text, verdict) => {
    expect(detectHttp(bytes(text))).toBe(verdict);
  });

  // Go's server, for one, takes lines up to 1 MB, and goes on to the next request.
  it.each([
    ['a', 'a', 'http1'],
    ['FOO /', 'a', 'http1'],
    ['\r\n', '\r\n', 'http1'],
    ['{"text": "', 'a', 'not-http'],
  ] as const)('holds no more than a request line may have: %j and many %j', (beginning, more, verdict) => {
    expect(detectHttp(Buffer.concat([bytes(beginning), Buffer.alloc(65_535 - beginning.length, more)]))).toBe(
      'undecided',
    );
    expect(detectHttp(Buffer.concat([bytes(beginning), Buffer.alloc(65_536 - beginning.length, more)]))).toBe(verdict);
  });

  it('does not depend on how the bytes are cut', () => {
    const beginnings = fc.constantFrom(
      'GET /secret HTTP/1.1\r\nhost: a\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\r\n\r\nDELETE /x HTTP/1.1\r\n',
      'set key 0 0 5\r\nvalue\r\n',
      '\u0016\u0003\u0001',
      'PROPFIND /caf\u00c3\u00a9 HTTP/1.1\r\n',
      'FOO /\u0007 HTTP/1.1\r\n',
    );
    fc.assert(
      fc.property(beginnings, fc.nat(60), (text, cut) => {
        const whole = detectHttp(bytes(text));
        const part = detectHttp(bytes(text.slice(0, Math.max(1, cut))));
        // A shorter beginning may be undecided, but never decided differently.
        expect([whole, 'undecided']).toContain(part);
      }),
    );
  });
});

describe('what is still undecided when the time is up', () => {
  it.each([
    // One letter and silence must not be a way past the route rules.
    ['G', 'http1'],
    ['\r\n', 'http1'],
    ['PATCHY /x', 'http1'],
    ['PRI ', 'http2'],
    ['PRI * HTTP/2.0\r\n\r\nSM', 'http2'],
    ['"hello" and', 'not-http'],
    ['[1,2', 'not-http'],
  ] as const)('%j is taken for %s', (text, verdict) => {
    expect(detectHttpAtTimeout(bytes(text))).toBe(verdict);
  });
});
