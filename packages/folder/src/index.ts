/**
 * A folder of Kubernetes YAML as a source of policy objects: reads it once, or watches it and turns what happens to its files into
 * changes of objects. It knows files and how they are saved; what the objects mean is not its concern. Called by the
 * controller (`--resources DIR`), `doorward up` and the CLI.
 */
export { FolderSource } from './folder-source.js';
export type { FolderChange, FolderState } from './folder-source.js';
export type { StaleObject } from './manifest-file.js';
export { FolderError } from './folder-error.js';
export { openFolder } from './open-folder.js';
export { readFolder, readOneFile } from './read-folder.js';
