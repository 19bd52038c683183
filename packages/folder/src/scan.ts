import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Problem, ResourceProblemCode } from '@doorward/resources';
import { errorCode, faultText, fileProblem } from './file-problem.js';
import { depthMax, isManifestName, isSkippedFolder } from './paths.js';

/** Ten thousand objects, one a file, with room; above it the folder is probably not the one meant. */
const filesMax = 20_000;

export interface Scan {
  /** Paths of the manifests below the folder, sorted; links are followed. */
  readonly files: readonly string[];
  /** Targets of links, which have to be watched for themselves. */
  readonly linked: readonly string[];
  /** Paths of folders and links: when something happens to one, what lies behind it may be different. */
  readonly containers: ReadonlySet<string>;
  /** Folders that could not be listed: what they held before is unknown, not gone. */
  readonly unreadable: readonly string[];
  readonly problems: readonly Problem[];
}

/** List the manifests below a folder; `shown` gives a path's name for problems. Throws when the folder itself cannot be listed. */
export async function scanFolder(root: string, shown: (path: string) => string): Promise<Scan> {
  const walk = new Walk(shown);
  const real = await realpath(root);
  if (real !== root) walk.linked.push(real);
  await walk.folder(root, [real]);
  return walk;
}

class Walk implements Scan {
  readonly files: string[] = [];
  readonly linked: string[] = [];
  readonly containers = new Set<string>();
  readonly unreadable: string[] = [];
  readonly problems: Problem[] = [];
  readonly #shown: (path: string) => string;

  constructor(shown: (path: string) => string) {
    this.#shown = shown;
  }

  /** `ancestors` are the real paths of the folders one is in. */
  async folder(path: string, ancestors: readonly string[]): Promise<void> {
    let entries: Dirent[];
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      if (ancestors.length === 1) throw error;
      // Removed since its parent was listed: the watcher tells of it.
      if (errorCode(error) === 'ENOENT') return;
      this.unreadable.push(path);
      this.#problem(
        'DW0131',
        path,
        `cannot be listed: ${faultText(error)}`,
        'make it readable for the user that runs doorward, or move it away',
      );
      return;
    }
    // By code unit, so that the order is the same on every machine.
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      await this.#entry(join(path, entry.name), entry, ancestors);
    }
  }

  async #entry(path: string, entry: Dirent, ancestors: readonly string[]): Promise<void> {
    if (entry.isDirectory() || entry.isSymbolicLink()) this.containers.add(path);
    if (entry.isDirectory()) {
      if (!isSkippedFolder(entry.name)) await this.#descend(path, join(ancestors.at(-1) ?? '', entry.name), ancestors);
    } else if (entry.isSymbolicLink()) {
      await this.#link(path, entry.name, ancestors);
    } else if (isManifestName(path)) this.#file(path);
  }

  async #link(path: string, name: string, ancestors: readonly string[]): Promise<void> {
    if (isManifestName(path)) this.#file(path);
    else if (isSkippedFolder(name)) return;
    try {
      const isFolder = (await stat(path)).isDirectory();
      if (!isFolder && !isManifestName(path)) return;
      const target = await realpath(path);
      this.linked.push(target);
      if (isFolder) await this.#descend(path, target, ancestors);
    } catch (error) {
      // A broken link to a file is told of when the file is read; another one may lead to anything.
      if (errorCode(error) === 'ELOOP')
        this.#problem('DW0133', path, 'is a link that leads to itself', 'remove the link');
    }
  }

  async #descend(path: string, real: string, ancestors: readonly string[]): Promise<void> {
    if (ancestors.includes(real) || ancestors.length > depthMax) {
      this.#problem('DW0133', path, 'leads back into a folder that holds it', 'remove the link');
    } else await this.folder(path, [...ancestors, real]);
  }

  #file(path: string): void {
    if (this.files.length < filesMax) this.files.push(path);
    else if (!this.problems.some(({ code }) => code === 'DW0135')) {
      this.#problem(
        'DW0135',
        path,
        `and what follows is left out: the folder holds more than ${filesMax} manifests`,
        'choose a smaller folder',
      );
    }
  }

  #problem(code: ResourceProblemCode, path: string, what: string, help: string): void {
    const name = this.#shown(path);
    this.problems.push(fileProblem(code, name, `${name} ${what}`, help));
  }
}
