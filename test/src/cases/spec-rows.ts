/** The rows of the specification's lists of tests, as texts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/observed-process.js';

/** `docs/spec/control-plane.md §8.1` */
export function specRows(source: string): string[] {
  const [file = '', section = ''] = source.split(' §');
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`### ${section} `));
  if (start === -1) throw new Error(`${file} has no section ${section}`);
  const length = lines.slice(start + 1).findIndex((line) => /^(?:#|---)/.test(line));
  const body = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
  const tables = body.filter((line) => line.startsWith('|'));
  // A section without a table is told in sentences.
  if (tables.length === 0)
    return body
      .join(' ')
      .trim()
      .split(/(?<=\.) /);
  const [head = '', , ...rows] = tables;
  // The last column is what is expected; before it stands what is tried, under the name of a file or a kind where there is one.
  const column = cells(head).length - 2;
  return rows.map((row) => cells(row)[column] ?? '');
}

/** No cell of these tables has a bar in it. */
const cells = (line: string): string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split('|')
    .map((cell) => cell.trim());
