/** Every row of the specifications' lists of tests has its case, and every case its reason (cases/coverage.yaml). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../support/observed-process.js';
import { casesFolder, readCorpus } from './corpus.js';
import { specRows } from './spec-rows.js';

const coverage = z
  .strictObject({
    specification: z.array(
      z.strictObject({
        source: z.string(),
        rows: z.array(
          z
            .strictObject({
              row: z.string(),
              cases: z.array(z.string()).min(1).optional(),
              /** Where it is no matter of policy: the files that test it. */
              tests: z.array(z.string()).min(1).optional(),
              /** Why nothing here can. */
              outside: z.string().optional(),
            })
            .refine(({ cases, tests, outside }) => [cases, tests, outside].filter(Boolean).length === 1, {
              message: 'needs one of `cases`, `tests` and `outside`',
            }),
        ),
      }),
    ),
    beyond: z.array(z.strictObject({ what: z.string(), cases: z.array(z.string()).min(1) })),
  })
  .parse(parse(readFileSync(join(casesFolder, 'coverage.yaml'), 'utf8')));

const named = new Set([
  ...coverage.specification.flatMap(({ rows }) => rows.flatMap(({ cases = [] }) => cases)),
  ...coverage.beyond.flatMap(({ cases }) => cases),
]);

describe('cases/coverage.yaml', () => {
  it.each(coverage.specification.map((section) => [section.source, section] as const))(
    'has every row of %s',
    (source, { rows }) => {
      expect(rows.map(({ row }) => row)).toEqual(specRows(source));
    },
  );

  it('speaks of all the lists', () => {
    expect(coverage.specification.map(({ source }) => source)).toEqual([
      'docs/spec/control-plane.md §2.3',
      'docs/spec/control-plane.md §8.1',
      'docs/spec/control-plane.md §8.2',
      'docs/spec/control-plane.md §8.4',
      'docs/spec/data-plane.md §11.1',
      'docs/spec/data-plane.md §11.3',
    ]);
  });

  it('names every case that there is, and no other', () => {
    expect([...named].sort()).toEqual(
      readCorpus()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('names cases of the section that a row is in', () => {
    const sources = new Map(readCorpus().map(({ name, expected }) => [name, expected.source]));
    const strangers = coverage.specification.flatMap(({ source, rows }) => {
      const [file = '', section = ''] = source.split(' ');
      return rows.flatMap(({ cases = [], row }) =>
        cases
          .filter(
            (name) =>
              !sections(sources.get(name) ?? '').some((cited) => cited.file === file && cited.section === section),
          )
          .map((name) => `${name} is for \`${row}\` of ${source} and has as its source ${sources.get(name)}`),
      );
    });
    expect(strangers).toEqual([]);
  });

  it('has cases whose source exists', () => {
    const wrong = readCorpus().flatMap(({ name, expected }) =>
      sections(expected.source)
        .filter(({ file, section }) => !headings(file).has(section))
        .map(({ file, section }) => `${name}: ${file} ${section}`),
    );
    expect(wrong).toEqual([]);
  });

  it('names files of tests that there are', () => {
    const files = coverage.specification.flatMap(({ rows }) => rows.flatMap(({ tests = [] }) => tests));
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });
});

/** Of `docs/spec/control-plane.md §3, §4.1, docs/spec/data-plane.md §4`. */
function sections(source: string): { readonly file: string; readonly section: string }[] {
  let file = '';
  return source.split(', ').map((part) => {
    const [first = '', second] = part.split(' ');
    if (second !== undefined) file = first;
    return { file, section: second ?? first };
  });
}

const headings = (file: string): Set<string> =>
  new Set(
    [...readFileSync(join(root, file), 'utf8').matchAll(/^#{2,3} ([0-9]+(?:\.[0-9]+)?)[. ]/gm)].map(
      ([, number = '']) => `§${number}`,
    ),
  );
