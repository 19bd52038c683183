/** A process that is started again when it ends by itself, with growing pauses, until it is stopped. */
import { Child, type ChildEvent, type ChildExit } from './child.js';

export interface SupervisedOptions {
  readonly name: string;
  readonly args: () => readonly string[];
  /** The event that says it is up. */
  readonly readyEvent: string;
  readonly onEvent: (event: ChildEvent) => void;
  readonly onStray: (line: string) => void;
  /** Called when it ended without being asked, before the next attempt. */
  readonly onExit: (exit: ChildExit, retryMs: number) => void;
}

const firstRetryMs = 200;
/** Long enough not to fill the terminal with a port that stays in use, short enough to be back soon once it is free. */
const lastRetryMs = 5_000;

export class Supervised {
  readonly #options: SupervisedOptions;
  #child: Child | undefined;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #firstOutcome: (outcome: 'ready' | 'failed') => void = () => {};
  /** Whether the first start came up; later ends are told through `onExit`. */
  readonly started: Promise<'ready' | 'failed'>;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.started = new Promise((resolve) => {
      this.#firstOutcome = resolve;
    });
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ask it to end and wait until it has; after `graceMs` it is killed. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined) return;
    child.terminate();
    const timer = setTimeout(() => child.kill(), graceMs);
    await child.exited;
    clearTimeout(timer);
  }

  #start(): void {
    const { name, args, readyEvent, onEvent, onStray, onExit } = this.#options;
    const child = new Child(name, args(), {
      event: (event) => {
        onEvent(event);
        if (event.event === readyEvent) {
          this.#retryMs = firstRetryMs;
          this.#firstOutcome('ready');
        }
      },
      stray: onStray,
    });
    this.#child = child;
    void child.exited.then((exit) => {
      this.#child = undefined;
      this.#firstOutcome('failed');
      if (this.#stopped) return;
      onExit(exit, this.#retryMs);
      this.#timer = setTimeout(() => this.#start(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
    });
  }
}
