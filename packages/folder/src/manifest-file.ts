import { keyOf, parseManifests } from '@doorward/resources';
import type { IgnoredObject, ObjectKey, PolicyObject, Problem } from '@doorward/resources';

/** An object of which the file no longer holds a good version: what is in force is the last one that was good. */
export interface StaleObject {
  readonly key: ObjectKey;
  readonly file: string;
  /** When the file broke: RFC 3339. */
  readonly since: string;
}

export interface HeldObject {
  readonly object: PolicyObject;
  /** Set while the object is kept from an earlier version of the file. */
  readonly staleSince: string | undefined;
}

/** What one file holds at present. Each version makes a new value from the one before. */
export interface ManifestFile {
  /** As shown to people. */
  readonly name: string;
  readonly held: ReadonlyMap<ObjectKey, HeldObject>;
  readonly problems: readonly Problem[];
  readonly ignored: readonly IgnoredObject[];
  /** It holds something else than Kubernetes objects, which is no problem: folders aren't made for policies alone. */
  readonly isForeign: boolean;
}

export const emptyFile = (name: string): ManifestFile => ({
  name,
  held: new Map(),
  problems: [],
  ignored: [],
  isForeign: false,
});

/**
 * A new text of a file. A document that is broken keeps the last good version of its object; one that does not even say whose
 * it is might be any object of the file that is missing now, so all of these are kept. So are they when the last document is
 * broken: the file may have been cut off there, and what came after it must not be lifted by that.
 */
export function withText(before: ManifestFile, text: string, now: string): ManifestFile {
  const { objects, problems, ignored, failed } = parseManifests(text, before.name);
  const held = new Map<ObjectKey, HeldObject>();
  const repeated: Problem[] = [];
  for (const object of objects) {
    const key = keyOf(object);
    const first = held.get(key);
    if (first) repeated.push(repeatedProblem(key, object, first.object));
    else held.set(key, { object, staleSince: undefined });
  }
  const broken = new Set(failed.map(({ key }) => key));
  const lastGood = Math.max(0, ...[...objects, ...ignored].map(({ place }) => place?.line ?? 0));
  const maybeAny = failed.some(({ key, place }) => key === undefined || place.line > lastGood);
  for (const [key, { object, staleSince }] of before.held) {
    if (!held.has(key) && (broken.has(key) || maybeAny)) held.set(key, { object, staleSince: staleSince ?? now });
  }
  // What was an object before is broken now, whatever it looks like.
  const isForeign =
    held.size === 0 && ignored.length === 0 && failed.length > 0 && failed.every((document) => document.isForeign);
  return { name: before.name, held, problems: isForeign ? [] : [...problems, ...repeated], ignored, isForeign };
}

/** A file that cannot be read any more: all it held is kept. */
export function withFault(before: ManifestFile, problem: Problem, now: string): ManifestFile {
  const held = new Map(
    [...before.held].map(([key, { object, staleSince }]) => [key, { object, staleSince: staleSince ?? now }]),
  );
  return { name: before.name, held, problems: [problem], ignored: [], isForeign: false };
}

/** `key` is written at two places; the second is the one marked. */
export function repeatedProblem(key: ObjectKey, second: PolicyObject, first: PolicyObject): Problem {
  const { place } = second;
  const where = first.place ? `${first.place.file}:${first.place.line}` : 'elsewhere';
  return {
    code: 'DW0134',
    severity: 'error',
    message: `\`${key}\` is written twice; the one at ${where} is in force`,
    ...(place && { place: { ...place, length: second.metadata.name.length, lineText: '' } }),
    help: 'remove one of the two, or rename it',
  };
}
