/** The index of a case, fed as the controller feeds it: from a text, or from objects as an API server gives them. */
import { PolicyIndex } from '@doorward/index';
import { convertObject, keyOf, parseManifests, type ObjectKey, type PolicyObject } from '@doorward/resources';
import type { Case } from './corpus.js';
import type { ManifestObject } from './format.js';
import { ManifestState, type Step } from './manifest-state.js';

interface Read {
  readonly objects: readonly PolicyObject[];
  readonly refused: readonly (ObjectKey | undefined)[];
  readonly complaints: readonly string[];
}

function readText(text: string, file: string): Read {
  const { objects, failed, problems, ignored } = parseManifests(text, file);
  const strangers = ignored.map(({ kind, name }) => `${kind}/${name} is of a kind that no policy reads`);
  const complaints = problems.map(({ code, message, place }) => `${place?.line ?? 0}: ${code} ${message}`);
  return { objects, refused: failed.map(({ key }) => key), complaints: [...complaints, ...strangers] };
}

/** As a cluster's objects are read. */
export function readObjects(values: readonly ManifestObject[]): Read {
  const all = values.map((value) => convertObject(value, { strict: false }));
  return {
    objects: all.flatMap((converted) => (converted.kind === 'object' ? [converted.object] : [])),
    refused: all.flatMap((converted) => (converted.kind === 'refused' ? [converted.key] : [])),
    complaints: all.flatMap(({ problems }) => problems.map(({ code, message }) => `${code} ${message}`)),
  };
}

export class CaseIndex {
  readonly index: PolicyIndex;
  readonly #case: Case;
  readonly #state: ManifestState;

  /** @throws when an object is refused, or is not, against what the case says */
  constructor(found: Case) {
    this.#case = found;
    this.#state = new ManifestState(found);
    this.index = new PolicyIndex(found.config);
    const { objects, refused, complaints } =
      found.expected.objects === 'files' ? readText(found.text, found.file) : readObjects(found.objects);
    const meant = found.expected.refused.map((name) => this.#state.keyOf(name));
    if (meant.length !== refused.length || refused.some((key) => key === undefined || !meant.includes(key))) {
      throw new Error(
        `${found.file}: refused are [${refused.join(', ')}], the case says [${meant.join(', ')}]\n${complaints.join('\n')}`,
      );
    }
    this.index.applyAll({ upserted: objects, removed: [] });
    if (this.index.objects().next().done === true && found.text !== '') throw new Error(`${found.file} has no objects`);
  }

  /** An object that is refused leaves its predecessor in force. */
  go(step: Step): void {
    const removed = this.#state.go(step);
    const { objects } =
      this.#case.expected.objects === 'files'
        ? readText(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: step.apply }), 'step.yaml')
        : readObjects(step.apply);
    const upserted = new Map(objects.map((object) => [keyOf(object), object]));
    this.index.applyAll({ upserted: [...upserted.values()], removed });
  }
}
