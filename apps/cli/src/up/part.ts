/** One of the two services behind the proxies: identity or controller. */
import { Supervised } from './supervised.js';
import { tellEvent, tellExit, tellStray } from './tell.js';
import type { View } from './view.js';

export interface PartOptions {
  readonly name: string;
  /** The event with which it says where it listens. */
  readonly readyEvent: string;
  /** Where it should listen; port 0 lets the system choose, once. */
  readonly address: string;
  /** The option of `up` that gives it another address. */
  readonly flag: string;
  readonly args: (address: string) => readonly string[];
  readonly view: View;
}

export class Part {
  readonly name: string;
  readonly #process: Supervised;
  #address: string;
  #failure: string | undefined;
  #wasUp = false;

  constructor({ name, readyEvent, address, flag, args, view }: PartOptions) {
    this.name = name;
    this.#address = address;
    this.#process = new Supervised({
      name,
      readyEvent,
      args: () => args(this.#address),
      onEvent: (event) => {
        const { address: listening } = event.fields;
        if (event.event === readyEvent && typeof listening === 'string') {
          // Kept over restarts: the proxies know this address.
          this.#address = listening;
          if (this.#wasUp) view.notice('info', `${name}: up again on ${listening}`);
          this.#wasUp = true;
        } else if (event.event === 'fatal' && !this.#wasUp) {
          this.#failure = `${name}: ${event.message} (for \`doorward up\`: ${flag} HOST:PORT)`;
        } else if (event.event?.startsWith('folder.') !== true) {
          // The folder's problems are told by the watch of `up` itself, with their excerpt.
          tellEvent(name, event, view);
        }
      },
      onStray: (line) => tellStray(name, line, view),
      onExit: (exit, retryMs) => {
        if (this.#wasUp) tellExit(name, exit, retryMs, view);
      },
    });
  }

  /** Where it really listens, once it has started. */
  get address(): string {
    return this.#address;
  }

  /** `undefined` when it came up, else why it did not, in its own words. */
  async failure(): Promise<string | undefined> {
    return (await this.#process.started) === 'ready'
      ? undefined
      : (this.#failure ?? `the ${this.name} could not start`);
  }

  async stop(graceMs: number): Promise<void> {
    await this.#process.stop(graceMs);
  }
}
