import { convertLocated } from './convert.js';
import type { Problem } from './problem.js';
import { keyOf } from './types.js';
import type { ObjectKey, PolicyObject, SourcePlace } from './types.js';
import { compose } from './yaml/compose.js';
import type { ComposeError } from './yaml/compose.js';
import { Lines } from './yaml/lines.js';
import { locatorFor, placeOf } from './yaml/locate.js';
import type { Source } from './yaml/locate.js';
import { toValue } from './yaml/node.js';
import type { YamlNode } from './yaml/node.js';
import { splitDocuments } from './yaml/split.js';
import type { Chunk } from './yaml/split.js';
import { explainSyntaxError } from './yaml/syntax.js';
import { shown } from './words.js';

export interface Manifests {
  /** In the order of the text; two may have the same key. */
  readonly objects: readonly PolicyObject[];
  readonly problems: readonly Problem[];
  /** Objects of kinds that inbound policy does not read. */
  readonly ignored: readonly IgnoredObject[];
  /** Documents, and entries of lists, of which no object could be made. */
  readonly failed: readonly FailedDocument[];
}

export interface IgnoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly place: SourcePlace;
}

export interface FailedDocument {
  /** Absent when the document does not say, or cannot be read: any object of the file may be meant. */
  readonly key: ObjectKey | undefined;
  readonly place: SourcePlace;
  /** Nothing in it says that it is meant for Kubernetes at all, as in a `package.json`. */
  readonly isForeign: boolean;
}

/**
 * Parse the Kubernetes objects of a YAML or JSON text: several documents, any order, `kind: List` unpacked. What is wrong with
 * one document leaves the others as they are. Never throws. `file` is what problems name.
 */
export function parseManifests(text: string, file: string): Manifests {
  const reader = new ManifestReader({ file, text, lines: new Lines(text) });
  for (const chunk of splitDocuments(text)) reader.document(chunk);
  return reader;
}

/** Beyond this many broken documents nobody reads causes; each costs as much as parsing twenty good ones. */
const explainedDocumentsMax = 100;

class ManifestReader implements Manifests {
  readonly objects: PolicyObject[] = [];
  readonly problems: Problem[] = [];
  readonly ignored: IgnoredObject[] = [];
  readonly failed: FailedDocument[] = [];
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  document(chunk: Chunk): void {
    let composed: ReturnType<typeof compose>;
    try {
      composed = compose(this.#source.text.slice(chunk.start, chunk.end), chunk.start);
    } catch (error) {
      const problem = explainSyntaxError(this.#source, chunk, error, this.failed.length >= explainedDocumentsMax);
      this.problems.push(problem);
      this.#fail(undefined, problem.place ?? placeOf(this.#source, chunk));
      return;
    }
    const { root, errors } = composed;
    if (!root) return;
    for (const error of errors) this.problems.push(this.#composeProblem(error));
    this.#object(root, errors.length > 0);
  }

  #object(node: YamlNode, isBroken: boolean): void {
    const items = listItems(node);
    if (items) {
      for (const item of items) this.#object(item, isBroken);
      return;
    }
    const locator = locatorFor(this.#source, node);
    const value = toValue(node);
    const converted = convertLocated(value, { strict: true }, locator);
    this.problems.push(...converted.problems);
    const place = locator.place(['metadata', 'name'], 'value', undefined);
    switch (converted.kind) {
      case 'object':
        if (isBroken) this.#fail(keyOf(converted.object), place);
        else this.objects.push(converted.object);
        break;
      case 'refused':
        this.#fail(converted.key, place, !looksLikeObject(value));
        break;
      case 'ignored':
        this.ignored.push({
          apiVersion: converted.apiVersion,
          kind: converted.objectKind,
          name: converted.name,
          place: pick(place),
        });
    }
  }

  #fail(key: ObjectKey | undefined, place: SourcePlace, isForeign = false): void {
    this.failed.push({ key, place: pick(place), isForeign });
  }

  #composeProblem(error: ComposeError): Problem {
    const problem = (code: Problem['code'], message: string, help: string, label?: string): Problem => ({
      code,
      severity: 'error',
      message,
      place: placeOf(this.#source, error, label),
      help,
    });
    const text = shown(error.text);
    switch (error.kind) {
      case 'duplicate-key': {
        const first = error.first ? this.#source.lines.at(error.first.start).line : 0;
        return problem(
          'DW0104',
          `the key ${text} is written twice`,
          'remove one; of two, which one counts depends on the program that reads them',
          `first written in line ${first}`,
        );
      }
      case 'unknown-alias':
        return problem(
          'DW0108',
          `a value that begins with \`*\` has to be quoted`,
          `write it as "*${error.text}"`,
          'YAML reads this as an alias, and no anchor has that name',
        );
      case 'alias-bomb':
        return problem(
          'DW0109',
          `the alias ${text} repeats too much`,
          'write the repeated part out where it is needed',
        );
      case 'key-not-text':
        return problem('DW0110', 'a key has to be text', 'put keys with brackets in quotes');
      case 'bad-merge':
        return problem(
          'DW0110',
          '`<<` takes a mapping, or a list of mappings',
          'merge an alias of a mapping: `<<: *name`',
        );
      case 'unknown-tag':
        return problem(
          'DW0110',
          `the tag ${text} has no meaning in a manifest`,
          'remove the tag, or put a value that begins with `!` in quotes',
        );
    }
  }
}

/** The entries of a `List` as kubectl prints it, or of a typed one that names each entry's kind. */
function listItems(node: YamlNode): readonly YamlNode[] | undefined {
  if (node.kind !== 'map') return undefined;
  const kind = node.entries.get('kind')?.value;
  const items = node.entries.get('items')?.value;
  const isList = kind?.kind === 'scalar' && typeof kind.value === 'string' && kind.value.endsWith('List');
  return isList && items?.kind === 'list' ? items.items : undefined;
}

/**
 * One of these words is in many a file of other programs (a Helm chart has `apiVersion`); two are there even where somebody forgot
 * or mistyped one.
 */
function looksLikeObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return ['apiVersion', 'kind', 'metadata', 'spec'].filter((field) => Object.hasOwn(value, field)).length >= 2;
}

const pick = ({ file, line, column }: SourcePlace): SourcePlace => ({ file, line, column });
