/** Policies of files and folders, read once. */
import { FolderError, readFolder, readOneFile, type FolderState } from '@doorward/folder';
import { keyOf, type ObjectKey, type PolicyObject, type Problem } from '@doorward/resources';
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { Failure } from '../failure.js';

export interface Policies {
  readonly objects: readonly PolicyObject[];
  readonly problems: readonly Problem[];
  /** Files that hold something else than Kubernetes objects, such as a `package.json`. */
  readonly skipped: readonly string[];
}

/** Of an object that is written twice the first counts. Rejects with a {@link Failure} when a path cannot be read at all. */
export async function readPolicies(paths: readonly string[], directory: string): Promise<Policies> {
  const objects = new Map<ObjectKey, PolicyObject>();
  const problems: Problem[] = [];
  const skipped = new Set<string>();
  for (const path of paths) {
    const read = await readPath(path);
    problems.push(...read.problems);
    for (const file of read.skipped) skipped.add(file);
    for (const object of read.objects.values()) {
      const key = keyOf(object);
      const first = objects.get(key);
      if (first === undefined) objects.set(key, object);
      else if (!isSamePlace(first, object)) problems.push(repeated(key, object, first));
    }
  }
  const shown = problems.map((problem) =>
    problem.place === undefined ? problem : { ...problem, place: nearer(problem.place, directory) },
  );
  const placed = [...objects.values()].map((object) =>
    object.place === undefined ? object : { ...object, place: nearer(object.place, directory) },
  );
  return {
    objects: placed,
    problems: shown,
    skipped: [...skipped].map((file) => nearer({ file }, directory).file).sort(),
  };
}

async function readPath(path: string): Promise<FolderState> {
  try {
    return (await stat(path)).isDirectory() ? await readFolder(path) : await readOneFile(path);
  } catch (error) {
    if (error instanceof FolderError) throw new Failure(error.message);
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) throw new Failure(`there is no file or folder \`${path}\``);
    throw new Failure(`\`${path}\` cannot be read`, { cause: error });
  }
}

function isSamePlace({ place: a }: PolicyObject, { place: b }: PolicyObject): boolean {
  return a?.file === b?.file && a?.line === b?.line;
}

function repeated(key: ObjectKey, { place, metadata }: PolicyObject, first: PolicyObject): Problem {
  const where = first.place === undefined ? 'read first' : `at ${first.place.file}:${first.place.line}`;
  return {
    code: 'DW0134',
    severity: 'error',
    message: `\`${key}\` is written twice; the one ${where} is in force`,
    ...(place && { place: { ...place, length: metadata.name.length, lineText: '' } }),
    help: 'remove one of the two, or rename it',
  };
}

/** Files as one would name them from here. */
function nearer<Place extends { readonly file: string }>(place: Place, directory: string): Place {
  const file = relative(directory, place.file);
  return file.startsWith('..') && file.length >= place.file.length ? place : { ...place, file };
}
