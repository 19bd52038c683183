import { describe, expect, it } from 'vitest';
import { formatProblem } from './format-problem.js';
import type { Problem } from './problem.js';

const problem: Problem = {
  code: 'DW0407',
  severity: 'error',
  message: 'unsupported authorization target type: Pod',
  place: {
    file: 'policies/web.yaml',
    line: 9,
    column: 11,
    length: 3,
    lineText: '    kind: Pod',
    label: 'a policy cannot target pods directly',
  },
  help: 'select the pods with a Server and target that',
};

describe('a problem on a terminal', () => {
  it('shows the line, the mark and what to do', () => {
    expect(formatProblem(problem, { color: false })).toBe(`DW0407 unsupported authorization target type: Pod
  --> policies/web.yaml:9:11
   |
 9 |     kind: Pod
   |           ^^^ a policy cannot target pods directly
 help: select the pods with a Server and target that`);
  });

  it('without a place or help is a line', () => {
    expect(formatProblem({ code: 'DW0101', severity: 'note', message: 'm' }, { color: false })).toBe('DW0101 m');
  });

  it('of a file as a whole shows no line', () => {
    const place = { file: 'a.yaml', line: 1, column: 1, length: 1, lineText: '' };
    expect(formatProblem({ code: 'DW0130', severity: 'error', message: 'm', place }, { color: false })).toBe(
      'DW0130 m\n  --> a.yaml:1:1',
    );
  });

  it('shows of a long line the part around the mark', () => {
    const lineText = `${'a'.repeat(1000)}HERE${'b'.repeat(1000)}`;
    const lines = formatProblem(
      { ...problem, place: { file: 'x', line: 12, column: 1001, length: 4, lineText } },
      { color: false },
    ).split('\n');
    const column = (lines[3] ?? '').indexOf('HERE');
    expect(column).toBeGreaterThan(0);
    expect(lines[4]?.indexOf('^^^^')).toBe(column);
    expect(lines[3]?.length).toBeLessThan(140);
  });

  it('lines up the mark after tabs', () => {
    const lines = formatProblem(
      { ...problem, place: { file: 'x', line: 1, column: 3, length: 1, lineText: '\tab' } },
      { color: false },
    ).split('\n');
    expect(lines[4]).toBe('   | \t ^');
  });

  it('does not obey what is in the input', () => {
    const text = formatProblem(
      {
        ...problem,
        message: 'a\u001B[2Jb',
        place: { file: 'x', line: 1, column: 1, length: 1, lineText: '\u202Ea\u001B' },
      },
      { color: false },
    );
    expect([text.includes('\u001B'), text.includes('\u202E')]).toEqual([false, false]);
  });

  it('has colours when asked', () => {
    expect(formatProblem(problem, { color: true })).toContain('\u001B[31mDW0407\u001B[0m');
  });
});
