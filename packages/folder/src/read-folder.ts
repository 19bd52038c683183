/** Manifests read once, for commands that answer and end. */
import { resolve } from 'node:path';
import { inBatches } from './batches.js';
import { Claims } from './claims.js';
import { fileProblem } from './file-problem.js';
import { FolderError } from './folder-error.js';
import type { FolderState } from './folder-source.js';
import { emptyFile, withFault, withText, type ManifestFile } from './manifest-file.js';
import { shownAs } from './paths.js';
import { readManifestFile } from './read-file.js';
import { scanFolder, type Scan } from './scan.js';

/** A file that changes during each of this many readings is being written to all the time. */
const attemptsMax = 10;

/**
 * Every manifest below a folder, as `openFolder` would give it, without a watcher.
 *
 * @throws FolderError when it is missing or cannot be listed
 */
export async function readFolder(directory: string): Promise<FolderState> {
  const shown = (path: string): string => shownAs(directory, path);
  let scan: Scan;
  try {
    scan = await scanFolder(resolve(directory), shown);
  } catch (error) {
    throw new FolderError(`the folder \`${directory}\``, error);
  }
  const files = await inBatches(scan.files, async (path) => [path, await readOnce(path, shown(path))] as const);
  return stateOf(new Map(files), scan);
}

/** One manifest, whatever its name. A file that cannot be read is a problem in the state; so is one that is not there. */
export async function readOneFile(path: string): Promise<FolderState> {
  const missing = fileProblem('DW0131', path, `${path} is no file`, 'name a file that exists');
  const file = (await readOnce(path, path)) ?? withFault(emptyFile(path), missing, '');
  return stateOf(new Map([[path, file]]));
}

function stateOf(files: ReadonlyMap<string, ManifestFile | undefined>, scan?: Scan): FolderState {
  const claims = new Claims();
  claims.update(files);
  const { objects, problems, stale, ignored, skipped } = claims;
  return { objects, problems: [...(scan?.problems ?? []), ...problems], stale, ignored, skipped };
}

/** `undefined`: gone since it was listed. */
async function readOnce(path: string, shown: string): Promise<ManifestFile | undefined> {
  const before = emptyFile(shown);
  // Nothing is held of an earlier version, so no time is told of when it broke.
  const since = '';
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const contents = await readManifestFile(path, shown);
    switch (contents.kind) {
      case 'text':
        return withText(before, contents.text, since);
      case 'gone':
        return undefined;
      case 'bad':
        return withFault(before, contents.problem, since);
      case 'moving':
        break;
    }
  }
  return withFault(before, fileProblem('DW0131', shown, `${shown} changes while it is read`, 'try again'), since);
}
