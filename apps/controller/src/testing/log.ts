import type { Log } from '@doorward/telemetry';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Keeps what is logged, and lets a test wait for it. */
export class TestLog implements Log {
  readonly lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }
  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }
  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }
  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  of(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** The first line of that event, past or to come. */
  async first(event: string): Promise<LogLine> {
    for (;;) {
      const line = this.of(event)[0];
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    const all: Readonly<Record<string, unknown>> = { ...fields };
    const { event, ...rest } = all;
    this.lines.push({ level, event: String(event), fields: rest, message });
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
