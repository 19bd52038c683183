import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyReader } from './body-reader.js';
import type { Framing } from './head.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const chunkedFraming: Framing = { kind: 'chunked' };

/** How far a body goes in a stream that is cut at `at`, and how it ended. */
function readBody(framing: Framing, stream: Buffer, at: readonly number[] = []): unknown {
  const reader = new BodyReader(['l5d-client-id']);
  reader.begin(framing);
  let from = 0;
  for (const to of [...at.map((place) => place % (stream.length + 1)).sort((a, b) => a - b), stream.length]) {
    if (to <= from) continue;
    const chunk = stream.subarray(from, to);
    const end = reader.read(chunk, 0);
    if (reader.problem !== undefined) return { problem: reader.problem, at: from + end };
    if (reader.ended) return { ended: from + end };
    expect(end).toBe(chunk.length);
    from = to;
  }
  return reader.ended ? { ended: from } : 'more';
}

const chunked = (text: string): unknown => readBody(chunkedFraming, bytes(text));

describe('BodyReader', () => {
  it('counts a content-length, and leaves what follows', () => {
    expect(readBody({ kind: 'content-length', length: 3 }, bytes('abcGET'))).toEqual({ ended: 3 });
    expect(readBody({ kind: 'content-length', length: 7 }, bytes('abcGET'))).toBe('more');
    expect(readBody({ kind: 'none' }, bytes('GET'))).toEqual({ ended: 0 });
    expect(readBody({ kind: 'until-close' }, bytes('abc'))).toBe('more');
  });

  it('can be used again', () => {
    const reader = new BodyReader();
    for (const text of ['2\r\nab\r\n0\r\n\r\n', '0\r\na: b\r\n\r\n']) {
      reader.begin(chunkedFraming);
      expect({ end: reader.read(bytes(`${text}x`), 0), ended: reader.ended }).toEqual({
        end: text.length,
        ended: true,
      });
    }
  });

  it.each([
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    '00000005\r\nhello\r\n000\r\n\r\n',
    'a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n',
    '5;a=b;c="d e"\r\nhello\r\n0;x\r\n\r\n',
    '0\r\nX-Sum: 1\r\nY:\r\nZ:\t\xe9 \r\n\r\n',
    '2\r\n\r\n\r\n0\r\n\r\n',
  ])('finds the end of %j', (text) => {
    expect(chunked(`${text}GET / HTTP/1.1`)).toEqual({ ended: text.length });
    expect(chunked(text.slice(0, -1))).toBe('more');
  });

  it.each([
    ['\r\n', 'a chunk has no hexadecimal size'],
    ['g\r\n', 'a chunk has no hexadecimal size'],
    [' 5\r\n', 'a chunk has no hexadecimal size'],
    ['+5\r\n', 'a chunk has no hexadecimal size'],
    ['-1\r\n', 'a chunk has no hexadecimal size'],
    [';a\r\n', 'a chunk has no hexadecimal size'],
    ['0x5\r\n', 'a chunk size is followed by a character that is not allowed'],
    ['5 \r\n', 'a chunk size is followed by a character that is not allowed'],
    ['5 ;a\r\n', 'a chunk size is followed by a character that is not allowed'],
    ['5\nhello', 'a chunk size is followed by a character that is not allowed'],
    ['5_0\r\n', 'a chunk size is followed by a character that is not allowed'],
    ['5\rhello', 'a chunk size has a CR without LF'],
    ['00000000000000005\r\n', 'a chunk size is too large'],
    ['20000000000000\r\n', 'a chunk size is too large'],
    ['ffffffffffffffff\r\n', 'a chunk size is too large'],
    ['10000000000000000\r\n', 'a chunk size is too large'],
    ['5;a\nhello', 'a chunk extension holds a character that is not allowed'],
    ['5;a\0\r\n', 'a chunk extension holds a character that is not allowed'],
    [`5;${'a'.repeat(16_385)}\r\n`, 'too many chunk extensions'],
    ['1;aa\r\nx\r\n'.repeat(9_000), 'too many chunk extensions'],
    ['1\r\nab\r\n', 'a chunk is longer than its size'],
    ['1\r\na\n', 'a chunk is longer than its size'],
    ['1\r\na\rb', 'a chunk is longer than its size'],
    ['0\r\n\n', 'a trailer has no valid name'],
    ['0\r\n: a\r\n', 'a trailer has no valid name'],
    ['0\r\n a: b\r\n', 'a trailer has no valid name'],
    ['0\r\na : b\r\n', 'a trailer has no valid name'],
    ['0\r\na\r\n', 'a trailer has no valid name'],
    ['0\r\na: b\n', 'a trailer value holds a character that is not allowed'],
    ['0\r\na: \0\r\n', 'a trailer value holds a character that is not allowed'],
    ['0\r\na: b\rc', 'a trailer has a CR without LF'],
    ['0\r\na: b\r\n\rc', 'a CR without LF ends the trailers'],
    ['0\r\nContent-Length: 5\r\n', 'a trailer that has to be a header'],
    ['0\r\ntransfer_encoding: x\r\n', 'a trailer that has to be a header'],
    ['0\r\nHost: x\r\n', 'a trailer that has to be a header'],
    ['0\r\nL5d-Client-Id: x\r\n', 'a trailer that has to be a header'],
    [`0\r\na: ${'b'.repeat(16_384)}`, 'too long a trailer section'],
    [`0\r\n${'a:\r\n'.repeat(101)}`, 'too many trailers'],
  ])('refuses %j', (text, problem) => {
    expect(chunked(text)).toMatchObject({ problem });
  });

  it('accepts up to its limits', () => {
    expect(chunked(`5;${'a'.repeat(16_384)}\r\nhello\r\n0\r\n\r\n`)).toHaveProperty('ended');
    expect(chunked(`0\r\n${'a:\r\n'.repeat(100)}\r\n`)).toHaveProperty('ended');
    expect(chunked('1fffffffffffff\r\n')).toBe('more');
    expect(chunked('0000000000000000\r\n\r\n')).toHaveProperty('ended');
  });

  const pieces = [
    '0\r\n',
    '\r\n',
    '1\r\na\r\n',
    '5;x=y\r\nhello\r\n',
    'a: b\r\n',
    '\n',
    '\r',
    'ff',
    ';',
    'x',
    '10\r\n0123456789abcdef\r\n',
    '\0',
  ];

  it('ends at the same place, or fails alike, wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 500 }), { maxLength: 20 }),
        (parts, at) => {
          const stream = bytes(parts.join(''));
          expect(readBody(chunkedFraming, stream, at)).toEqual(readBody(chunkedFraming, stream));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('agrees with a plain reading of the grammar', () => {
    // The whole grammar at once, as RFC 9112 §7.1 writes it; the chunk sizes are checked by hand.
    const plain = (text: string): number | undefined => {
      let at = 0;
      for (;;) {
        const size = /^([0-9A-Fa-f]{1,16})(?:;[\t -~\u0080-\u00ff]*)?\r\n/.exec(text.slice(at));
        if (size?.[1] === undefined) return undefined;
        at += size[0].length;
        const length = Number.parseInt(size[1], 16);
        if (length === 0) break;
        if (text.slice(at + length, at + length + 2) !== '\r\n') return undefined;
        at += length + 2;
      }
      const trailers = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\u0080-\u00ff]*\r\n)*\r\n/.exec(text.slice(at));
      return trailers === null ? undefined : at + trailers[0].length;
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const read = chunked(text);
        const end = typeof read === 'object' && read !== null && 'ended' in read ? read.ended : undefined;
        expect(end).toBe(plain(text));
      }),
      { numRuns: 5_000 },
    );
  });
});
