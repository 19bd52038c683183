import type { ObjectKey } from '@doorward/resources';
import type { GrantEntry } from './entries.js';
import { MultiMap } from './multi-map.js';
import { routeTarget, targetOf, type RouteObject } from './routes.js';

/** The AuthorizationPolicies of one namespace, found by what they are for. */
export class GrantTable {
  readonly #byKey = new Map<ObjectKey, GrantEntry>();
  readonly #byTarget = new MultiMap<string, GrantEntry>();

  get size(): number {
    return this.#byKey.size;
  }

  [Symbol.iterator](): IterableIterator<GrantEntry> {
    return this.#byKey.values();
  }

  add(key: ObjectKey, entry: GrantEntry): void {
    this.#byKey.set(key, entry);
    this.#byTarget.add(targetKey(entry), entry);
  }

  /** The entry that is gone, if there was one. */
  delete(key: ObjectKey): GrantEntry | undefined {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return undefined;
    this.#byKey.delete(key);
    this.#byTarget.delete(targetKey(entry), entry);
    return entry;
  }

  /** Those for the Server itself, and those for the whole namespace. */
  onServer(name: string): GrantEntry[] {
    return [...this.#byTarget.get(serverTarget(name)), ...this.#byTarget.get(wholeNamespace)];
  }

  onRoute(route: RouteObject): ReadonlySet<GrantEntry> {
    return this.#byTarget.get(targetOf(route));
  }
}

const wholeNamespace = 'Namespace';

const serverTarget = (name: string): string => `Server/${name}`;

function targetKey({ object }: GrantEntry): string {
  const { target } = object.spec;
  switch (target.kind) {
    case 'Server':
      return serverTarget(target.name);
    case 'Namespace':
      return wholeNamespace;
    case 'HTTPRoute':
    case 'GRPCRoute':
      return routeTarget(target.kind, target.group, target.name);
  }
}
