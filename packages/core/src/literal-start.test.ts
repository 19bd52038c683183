import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literalStart } from './literal-start.js';
import { compilePattern } from './pattern.js';

/** More for a night's run, as in decide.reference.test.ts. */
const numRuns = Number(process.env['DOORWARD_PROPERTY_RUNS'] ?? 5000);

describe('the literal start of a pattern', () => {
  it.each([
    ['/items/[0-9]+', '/items/'],
    ['/items', '/items'],
    ['^/items/.*', '/items/'],
    ['/items$', '/items'],
    ['/(a|b)', ''],
    ['/items/(a)', '/items/'],
    // What a quantifier makes optional is no start.
    ['/items?', '/item'],
    ['/items*', '/item'],
    ['/items+', '/item'],
    ['/items{0,2}', '/item'],
    // RE2 lets a quantifier reach back over what is empty.
    ['/items(?i)*', '/item'],
    ['/items\\Q\\E*', '/item'],
    ['/items/(?:a)', '/items/'],
    ['/items/\\d+', '/items/'],
    ['/a|/b', ''],
    ['(?i)/items', ''],
    ['/a\\.b', '/a'],
    ['/é', '/'],
    ['^^/a', ''],
    ['', ''],
    ['.*', ''],
  ])('of %s is %j', (pattern, start) => {
    expect(literalStart(pattern)).toBe(start);
  });

  it('begins everything that the pattern matches', { timeout: 5000 + numRuns }, () => {
    const pieces = fc.constantFrom(
      '/',
      'a',
      'b',
      '.',
      '?',
      '*',
      '+',
      '|',
      '(',
      ')',
      '[ab]',
      '{0,1}',
      '\\',
      '^',
      '$',
      '(?i)',
      '(?:)',
      '\\Q\\E',
      '\\d',
      'é',
    );
    const written = fc.array(pieces, { maxLength: 7 }).map((parts) => parts.join(''));
    const texts = fc.array(fc.constantFrom('/', 'a', 'b', 'A', 'é'), { maxLength: 4 }).map((parts) => parts.join(''));
    let matched = 0;
    fc.assert(
      fc.property(written, fc.array(texts, { minLength: 10, maxLength: 10 }), (source, texts) => {
        const compiled = compilePattern(source);
        if (compiled.kind === 'bad') return;
        for (const text of texts) {
          if (!compiled.pattern.matches(text)) continue;
          matched += 1;
          expect(text.startsWith(literalStart(source))).toBe(true);
        }
      }),
      { numRuns },
    );
    expect(matched).toBeGreaterThan(300);
  });
});
