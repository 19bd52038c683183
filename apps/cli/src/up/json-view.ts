import { formatProblem, type Problem } from '@doorward/resources';
import type { DecisionRow } from './decision-row.js';
import { noticeLevel, type Banner, type NoticeLevel, type View } from './view.js';

/** One JSON object a line: `kind` is `ready`, `decision` or `notice`. */
export class JsonView implements View {
  constructor(private readonly write: (text: string) => void) {}

  banner(banner: Banner): void {
    this.#emit({ kind: 'ready', title: banner.title, listeners: banner.lines });
  }

  decision(row: DecisionRow, where: string): void {
    this.#emit({ kind: 'decision', ...row, place: where === '' ? undefined : where });
  }

  notice(level: NoticeLevel, message: string): void {
    this.#emit({ kind: 'notice', time: new Date().toISOString(), level, message });
  }

  problem(problem: Problem): void {
    const [message, ...detail] = formatProblem(problem, { color: false }).split('\n');
    const time = new Date().toISOString();
    this.#emit({ kind: 'notice', time, level: noticeLevel(problem), message, detail: detail.join('\n') });
  }

  #emit(value: object): void {
    this.write(`${JSON.stringify(value)}\n`);
  }
}
