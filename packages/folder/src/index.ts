/**
 * A folder of Kubernetes YAML as a source of policy objects: reads it, watches it, and turns what happens to its files into
 * changes of objects. It knows files and how they are saved; what the objects mean is not its concern. Called by the
 * controller (`--resources DIR`), `doorward up` and the CLI.
 */
export { FolderSource } from './folder-source.js';
export type { FolderChange, FolderState } from './folder-source.js';
export type { StaleObject } from './manifest-file.js';
export { FolderError, openFolder } from './open-folder.js';
export { fileBytesMax } from './read-file.js';
