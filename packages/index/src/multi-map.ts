/** Many values under one key: the reverse references of the index. A key without values takes no memory. */
export class MultiMap<Key, Value> {
  readonly #sets = new Map<Key, Set<Value>>();
  readonly #none: ReadonlySet<Value> = new Set();

  add(key: Key, value: Value): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  delete(key: Key, value: Value): void {
    const set = this.#sets.get(key);
    if (set === undefined) return;
    set.delete(value);
    if (set.size === 0) this.#sets.delete(key);
  }

  get(key: Key): ReadonlySet<Value> {
    return this.#sets.get(key) ?? this.#none;
  }
}
