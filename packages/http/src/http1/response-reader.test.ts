import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Framing } from './head.js';
import { Refusal } from './refusal.js';
import { ResponseHead } from './response-head.js';
import { ResponseReader } from './response-reader.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const read = (text: string): ResponseHead | Refusal | undefined => new ResponseReader().read(bytes(text));

function accepted(text: string): ResponseHead {
  const head = read(text);
  if (head instanceof ResponseHead) return head;
  throw new Error(`not accepted: ${head?.reason ?? 'incomplete'}`);
}

const none: Framing = { kind: 'none' };
const five: Framing = { kind: 'content-length', length: 5 };
const chunked: Framing = { kind: 'chunked' };
const untilClose: Framing = { kind: 'until-close' };

describe('ResponseReader', () => {
  // RFC 9112 §6.3, rule by rule.
  it.each([
    ['GET', '200 OK', 'Content-Length: 5\r\n', five],
    ['GET', '200 OK', 'Transfer-Encoding: chunked\r\n', chunked],
    ['GET', '200 OK', '', untilClose],
    ['GET', '200 OK', 'Content-Length: 0\r\n', none],
    ['HEAD', '200 OK', 'Content-Length: 5\r\n', none],
    ['HEAD', '200 OK', 'Transfer-Encoding: chunked\r\n', none],
    ['HEAD', '200 OK', '', none],
    ['GET', '304 Not Modified', 'Content-Length: 5\r\n', none],
    ['GET', '204 No Content', 'Content-Length: 5\r\n', none],
    ['GET', '204 No Content', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', none],
    ['GET', '100 Continue', 'Content-Length: 5\r\n', none],
    ['GET', '205 Reset Content', 'Content-Length: 5\r\n', five],
    ['CONNECT', '200 OK', 'Content-Length: 5\r\n', none],
    ['CONNECT', '407 No', 'Content-Length: 5\r\n', five],
    ['CONNECT', '407 No', '', untilClose],
  ])('%s %s with %j', (method, status, lines, framing) => {
    expect(accepted(`HTTP/1.1 ${status}\r\n${lines}\r\n`).framing(method)).toEqual(framing);
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive\r\n', true],
  ])('%s with %j keeps alive: %s', (version, lines, keepAlive) => {
    expect(accepted(`${version} 200 OK\r\n${lines}\r\n`).keepAlive).toBe(keepAlive);
  });

  it.each([
    ['HTTP/1.2 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['HTTP/2 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['ICY 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['\r\nHTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 \r\n\r\n'],
    ['HTTP/1.1  200 OK\r\n\r\n', 'HTTP/1.1 200  OK\r\n\r\n'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'HTTP/1.1 200\r\n\r\n'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'HTTP/1.1 200 0K\r\n\r\n'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'HTTP/1.1 999 OK\r\n\r\n'],
    ['HTTP/1.1 +20 OK\r\n\r\n', 'HTTP/1.1 220 OK\r\n\r\n'],
    ['HTTP/1.1 200 OK\n\n', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['HTTP/1.1 200 O\rK\r\n\r\n', 'HTTP/1.1 200 O K\r\n\r\n'],
    ['HTTP/1.1 200 O\0K\r\n\r\n', 'HTTP/1.1 200 O\xe9K\r\n\r\n'],
    [`HTTP/1.1 200 ${'a'.repeat(8_193)}\r\n\r\n`, `HTTP/1.1 200 ${'a'.repeat(8_000)}\r\n\r\n`],
    ['HTTP/1.1 200 OK\r\nA : b\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', 'HTTP/1.1 200 OK\r\nA: b c\r\n\r\n'],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n',
    ],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n',
    ],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n'],
  ])('refuses %j and accepts %j', (refused, neighbour) => {
    expect(read(refused)).toBeInstanceOf(Refusal);
    expect(accepted(neighbour).bytes.toString('latin1')).toBe(neighbour);
  });

  it('reads the same heads wherever the stream is cut', () => {
    const heads = [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.0 200\r\nA: b\r\n\r\n',
      'HTTP/1.1 204 \r\nC: d\r\n\r\n',
      'HTTP/1.1 x',
    ];
    const readAll = (chunks: readonly Buffer[]): unknown[] => {
      const reader = new ResponseReader();
      const seen: unknown[] = [];
      for (const chunk of chunks) {
        let rest = chunk;
        while (rest.length > 0) {
          const head = reader.read(rest);
          if (head === undefined) break;
          if (head instanceof Refusal) return [...seen, head];
          seen.push([head.status, head.minorVersion, head.bytes.toString('latin1')]);
          rest = rest.subarray(reader.end);
        }
      }
      return seen;
    };
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...heads), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat({ max: 120 }), { maxLength: 10 }),
        (parts, places) => {
          const stream = bytes(parts.join(''));
          const cuts = [0, ...places.map((place) => place % stream.length).sort((a, b) => a - b), stream.length];
          const chunks = cuts.slice(1).map((to, i) => stream.subarray(cuts[i], to));
          expect(readAll(chunks)).toEqual(readAll([stream]));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
