/**
 * One process of `doorward up`: a subcommand of our own, started with a log that we read line by line. It ends when we end,
 * however that happens: the IPC channel closes with us.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A log event as the processes write it: an object with at least `level` and `message`. */
export interface ChildEvent {
  readonly level: string;
  readonly message: string;
  readonly event: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child {
  readonly #process: ChildProcess;
  readonly exited: Promise<ChildExit>;

  constructor(
    readonly name: string,
    args: readonly string[],
    handlers: {
      readonly event: (event: ChildEvent) => void;
      /** A line that is no log event: a crash speaks on stderr. */
      readonly stray: (line: string) => void;
    },
  ) {
    const main = process.argv[1] ?? '';
    this.#process = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A process group of its own: Ctrl-C is for us, and we end the others in the right order.
      detached: true,
    });
    const { stdout, stderr } = this.#process;
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => {
        const event = parseEvent(line);
        if (event === undefined) handlers.stray(line);
        else handlers.event(event);
      });
    }
    // What a process says before it gives up also comes as the event `fatal`; here it is for crashes.
    if (stderr !== null) createInterface({ input: stderr }).on('line', handlers.stray);
    this.exited = new Promise((resolve) => {
      this.#process.once('error', () => resolve({ code: 1, signal: null }));
      this.#process.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  terminate(): void {
    this.#process.kill('SIGTERM');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

function parseEvent(line: string): ChildEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Not JSON, so not a log event; the caller shows the line as it is.
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { level, message, event } = value;
  if (typeof level !== 'string' || typeof message !== 'string') return undefined;
  return { level, message, event: typeof event === 'string' ? event : undefined, fields: value };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
