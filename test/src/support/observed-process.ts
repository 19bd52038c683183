/** A process that prints `doorward up -o json`, started with an IPC channel and watched line by line. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A line of `doorward up -o json`. */
export interface UpLine {
  readonly kind: 'ready' | 'decision' | 'notice';
  readonly client?: string;
  readonly target?: string;
  readonly request?: string;
  readonly verdict?: string;
  readonly rule?: string;
  readonly place?: string;
  readonly level?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly listeners?: readonly { readonly name: string; readonly address: string; readonly about: string }[];
}

export class ObservedProcess {
  /** In the environment of the process and of all that it starts. */
  readonly #mark = randomUUID();
  readonly #lines: UpLine[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #child: ChildProcess;
  #stderr = '';
  /** The exit status; `null` after a signal. */
  readonly exited: Promise<number | null>;

  constructor(module: string, args: readonly string[]) {
    const child = fork(module, [...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, DOORWARD_TEST_MARK: this.#mark },
      // Without what the test runner gives its own processes.
      execArgv: [],
    });
    this.#child = child;
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    child.stderr?.on('data', (chunk) => {
      this.#stderr += String(chunk);
    });
    this.exited = new Promise((resolve) => {
      child.once('close', (code) => resolve(code));
    });
  }

  /** The message with which the process says that it is up. */
  async ready(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', resolve);
      this.#child.once('close', (code) => reject(new Error(`ended with ${code}: ${this.#stderr}`)));
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** How many lines there are now: what comes later is what was caused by what is done next. */
  get now(): number {
    return this.#lines.length;
  }

  /** The first line, among those already there and those to come, that `wanted` accepts. `from` skips older ones. */
  async line(wanted: (line: UpLine) => boolean, from = 0): Promise<UpLine> {
    for (;;) {
      const found = this.#lines.slice(from).find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /** A notice whose sentence contains the text. */
  async notice(text: string, from = 0): Promise<UpLine> {
    return this.line(({ kind, message }) => kind === 'notice' && message?.includes(text) === true, from);
  }

  /** Send a signal and wait for the end; the exit status. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return this.exited;
  }

  /** Processes that this one started and that are there now. Linux only. */
  async descendants(): Promise<{ pid: number; args: readonly string[] }[]> {
    const found: { pid: number; args: readonly string[] }[] = [];
    for (const pid of await readdir('/proc')) {
      if (!/^[0-9]+$/.test(pid) || Number(pid) === this.#child.pid) continue;
      try {
        const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
        if (!environment.includes(this.#mark)) continue;
        found.push({ pid: Number(pid), args: (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0') });
      } catch {
        // Gone meanwhile, or not ours to read: either way none of these.
      }
    }
    return found;
  }

  #take(line: string): void {
    this.#lines.push(JSON.parse(line) as UpLine);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
