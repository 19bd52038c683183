import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.js';

function matches(source: string, text: string): boolean {
  const result = compilePattern(source);
  if (result.kind === 'bad') throw new Error(result.message);
  return result.pattern.matches(text);
}

describe('a pattern', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc', 'xabc', false],
    ['', '', true],
    ['', 'a', false],
    // The leftmost-first match is taken, and only then has to span the text.
    ['a|ab', 'ab', false],
    ['ab|a', 'ab', true],
    ['a*?', 'aa', false],
    ['^a*?$', 'aa', true],
    ['(?:)|a', 'a', false],
    ['(?i)abc', 'ABC', true],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['[^/]+', 'é', true],
    ['.', '😀', true],
    ['\\p{Greek}+', 'αβ', true],
    ['\\d{3}', '123', true],
    ['\\d{3}', '1234', false],
    ['x{0,1000}', 'x'.repeat(1000), true],
  ])('%s of %j: %s', (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  it.each(['(', '[a', 'a{2,1}', '*', '\\', '(?=a)', '(?!a)', '(?<=a)b', '(a)\\1', 'a{1001}', '\\p{Nonsense}'])(
    '%s is refused with a sentence',
    (source) => {
      expect(compilePattern(source)).toEqual({ kind: 'bad', message: expect.stringMatching(/\w+ \w+/) });
    },
  );

  it('takes linear time where a backtracking engine never ends', () => {
    const started = performance.now();
    expect(matches('(a*)*b', 'a'.repeat(5000))).toBe(false);
    expect(matches('(x+x+)+y', 'x'.repeat(5000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
