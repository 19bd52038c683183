import { emptyFile, withFault, withText } from './manifest-file.js';
import type { ManifestFile } from './manifest-file.js';
import { lookAt, readManifestFile } from './read-file.js';
import type { Settling } from './settling.js';

/**
 * How long nothing may happen to a file that looks unfinished, emptied or ending in the middle of a line, in milliseconds. A
 * writer that is slow (a network disk, a script that prints line by line) leaves such files, and almost nobody means one.
 */
const doubtfulQuietMs = 60;

/** Reads files that came to rest, and remembers which version of each it read. */
export class ManifestReader {
  readonly #shown: (path: string) => string;
  readonly #settling: Settling;
  readonly #read = new Map<string, { signature: string; isEmpty: boolean }>();

  constructor(shown: (path: string) => string, settling: Settling) {
    this.#shown = shown;
    this.#settling = settling;
  }

  /** Of the version that was read last; undefined when the file was not there or was never read. */
  signatureOf(path: string): string | undefined {
    return this.#read.get(path)?.signature;
  }

  /** Read the file again the next time, whatever its signature. */
  forget(path: string): void {
    this.#read.delete(path);
  }

  /**
   * What the file holds now, given what it held; undefined when it is gone. `wait`: it is, or seems to be, in the middle of
   * being written. At the first reading there is nothing to keep, so an unfinished look is taken as it is.
   */
  async read(
    path: string,
    held: ManifestFile | undefined,
    isFirst: boolean,
  ): Promise<ManifestFile | 'wait' | undefined> {
    const contents = await readManifestFile(path, this.#shown(path));
    const before = held ?? emptyFile(this.#shown(path));
    switch (contents.kind) {
      case 'moving':
        this.#settling.saw(path, 'moving', true, performance.now());
        return 'wait';
      case 'gone':
        this.#settling.forget(path);
        this.#read.delete(path);
        return undefined;
      case 'bad': {
        const looked = await lookAt(path, this.#shown(path));
        this.#settling.forget(path);
        this.#read.set(path, { signature: looked.kind === 'file' ? looked.signature : looked.kind, isEmpty: false });
        return withFault(before, contents.problem, new Date().toISOString());
      }
      case 'text': {
        const isEmpty = contents.text.trim() === '';
        if (!isFirst && this.#isUnfinished(path, contents.text, isEmpty)) {
          this.#settling.extend(path, doubtfulQuietMs);
          return 'wait';
        }
        this.#settling.forget(path);
        this.#read.set(path, { signature: contents.signature, isEmpty });
        return withText(before, contents.text, new Date().toISOString());
      }
    }
  }

  #isUnfinished(path: string, text: string, isEmpty: boolean): boolean {
    const isDoubtful = isEmpty ? this.#read.get(path)?.isEmpty === false : !looksComplete(path, text);
    return isDoubtful && !this.#settling.isQuietFor(path, doubtfulQuietMs, performance.now());
  }
}

/** A whole file ends with a line break, which editors and tools see to, or is JSON and ends with its bracket. */
function looksComplete(path: string, text: string): boolean {
  return /[\r\n]\s*$/.test(text.slice(-64)) || (path.endsWith('.json') && /[}\]]$/.test(text));
}
