import { basename, extname, join, relative, resolve } from 'node:path';

/** Nesting of folders that nobody reaches on purpose; it ends a walk through links that lead ever deeper. */
export const depthMax = 32;

const extensions = new Set(['.yaml', '.yml', '.json']);

/** Whether a file of this name holds manifests. Policy tests (`*.test.yaml`) stand beside them and hold none. */
export function isManifestName(path: string): boolean {
  const name = basename(path);
  const extension = extname(name);
  return extensions.has(extension) && !name.startsWith('.') && !name.slice(0, -extension.length).endsWith('.test');
}

/** Whether a folder of this name is left out: version control, editors, and the hidden halves of a ConfigMap volume. */
export function isSkippedFolder(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/** A path below a folder, in the form in which the folder was named. */
export function shownAs(directory: string, path: string): string {
  return join(directory, relative(resolve(directory), path));
}
