import { formatProblem, type Problem } from '@doorward/resources';
import { createColors } from 'picocolors';
import type { DecisionRow } from './decision-row.js';
import { noticeLevel, printable, type Banner, type NoticeLevel, type View } from './view.js';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly text: (row: DecisionRow, place: string) => string;
}

const time: Column = { title: 'time', width: 8, text: (row) => localTime(row.time) };
const client: Column = { title: 'client', width: 20, text: (row) => row.client };
const target: Column = { title: '→ target', width: 14, text: (row) => `→ ${row.target}` };
const request: Column = { title: 'request', width: 28, text: (row) => row.request };
const verdict: Column = { title: 'verdict', width: 9, text: (row) => row.verdict };
const rule: Column = { title: 'rule', width: 44, text: (row) => row.rule };
/** The rule where there is no room for what came closest. */
const briefRule: Column = { title: 'rule', width: 19, text: (row) => cut(row.rule.replace(/ \(.*$/, ''), 21) };
const place: Column = { title: 'where', width: 22, text: (_row, where) => where };

/** From the widest to the narrowest: columns go before words. Widths include the gap of two spaces. */
const layouts: readonly (readonly Column[])[] = [
  [time, client, target, request, verdict, rule, place],
  [client, target, request, verdict, rule, place],
  [client, target, request, verdict, rule],
  [client, target, request, verdict, briefRule],
  [client, target, request, verdict],
  [client, target, verdict],
];

export interface Terminal {
  write(text: string): void;
  /** Columns now; it may change while we write. */
  width(): number;
  readonly color: boolean;
}

export class TerminalView implements View {
  readonly #terminal: Terminal;
  readonly #colors: ReturnType<typeof createColors>;
  #heading: readonly Column[] | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#colors = createColors(terminal.color);
  }

  banner({ title, lines, tries }: Banner): void {
    const { bold, dim, cyan } = this.#colors;
    const nameWidth = Math.max(...lines.map(({ name }) => name.length), 0) + 2;
    const addressWidth = Math.max(...lines.map(({ address }) => address.length), 0) + 2;
    this.#print(bold(title), '');
    for (const { name, address, about } of lines) {
      const indent = 2 + nameWidth + addressWidth;
      const [first = '', ...rest] = fold(about, this.#terminal.width() - indent);
      this.#print(`  ${cyan(name.padEnd(nameWidth))}${address.padEnd(addressWidth)}${dim(first)}`);
      for (const more of rest) this.#print(`${' '.repeat(indent)}${dim(more)}`);
    }
    this.#print('');
    for (const [index, line] of tries.entries()) this.#print(`  ${index === 0 ? bold('try') : '   '}   ${line}`);
    this.#print('');
  }

  decision(row: DecisionRow, where: string): void {
    const columns = this.#layout();
    const { dim } = this.#colors;
    if (columns !== this.#heading) {
      this.#heading = columns;
      this.#print(dim(line(columns, (column) => column.title)));
    }
    this.#print(
      line(
        columns,
        (column) => column.text(row, where),
        (text, column) => this.#paint(text, column, row),
      ),
    );
  }

  notice(level: NoticeLevel, message: string): void {
    this.#print(`  ${this.#mark(level)} ${printable(message)}`);
  }

  problem(problem: Problem): void {
    // `formatProblem` has made the text printable before it painted it.
    const [first = '', ...rest] = formatProblem(problem, { color: this.#terminal.color }).split('\n');
    this.#print(`  ${this.#mark(noticeLevel(problem))} ${first}`, ...rest.map((line) => `    ${line}`));
  }

  #mark(level: NoticeLevel): string {
    const { red, yellow, dim } = this.#colors;
    return { info: dim('·'), warn: yellow('!'), error: red('✗') }[level];
  }

  #layout(): readonly Column[] {
    const width = this.#terminal.width();
    const fitting = layouts.find((columns) => columns.reduce((sum, column) => sum + column.width + 2, 0) <= width);
    return fitting ?? layouts[layouts.length - 1] ?? [];
  }

  #paint(text: string, column: Column, row: DecisionRow): string {
    const { green, red, yellow, dim } = this.#colors;
    if (column === time || column === place) return dim(text);
    if (column !== verdict) return text;
    switch (row.verdict) {
      case 'allowed':
        return green(text);
      case 'audited':
        return yellow(text);
      case 'denied':
      case 'rate-limited':
      case 'terminated':
        return red(text);
    }
  }

  #print(...lines: readonly string[]): void {
    this.#terminal.write(`${lines.join('\n')}\n`);
  }
}

/** Columns padded before they are painted: colour codes have no width. A long word moves what follows rather than being cut. */
function line(
  columns: readonly Column[],
  text: (column: Column) => string,
  paint: (text: string, column: Column) => string = (plain) => plain,
): string {
  return columns
    .map((column, index) => {
      const plain = printable(text(column));
      return paint(index === columns.length - 1 ? plain : plain.padEnd(column.width), column);
    })
    .join('  ')
    .trimEnd();
}

/** Items separated by ` · `, in lines of this width where an item is not longer. */
function fold(items: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const item of items.split(' · ')) {
    const longer = `${lines.at(-1) ?? ''} · ${item}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(item);
  }
  return lines;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function localTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : date.toTimeString().slice(0, 8);
}
