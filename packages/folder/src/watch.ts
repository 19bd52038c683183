import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { basename, join, sep } from 'node:path';
import { isManifestName, isSkippedFolder } from './paths.js';

/** Something may have changed at this path; undefined: anywhere. A hint, not a fact: look before acting. */
export type Hint = (path: string | undefined) => void;

/**
 * Hints of changes below a folder. They come from the raw events of the file system, since the watcher's own, refined ones are
 * held back for up to 100 ms; the refined ones are heard as well, for folders that came into being a moment ago.
 *
 * Links are not followed by the watcher, which would run in circles through some: their targets are named by {@link watchLinked}.
 */
export class FolderWatch {
  readonly #root: string;
  readonly #watcher: FSWatcher;
  #linked: ReadonlySet<string> = new Set();

  private constructor(root: string, hint: Hint, failed: (error: unknown) => void) {
    this.#root = root;
    this.#watcher = watch(root, {
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignored: (path) => this.#isSkipped(path),
    });
    this.#watcher.on('all', (event, path) => {
      // Raw events told of changes already; a second hint would only begin the wait anew.
      if (event !== 'change') hint(this.#concerned(path));
    });
    this.#watcher.on('raw', (_event, name, details) => {
      const watched = watchedPath(details);
      if (watched === undefined || !name) hint(undefined);
      else hint(this.#concerned(isManifestName(watched) ? watched : join(watched, name)));
    });
    this.#watcher.on('error', failed);
  }

  /** Resolves when the whole folder is watched. */
  static async start(root: string, hint: Hint, failed: (error: unknown) => void): Promise<FolderWatch> {
    const started = new FolderWatch(root, hint, failed);
    await new Promise<void>((resolve) => {
      started.#watcher.once('ready', resolve);
    });
    return started;
  }

  /** Watch the targets of links, and no longer those that were named before and are not now. */
  watchLinked(targets: readonly string[]): void {
    const next = new Set(targets);
    const added = targets.filter((target) => !this.#linked.has(target));
    const dropped = [...this.#linked].filter((target) => !next.has(target));
    this.#linked = next;
    // To unwatch a folder silences all that lies in it, whoever else wants to hear of that.
    const others = [this.#root, ...next];
    const alone = dropped.filter(
      (target) => !others.some((other) => holds(target, other) || (holds(other, target) && !hides(other, target))),
    );
    if (alone.length > 0) this.#watcher.unwatch(alone);
    if (added.length > 0) this.#watcher.add(added);
  }

  async close(): Promise<void> {
    await this.#watcher.close();
  }

  /** Below the folder the path itself; of what lies elsewhere, or behind a link, it is not known whose file it is. */
  #concerned(path: string): string | undefined {
    if (!path.startsWith(this.#root + sep) || this.#linked.has(path)) return undefined;
    const folders = path
      .slice(this.#root.length + 1)
      .split(sep)
      .slice(0, -1);
    return folders.some(isSkippedFolder) ? undefined : path;
  }

  #isSkipped(path: string): boolean {
    if (path === this.#root || this.#linked.has(path)) return false;
    // A linked target may lie outside of the root, or inside of a hidden folder: then only its own name counts.
    const parts = path.startsWith(this.#root + sep) ? path.slice(this.#root.length + 1).split(sep) : [basename(path)];
    return parts.some(isSkippedFolder);
  }
}

/** Whether a path is a folder or lies in it. */
function holds(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

/** Whether a folder on the way is one that is not looked into. */
function hides(folder: string, path: string): boolean {
  return path
    .slice(folder.length + 1)
    .split(sep)
    .some(isSkippedFolder);
}

/** What a raw event is about: the watched folder or file. */
function watchedPath(details: unknown): string | undefined {
  const hasPath = typeof details === 'object' && details !== null && 'watchedPath' in details;
  return hasPath && typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}
