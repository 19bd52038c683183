/**
 * Values by leading segments of a path. What is kept under `/a/b` concerns every path that goes on with a slash after it: `/a/b/`,
 * `/a/b/c`, but not `/a/bc`. A path is looked up segment by segment, never further than the longest key, so that what it costs
 * is bounded by the policy and not by the client.
 */
export class SegmentMap<Value> {
  readonly #values = new Map<string, Value>();
  #longest = 0;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    this.#longest = Math.max(this.#longest, key.length);
  }

  /** Where the longest run of whole segments ends that is shorter than `below` characters and may be a key; 0: there is none. */
  endBelow(path: string, below: number): number {
    let end = Math.min(below - 1, this.#longest);
    while (end > 0 && path.charCodeAt(end) !== 0x2f) end--;
    return Math.max(end, 0);
  }
}
