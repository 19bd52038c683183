import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteText, isVisibleAscii, unicodeText } from './text.js';

describe('bytes as text', () => {
  it('are the UTF-8 of a policy’s text, and spell it again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(byteText(text)).toBe(Buffer.from(text, 'utf8').toString('latin1'));
        expect(unicodeText(byteText(text))).toBe(text);
      }),
    );
  });

  it.each(['\xe9', '\xff', '\xc3', 'a\xc0\xaf', '\xed\xa0\x80'])('%j spells nothing', (bytes) => {
    expect(unicodeText(bytes)).toBeUndefined();
  });

  it('keep a byte order mark', () => {
    expect(unicodeText(byteText('\ufeff/a'))).toBe('\ufeff/a');
  });

  it.each([
    ['', true],
    ['a b\t~', true],
    ['\n', false],
    ['\x7f', false],
    ['\xe9', false],
  ])('%j is visible ASCII: %s', (text, expected) => {
    expect(isVisibleAscii(text)).toBe(expected);
  });
});
