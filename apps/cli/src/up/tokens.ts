/**
 * The join tokens of the proxies that `doorward up` starts: each proves one identity to the identity service, and lies in a
 * file that only we can read. They are short-lived and written anew before they expire, because the proxy reads its file at each
 * renewal of its certificate.
 */
import { signJoinToken, type State } from '@doorward/mtls';
import type { ExternalWorkload } from '@doorward/resources';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A token is of use only while a proxy starts or renews; an hour leaves room for a machine that slept. */
const tokenLifetimeSec = 3_600;
const renewEveryMs = 30 * 60 * 1_000;

export class Tokens {
  readonly #files = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly state: State,
    private readonly stateDir: string,
    onError: (error: unknown) => void,
  ) {
    this.#timer = setInterval(() => {
      this.#renew().catch(onError);
    }, renewEveryMs);
    this.#timer.unref();
  }

  /** The file of a workload's token; there before the proxy is started. */
  fileOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
    return join(this.stateDir, 'tokens', encodeURIComponent(`${namespace}.${name}`));
  }

  /** Write a workload's token, unless it is there already: what is there is renewed by the clock, not by each change of the folder. */
  async ensure({ metadata, spec }: ExternalWorkload): Promise<void> {
    const file = this.fileOf(metadata);
    const { identity } = spec.meshTLS;
    if (this.#files.get(file) === identity) return;
    await this.#writeFile(file, identity);
    this.#files.set(file, identity);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    for (const [file, identity] of this.#files) await this.#writeFile(file, identity);
  }

  async #writeFile(file: string, identity: string): Promise<void> {
    await mkdir(join(this.stateDir, 'tokens'), { recursive: true, mode: 0o700 });
    const token = await signJoinToken(this.state, { identity, ttlSec: tokenLifetimeSec });
    // Renamed into place: a proxy that reads at this moment gets the old token or the new one, never half of it.
    const temporary = `${file}.new`;
    await writeFile(temporary, token, { mode: 0o600 });
    await rename(temporary, file);
  }
}
