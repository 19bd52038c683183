/** The demo as a process: started as `npm start` starts it, on free ports, and read as a program would read it. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DemoAddresses } from '@doorward/example-emojivoto';

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
}

export class DemoProcess {
  readonly #mark = randomUUID();
  readonly #lines: UpLine[] = [];
  readonly #waiting = new Set<() => void>();
  #child: ChildProcess | undefined;
  #state = '';
  #stderr = '';
  addresses: DemoAddresses | undefined;
  policies = '';

  /** Resolves when everything is up. */
  async start(): Promise<void> {
    this.#state = await mkdtemp(join(tmpdir(), 'doorward-test-'));
    const args = ['--free-ports', '-o', 'json', '--state', join(this.#state, 'state')];
    const child = fork(join(root, 'examples/emojivoto/dist/demo.js'), args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, DOORWARD_TEST_MARK: this.#mark },
    });
    this.#child = child;
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    child.stderr?.on('data', (chunk) => {
      this.#stderr += String(chunk);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('message', (message) => {
        const { addresses, policies } = message as { addresses: DemoAddresses; policies: string };
        this.addresses = addresses;
        this.policies = policies;
        resolve();
      });
      child.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${this.#stderr}`)));
    });
  }

  get stateDir(): string {
    return join(this.#state, 'state');
  }

  get stderr(): string {
    return this.#stderr;
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

  /** How many lines there are now: what comes later is what was caused by what is done next. */
  get now(): number {
    return this.#lines.length;
  }

  /** Ends as Ctrl-C would; the exit status. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const exited = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code));
    });
    child.kill(signal);
    return exited;
  }

  async cleanUp(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.#state, { recursive: true, force: true });
  }

  /** Command lines of processes that the demo started and that are still there. Linux only. */
  async leftOver(): Promise<string[]> {
    const found: string[] = [];
    for (const pid of await readdir('/proc')) {
      if (!/^[0-9]+$/.test(pid)) continue;
      try {
        const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
        if (environment.includes(this.#mark)) found.push(await readFile(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        // Gone meanwhile, or not ours to read: either way none of the demo's.
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
