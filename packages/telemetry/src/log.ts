import { pino } from 'pino';
import type { LogLevel } from './levels.js';

/** What the rest of the project asks of a logger; pino fits, and so does a list in a test. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One JSON object a line on stdout, with `time` (ISO 8601), `level` as a word, `message`, and the fields given. */
export function createLog(options: { readonly level: LogLevel; readonly component: string }): Log {
  return pino(
    {
      level: options.level,
      base: { component: options.component },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Synchronous: a process that ends must not take its last lines, often the reason, with it.
    pino.destination({ dest: 1, sync: true }),
  );
}

/** For tests and for code that is asked to be quiet. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
