/**
 * The folder as `up` tells of it: an index of our own, for names, places and defaults, and what has changed for the person who
 * edits. Enforcement does not depend on it; the controller watches the same folder by itself.
 */
import type { FolderChange } from '@doorward/folder';
import type { PolicyIndex } from '@doorward/index';
import type { ExternalWorkload, IgnoredObject, Problem } from '@doorward/resources';
import { EffectReport } from './effect-report.js';
import type { View } from './view.js';

export class FolderWatch {
  readonly #told = new Map<string, Problem>();
  readonly #stale = new Set<string>();
  readonly #ignoredKinds = new Set<string>();
  readonly #effects: EffectReport;
  #names: ReadonlyMap<string, string> = new Map();
  #skipped: ReadonlySet<string> = new Set();

  constructor(
    private readonly index: PolicyIndex,
    private readonly view: View,
  ) {
    this.#effects = new EffectReport(index, view);
  }

  /** Take a change in, and say what is new: problems, what is stale because of them, and what was mended. */
  apply(change: FolderChange): void {
    this.index.applyAll(change);
    // Asked for each decision that is shown, so worked out for each change. The first of two workloads with one identity counts.
    this.#names = new Map(
      this.workloads()
        .toReversed()
        .map(({ metadata, spec }) => [spec.meshTLS.identity, metadata.name]),
    );
    const now = new Map(change.problems.map((problem) => [problemKey(problem), problem]));
    for (const [key, problem] of now) {
      if (this.#told.has(key)) continue;
      this.#told.set(key, problem);
      this.view.problem(problem);
    }
    for (const [key, { code, place }] of this.#told) {
      if (now.has(key)) continue;
      this.#told.delete(key);
      if (code === 'DW0136') this.view.notice('info', `the folder ${place?.file ?? ''} can be read again`);
    }
    this.#tellStale(change);
    this.#tellSkipped(change.skipped);
    this.#effects.tell();
  }

  /** Objects of kinds that say nothing about policy: one note a kind, when the first of it turns up. */
  tellIgnored(ignored: readonly IgnoredObject[]): void {
    const byKind = new Map<string, IgnoredObject[]>();
    for (const object of ignored) {
      const kind = `${object.kind} (${object.apiVersion})`;
      byKind.set(kind, [...(byKind.get(kind) ?? []), object]);
    }
    for (const [kind, objects] of byKind) {
      if (this.#ignoredKinds.has(kind)) continue;
      this.#ignoredKinds.add(kind);
      const [first] = objects;
      const where = first === undefined ? '' : `, the first in ${first.place.file}:${first.place.line}`;
      this.view.notice('info', `${kind} is no kind that policy knows: ${objects.length} ignored${where}`);
    }
  }

  workloads(): ExternalWorkload[] {
    return [...this.index.objects()].filter((object) => object.kind === 'ExternalWorkload');
  }

  /** The workload that an identity belongs to. */
  nameOfIdentity(identity: string): string | undefined {
    return this.#names.get(identity);
  }

  #tellSkipped(files: readonly string[]): void {
    const [first, ...others] = files.filter((file) => !this.#skipped.has(file));
    this.#skipped = new Set(files);
    if (first === undefined) return;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    this.view.notice('info', `${first}${more}: no Kubernetes objects there, skipped`);
  }

  /** A line a file: a broken one may have held thirty objects. */
  #tellStale(change: FolderChange): void {
    const now = new Set(change.stale.map(({ key }) => key));
    const news = new Map<string, string[]>();
    for (const { key, file } of change.stale) {
      if (this.#stale.has(key)) continue;
      this.#stale.add(key);
      news.set(file, [...(news.get(file) ?? []), key]);
    }
    for (const [file, keys] of news) {
      const text =
        keys.length === 1 ? 'is stale: its last good version stays' : 'are stale: their last good versions stay';
      this.view.notice('warn', `${someOf(keys)} ${text} in force until ${file} is mended`);
    }
    const mended = [...this.#stale].filter((key) => !now.has(key));
    for (const key of mended) this.#stale.delete(key);
    if (mended.length > 0) {
      this.view.notice('info', `${someOf(mended)} ${mended.length === 1 ? 'is' : 'are'} up to date again`);
    }
  }
}

/** `a`, `a and b`, `a, b and 28 more`. */
function someOf(keys: readonly string[]): string {
  const [first = '', second, ...others] = keys;
  if (second === undefined) return first;
  return others.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${others.length} more`;
}

function problemKey({ code, message, place }: Problem): string {
  return JSON.stringify([code, message, place?.file, place?.line, place?.column]);
}
