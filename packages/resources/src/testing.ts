/** For the tests of this package. */
import { parseManifests } from './manifests.js';
import type { PolicyObject } from './types.js';

/** Wrap a spec, written in YAML's flow style or in block style beginning at column 0, into an object called `x`. */
export function manifest(
  apiVersion: string,
  kind: string,
  spec: string,
  metadata = '{name: x, namespace: ns}',
): string {
  const body = spec.includes('\n') ? `\n${spec.replace(/^/gm, '  ')}` : ` ${spec}`;
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\nspec:${body}\n`;
}

/** The one object of a text that has no problems. */
export function only(text: string): PolicyObject {
  const { objects, problems } = parseManifests(text, 'x.yaml');
  const [object, ...others] = objects;
  if (!object || others.length > 0 || problems.length > 0) {
    throw new Error(
      `expected one good object:\n${problems.map(({ code, message }) => `${code} ${message}`).join('\n')}`,
    );
  }
  return object;
}

/** Problems in brief: code, what is marked in the text, message. */
export function told(text: string): string[] {
  return parseManifests(text, 'x.yaml').problems.map(({ code, message, place }) => {
    const marked = place?.lineText.slice(place.column - 1, place.column - 1 + place.length) ?? '';
    return `${code} [${marked}] ${message}`;
  });
}
