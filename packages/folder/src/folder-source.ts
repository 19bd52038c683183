import { resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { IgnoredObject, ObjectKey, PolicyObject, Problem } from '@doorward/resources';
import { Claims } from './claims.js';
import { faultText, fileProblem } from './file-problem.js';
import { ManifestReader } from './manifest-reader.js';
import type { ManifestFile, StaleObject } from './manifest-file.js';
import { inBatches } from './batches.js';
import { isManifestName, shownAs } from './paths.js';
import { isContainer, lookAt } from './read-file.js';
import { scanFolder } from './scan.js';
import type { Scan } from './scan.js';
import { Settling } from './settling.js';
import { FolderWatch } from './watch.js';

/** One step from one state of the folder to the next. */
export interface FolderChange {
  /** New and changed objects. One that only moved to another line is among them: decisions name lines. */
  readonly upserted: readonly PolicyObject[];
  readonly removed: readonly ObjectKey[];
  /** All problems of the folder at present. */
  readonly problems: readonly Problem[];
  /** All objects at present that are in force although their file broke. */
  readonly stale: readonly StaleObject[];
  /** Objects that were stale before this change and are not any more. */
  readonly fixed: readonly StaleObject[];
  /** All files at present that hold something else than Kubernetes objects, such as a `package.json`. */
  readonly skipped: readonly string[];
}

export interface FolderState {
  readonly objects: ReadonlyMap<ObjectKey, PolicyObject>;
  readonly problems: readonly Problem[];
  readonly stale: readonly StaleObject[];
  readonly ignored: readonly IgnoredObject[];
  /** Files that hold something else than Kubernetes objects, such as a `package.json`. */
  readonly skipped: readonly string[];
}

/**
 * How long nothing may happen to a file before it is read, in milliseconds. Saving is seldom one step: the file is emptied,
 * then written, and a read in between would show a policy without its rules. Those steps follow each other within a
 * millisecond or two; 10 leaves room and keeps a save below the 20 that a person's "at once" allows us here.
 */
const quietMs = 10;
/** Files that settled wait for others of the same burst, so that a checkout is one change, but not longer than this. */
const burstMs = 100;
/** Events can be lost: the kernel's queue overflows, network disks send none. Then a change is seen at the next round. */
const roundMs = 30_000;
/** While the folder itself is missing there is nothing to watch. */
const missingRoundMs = 500;

/** The folder's files as they come to rest, and what follows from them. Made by `openFolder`. */
export class FolderSource {
  /** As it was given; problems and places name files below it in this form. */
  readonly directory: string;
  readonly #root: string;
  readonly #claims = new Claims();
  readonly #listeners = new Set<(change: FolderChange) => void>();
  readonly #settling = new Settling({ quietMs, burstMs });
  readonly #reader: ManifestReader;
  readonly #hinted = new Set<string>();
  #scanWanted = true;
  #scan: Scan = { files: [], linked: [], containers: new Set(), unreadable: [], problems: [] };
  #watchProblems: readonly Problem[] = [];
  /** What `#problems` reflects besides the files; most looks find nothing new, and then nothing is computed. */
  #told: Scan | undefined;
  #toldWatch: readonly Problem[] | undefined;
  #problems: readonly Problem[] = [];
  #stale: readonly StaleObject[] = [];
  #skipped: readonly string[] = [];
  #watch: FolderWatch | undefined;
  #isMissing = false;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isClosed = false;

  private constructor(directory: string) {
    this.directory = directory;
    this.#root = resolve(directory);
    this.#reader = new ManifestReader(this.#shown, this.#settling);
  }

  /** See `openFolder`. */
  static async open(directory: string): Promise<FolderSource> {
    const source = new FolderSource(directory);
    // Asked first for a clear answer; the watcher would only be silent.
    await scanFolder(source.#root, source.#shown);
    try {
      await source.#startWatch();
      source.#working = source.#first();
      await source.#working;
    } catch (error) {
      await source.close();
      throw error;
    }
    source.#working = undefined;
    source.#planNext();
    return source;
  }

  /** What is in force now. */
  get current(): FolderState {
    return {
      objects: this.#claims.objects,
      problems: this.#problems,
      stale: this.#stale,
      ignored: this.#claims.ignored,
      skipped: this.#skipped,
    };
  }

  /** Hear of changes from now on; call the result to stop. A listener must not throw. */
  onChange(listener: (change: FolderChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stop watching. Resolves when no watcher and no timer is left and no change can come any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    await this.#working;
    await this.#watch?.close();
    this.#watch = undefined;
  }

  async #startWatch(): Promise<void> {
    this.#watch = await FolderWatch.start(
      this.#root,
      (path) => {
        this.#hint(path);
      },
      (error) => {
        this.#watchProblems = [
          fileProblem(
            'DW0131',
            this.directory,
            `changes of ${this.directory} are not seen at once: ${faultText(error)}`,
            'restart after mending it; until then the folder is read every 30 s',
          ),
        ];
        this.#hint(undefined);
      },
    );
  }

  /** What is there at the start is taken as it is: there is no good version yet that a half-written file could replace. */
  async #first(): Promise<void> {
    await this.#look(true);
    await this.#commit(this.#settling.all(), true);
  }

  readonly #shown = (path: string): string => shownAs(this.directory, path);

  #hint(path: string | undefined): void {
    if (path === undefined) this.#scanWanted = true;
    else this.#hinted.add(path);
    this.#plan(0);
  }

  #plan(delayMs: number): void {
    if (this.#isClosed || this.#working) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
        this.#planNext();
      });
    }, delayMs);
  }

  #planNext(): void {
    const isHinted = this.#scanWanted || this.#hinted.size > 0;
    const round = this.#isMissing ? missingRoundMs : roundMs;
    this.#plan(isHinted ? 0 : (this.#settling.waitMs(performance.now()) ?? round));
  }

  async #work(): Promise<void> {
    // A round that nobody asked for begins with a look everywhere.
    const isRound = !this.#scanWanted && this.#hinted.size === 0 && this.#settling.isIdle;
    await this.#look(isRound || this.#scanWanted);
    const ready = this.#settling.ready(performance.now());
    await this.#commit(ready, false);
  }

  /** Find out which files differ from what was read of them, and since when. */
  async #look(everywhere: boolean): Promise<void> {
    const hinted = [...this.#hinted];
    this.#hinted.clear();
    this.#scanWanted = false;
    const touched = new Set(hinted.filter(isManifestName));
    const others = hinted.filter((path) => !isManifestName(path));
    const isScan = everywhere || (await this.#isAnyContainer(others));
    if (isScan) await this.#scanAll();
    const paths = new Set([...touched, ...this.#settling.paths]);
    if (isScan && !this.#isMissing) {
      for (const path of [...this.#scan.files, ...this.#claims.paths]) if (!this.#isHidden(path)) paths.add(path);
    }
    const looked = await inBatches([...paths], async (path) => ({
      path,
      found: await lookAt(path, this.#shown(path)),
    }));
    for (const { path, found } of looked) {
      const signature = found.kind === 'file' ? found.signature : found.kind;
      const known = this.#reader.signatureOf(path);
      const isMore = found.kind !== 'gone' || this.#claims.file(path) !== undefined;
      const isChanged = known === undefined ? isMore : known !== signature;
      if (touched.has(path) || isChanged || this.#settling.has(path)) {
        this.#settling.saw(path, signature, touched.has(path), performance.now());
      }
    }
  }

  /** A folder that cannot be listed says nothing of its files; they stay as they were. */
  #isHidden(path: string): boolean {
    return this.#scan.unreadable.some((folder) => path.startsWith(folder + sep));
  }

  /** Whether one of these paths is, or was, a folder or a link, so that what lies behind it has to be listed anew. */
  async #isAnyContainer(paths: readonly string[]): Promise<boolean> {
    for (const path of paths) if (this.#scan.containers.has(path) || (await isContainer(path))) return true;
    return false;
  }

  async #scanAll(): Promise<void> {
    const wasMissing = this.#isMissing;
    try {
      this.#scan = await scanFolder(this.#root, this.#shown);
      this.#isMissing = false;
    } catch (error) {
      this.#isMissing = true;
      this.#scan = {
        ...this.#scan,
        problems: [
          fileProblem(
            'DW0136',
            this.directory,
            `the folder ${this.directory} cannot be read any more: ${faultText(error)}`,
            'what it held before stays in force; bring it back, or stop doorward',
          ),
        ],
      };
    }
    if (wasMissing && !this.#isMissing && !this.#isClosed) {
      // The watcher lost its folder; the one of this name now is another.
      await this.#watch?.close();
      await this.#startWatch();
    }
    if (!this.#isMissing) this.#watch?.watchLinked(this.#scan.linked);
  }

  /** Read the files that came to rest and tell what changed. */
  async #commit(paths: readonly string[], isFirst: boolean): Promise<void> {
    const changes = new Map<string, ManifestFile | undefined>();
    const read = await inBatches(paths, async (path) => ({
      path,
      change: await this.#reader.read(path, this.#claims.file(path), isFirst),
    }));
    for (const { path, change } of read) if (change !== 'wait') changes.set(path, change);
    // All files of a folder vanish when the folder does. That is no wish to lift its policies.
    if ([...changes.values()].includes(undefined)) await this.#scanAll();
    if (this.#isMissing) {
      this.#settling.clear();
      for (const path of changes.keys()) this.#reader.forget(path);
      changes.clear();
    }
    this.#tell(changes);
  }

  #tell(changes: ReadonlyMap<string, ManifestFile | undefined>): void {
    if (changes.size === 0 && this.#told === this.#scan && this.#toldWatch === this.#watchProblems) return;
    this.#told = this.#scan;
    this.#toldWatch = this.#watchProblems;
    const { upserted, removed } = this.#claims.update(changes);
    const problems = [...this.#watchProblems, ...this.#scan.problems, ...this.#claims.problems];
    const stale = this.#claims.stale;
    const { skipped } = this.#claims;
    const staleKeys = new Set(stale.map(({ key }) => key));
    const fixed = this.#stale.filter(({ key }) => !staleKeys.has(key));
    const isNothing =
      upserted.length === 0 &&
      removed.length === 0 &&
      isDeepStrictEqual(problems, this.#problems) &&
      isDeepStrictEqual(stale, this.#stale) &&
      isDeepStrictEqual(skipped, this.#skipped);
    this.#problems = problems;
    this.#stale = stale;
    this.#skipped = skipped;
    if (isNothing || this.#isClosed) return;
    const change = { upserted, removed, problems, stale, fixed, skipped };
    for (const listener of this.#listeners) listener(change);
  }
}
