import { FolderError } from './folder-error.js';
import { FolderSource } from './folder-source.js';

/**
 * Read every manifest below a folder and watch it from then on. Skipped are folders that begin with a dot, `node_modules` and
 * policy tests (`*.test.yaml`). Problems in files are part of the state; a folder that is missing or cannot be listed rejects
 * with a {@link FolderError}.
 */
export async function openFolder(directory: string): Promise<FolderSource> {
  try {
    return await FolderSource.open(directory);
  } catch (error) {
    throw new FolderError(`the folder \`${directory}\``, error);
  }
}
