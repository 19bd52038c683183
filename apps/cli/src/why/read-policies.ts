/** Policies of files and folders, read once. */
import { fileBytesMax, openFolder } from '@doorward/folder';
import { keyOf, parseManifests, type ObjectKey, type PolicyObject, type Problem } from '@doorward/resources';
import { readFile, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { Failure } from '../failure.js';

interface Read {
  readonly objects: readonly PolicyObject[];
  readonly problems: readonly Problem[];
}

export interface Policies extends Read {
  /** Files that hold something else than Kubernetes objects, such as a `package.json`. */
  readonly skipped: readonly string[];
}

/** Of an object that is written twice the first counts. Rejects with a {@link Failure} when a path cannot be read at all. */
export async function readPolicies(paths: readonly string[], directory: string): Promise<Policies> {
  const objects = new Map<ObjectKey, PolicyObject>();
  const problems: Problem[] = [];
  for (const path of paths) {
    const read = await readPath(path);
    problems.push(...read.problems);
    for (const object of read.objects) {
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
  const skipped = foreignFiles(shown, placed);
  return {
    objects: placed,
    problems: shown.filter(({ place }) => place === undefined || !skipped.includes(place.file)),
    skipped,
  };
}

/** A folder that was not made for policies alone has other YAML and JSON in it: nothing there says that it is an object. */
function foreignFiles(problems: readonly Problem[], objects: readonly PolicyObject[]): string[] {
  const files = new Set(problems.flatMap(({ place }) => place?.file ?? []));
  for (const { place } of objects) if (place !== undefined) files.delete(place.file);
  for (const { place, code } of problems) {
    if (place !== undefined && code !== 'DW0111' && code !== 'DW0112') files.delete(place.file);
  }
  return [...files].sort();
}

async function readPath(path: string): Promise<Read> {
  let isFolder: boolean;
  try {
    const stats = await stat(path);
    isFolder = stats.isDirectory();
    if (!isFolder && stats.size > fileBytesMax) throw new Failure(`${path} is larger than ${fileBytesMax} bytes`);
    if (!isFolder) return parseManifests(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`\`${path}\` cannot be read`, { cause: error });
  }
  const folder = await openFolder(path);
  const { objects, problems } = folder.current;
  await folder.close();
  return { objects: [...objects.values()], problems };
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
