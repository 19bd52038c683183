/** Rows of columns for a terminal. */
import type { Colors } from './run-why.js';

/** Either a line as it is, or cells under those of other rows. */
export interface Row {
  readonly label: string;
  readonly name?: string | undefined;
  /** `policies/web.yaml:9` */
  readonly place?: string | undefined;
  readonly text?: string | undefined;
  readonly line?: string | undefined;
  /** What the eye should find: stands at the end. */
  readonly mark?: string | undefined;
}

/** Ends with a line break. */
export function layOut(rows: readonly Row[], { dim, yellow }: Colors): string {
  const width = (cell: (row: Row) => string | undefined): number =>
    Math.max(0, ...rows.map((row) => visible(cell(row) ?? '').length));
  const widths = {
    label: width(({ label }) => label),
    name: width(({ name }) => name),
    place: width(({ place }) => place),
  };
  const lines = rows.map(({ label, name, place, text, line, mark }) => {
    const start = `  ${dim(label.padEnd(widths.label))}  `;
    if (line !== undefined) return `${start}${visible(line)}`;
    const cells = [
      visible(name ?? '').padEnd(widths.name),
      ...(widths.place === 0 ? [] : [dim(visible(place ?? '').padEnd(widths.place))]),
      visible(text ?? ''),
      ...(mark === undefined ? [] : [yellow(mark)]),
    ];
    return `${start}${cells.join('   ')}`;
  });
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** What was read from files may hold escape sequences and direction marks, which a terminal would obey. */
const visible = (text: string): string => text.replace(control, '\uFFFD');
