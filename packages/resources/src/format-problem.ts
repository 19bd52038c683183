import type { Problem, ProblemPlace } from './problem.js';

/** Lines longer than this (minified JSON) are shown around the mark only. */
const excerptCharactersMax = 120;

const paint = { error: 31, warning: 33, note: 36, bold: 1, dim: 34 } as const;

/** A problem for a terminal: code and sentence, place, the line with the mark, help. Ends without a line break. */
export function formatProblem(problem: Problem, { color }: { readonly color: boolean }): string {
  const style = (text: string, as: keyof typeof paint): string =>
    color ? `\u001B[${paint[as]}m${text}\u001B[0m` : text;
  const lines = [`${style(problem.code, problem.severity)} ${style(visible(problem.message), 'bold')}`];
  if (problem.place)
    lines.push(
      ...excerpt(
        problem.place,
        (text) => style(text, 'dim'),
        (text) => style(text, problem.severity),
      ),
    );
  if (problem.help !== undefined) lines.push(` ${style('help:', 'note')} ${visible(problem.help)}`);
  return lines.join('\n');
}

function excerpt(place: ProblemPlace, dim: (text: string) => string, mark: (text: string) => string): string[] {
  // A problem with a file as a whole has no line to show.
  if (place.lineText === '') return [`  ${dim('-->')} ${visible(place.file)}:${place.line}:${place.column}`];
  const number = String(place.line);
  const gutter = ' '.repeat(number.length + 2);
  const from = place.column - 1 > excerptCharactersMax ? place.column - 1 - excerptCharactersMax / 2 : 0;
  const cut = place.lineText.slice(from, from + excerptCharactersMax);
  const before = cut.slice(0, place.column - 1 - from);
  const length = Math.max(1, Math.min(place.length, cut.length - before.length));
  // Tabs stay tabs, so that the mark lines up whatever their width.
  const indent = visible(before).replace(/[^\t]/g, ' ');
  const label = place.label === undefined ? '' : ` ${visible(place.label)}`;
  return [
    `${gutter.slice(1)}${dim('-->')} ${visible(place.file)}:${place.line}:${place.column}`,
    `${gutter}${dim('|')}`,
    ` ${dim(`${number} |`)} ${visible(cut)}`,
    `${gutter}${dim('|')} ${indent}${mark(`${'^'.repeat(length)}${label}`)}`,
  ];
}

// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** Input may hold escape sequences and direction marks, which a terminal would obey. */
const visible = (text: string): string => text.replace(control, '\uFFFD');
