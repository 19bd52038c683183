import { isDeepStrictEqual } from 'node:util';
import type { IgnoredObject, ObjectKey, PolicyObject, Problem } from '@doorward/resources';
import { repeatedProblem } from './manifest-file.js';
import type { HeldObject, ManifestFile, StaleObject } from './manifest-file.js';

/** What all files together say: which object is in force under each key, and what is wrong. */
export class Claims {
  readonly #files = new Map<string, ManifestFile>();
  readonly #inForce = new Map<ObjectKey, PolicyObject>();
  /** Files that hold a key; a handful at most, unless somebody copied the folder into itself. */
  readonly #holders = new Map<ObjectKey, Set<string>>();

  file(path: string): ManifestFile | undefined {
    return this.#files.get(path);
  }

  get paths(): IterableIterator<string> {
    return this.#files.keys();
  }

  get objects(): ReadonlyMap<ObjectKey, PolicyObject> {
    return this.#inForce;
  }

  /** Take new values of files (undefined: removed) and say which keys changed in force. */
  update(changes: ReadonlyMap<string, ManifestFile | undefined>): { upserted: PolicyObject[]; removed: ObjectKey[] } {
    const touched = new Set<ObjectKey>();
    for (const [path, file] of changes) {
      for (const key of this.#files.get(path)?.held.keys() ?? []) {
        touched.add(key);
        this.#holders.get(key)?.delete(path);
      }
      for (const key of file?.held.keys() ?? []) {
        touched.add(key);
        const holders = this.#holders.get(key);
        if (holders) holders.add(path);
        else this.#holders.set(key, new Set([path]));
      }
      if (file) this.#files.set(path, file);
      else this.#files.delete(path);
    }
    return this.#settle(touched);
  }

  #settle(touched: ReadonlySet<ObjectKey>): { upserted: PolicyObject[]; removed: ObjectKey[] } {
    const upserted: PolicyObject[] = [];
    const removed: ObjectKey[] = [];
    for (const key of touched) {
      const winner = this.#ranked(key)[0]?.held.object;
      const before = this.#inForce.get(key);
      if (winner && !isDeepStrictEqual(winner, before)) {
        this.#inForce.set(key, winner);
        upserted.push(winner);
      } else if (!winner) {
        this.#holders.delete(key);
        if (this.#inForce.delete(key)) removed.push(key);
      }
    }
    return { upserted, removed };
  }

  /**
   * The holders of a key, the one in force first: in order of paths, but a kept version yields to a fresh one. (Who moves an
   * object into another file and breaks the first one with the same stroke means the second.)
   */
  #ranked(key: ObjectKey): { path: string; held: HeldObject }[] {
    const all = [...(this.#holders.get(key) ?? [])].flatMap((path) => {
      const held = this.#files.get(path)?.held.get(key);
      return held ? [{ path, held }] : [];
    });
    const rank = ({ held }: { held: HeldObject }): number => (held.staleSince === undefined ? 0 : 1);
    return all.sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
  }

  /** Of all files, in order of paths; an object in two files is one of them. */
  get problems(): Problem[] {
    const problems = this.#sorted().flatMap(([, file]) => file.problems);
    for (const [key, holders] of this.#holders) {
      if (holders.size < 2) continue;
      const [first, ...others] = this.#ranked(key).filter(({ held }) => held.staleSince === undefined);
      if (first) problems.push(...others.map(({ held }) => repeatedProblem(key, held.object, first.held.object)));
    }
    return problems;
  }

  /** Objects in force of which no file holds a good version any more. */
  get stale(): StaleObject[] {
    const stale: StaleObject[] = [];
    for (const [path, file] of this.#sorted()) {
      for (const [key, { staleSince }] of file.held) {
        if (staleSince !== undefined && this.#ranked(key)[0]?.path === path)
          stale.push({ key, file: file.name, since: staleSince });
      }
    }
    return stale;
  }

  get ignored(): IgnoredObject[] {
    return this.#sorted().flatMap(([, file]) => file.ignored);
  }

  /** Files that hold something else than Kubernetes objects. */
  get skipped(): string[] {
    return this.#sorted().flatMap(([, { name, isForeign }]) => (isForeign ? [name] : []));
  }

  #sorted(): [string, ManifestFile][] {
    return [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
