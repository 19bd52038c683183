/** The objects of a case as its steps go by. */
import { keyOfParts, type ObjectKey } from '@doorward/resources';
import type { Case } from './corpus.js';
import type { Expected, ManifestObject } from './format.js';

export type Step = Expected['steps'][number];

export class ManifestState {
  readonly #case: Case;
  readonly #objects = new Map<ObjectKey, ManifestObject>();

  constructor(found: Case) {
    this.#case = found;
    for (const object of found.objects) {
      if (this.#objects.has(rawKey(object))) throw new Error(`cases/${found.name}: ${rawKey(object)} is written twice`);
      this.#objects.set(rawKey(object), object);
    }
  }

  get objects(): readonly ManifestObject[] {
    return [...this.#objects.values()];
  }

  /** The keys of what was removed. */
  go({ apply, remove }: Step): ObjectKey[] {
    const removed = remove.map((name) => {
      const key = this.keyOf(name);
      if (!this.#objects.delete(key)) throw new Error(`cases/${this.#case.name}: there is no ${name} to remove`);
      return key;
    });
    for (const object of apply) this.#objects.set(rawKey(object), object);
    return removed;
  }

  /** Of an object of the case that is called `KIND/NAME` or `KIND/NAMESPACE/NAME`. */
  keyOf(text: string): ObjectKey {
    const [kind = '', ...rest] = text.split('/');
    const name = rest.at(-1);
    const namespace = rest.length > 1 ? rest[0] : this.#case.expected.namespace;
    const found = [...this.#objects].find(
      ([, { kind: other, metadata }]) =>
        other === kind &&
        metadata.name === name &&
        (kind === 'Namespace' || (metadata.namespace ?? 'default') === namespace),
    );
    if (found === undefined) throw new Error(`cases/${this.#case.name}: there is no ${text}`);
    return found[0];
  }
}

function rawKey({ apiVersion, kind, metadata }: ManifestObject): ObjectKey {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  return keyOfParts(kind, group, metadata.namespace ?? 'default', metadata.name);
}
