import type { Log } from '@doorward/telemetry';

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly event?: unknown;
  readonly [field: string]: unknown;
}

/** A log that can be asked, and waited for. */
export class RecordedLog implements Log {
  readonly lines: Line[] = [];
  #waiting: { event: string; resolve: (line: Line) => void }[] = [];

  readonly debug = (fields: object, message: string): void => this.#write('debug', fields, message);
  readonly info = (fields: object, message: string): void => this.#write('info', fields, message);
  readonly warn = (fields: object, message: string): void => this.#write('warn', fields, message);
  readonly error = (fields: object, message: string): void => this.#write('error', fields, message);

  /** All lines of an event so far. */
  of(event: string): Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** The next line of an event. */
  async next(event: string): Promise<Line> {
    return new Promise((resolve) => {
      this.#waiting.push({ event, resolve });
    });
  }

  #write(level: Line['level'], fields: object, message: string): void {
    const line: Line = { ...fields, level, message };
    this.lines.push(line);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ event }) => event !== line.event);
    for (const { event, resolve } of waiting) if (event === line.event) resolve(line);
  }
}
