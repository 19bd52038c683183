/** How `doorward up` speaks: to a person on a terminal, or to a program through a pipe. */
import type { Problem } from '@doorward/resources';
import type { DecisionRow } from './decision-row.js';

/** A process or an address in the opening table. */
export interface BannerLine {
  readonly name: string;
  readonly address: string;
  readonly about: string;
}

export interface Banner {
  readonly title: string;
  readonly lines: readonly BannerLine[];
  /** What to try next, each a line. */
  readonly tries: readonly string[];
}

export type NoticeLevel = 'info' | 'warn' | 'error';

export interface View {
  banner(banner: Banner): void;
  decision(row: DecisionRow, place: string): void;
  notice(level: NoticeLevel, message: string): void;
  /** Something wrong in a file, with its excerpt. */
  problem(problem: Problem): void;
}

/** Lines that come from the network or from files must not steer the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

export function noticeLevel({ severity }: Problem): NoticeLevel {
  switch (severity) {
    case 'error':
      return 'error';
    case 'warning':
      return 'warn';
    case 'note':
      return 'info';
  }
}
