/**
 * Equality of plain values: objects, arrays and primitives, as policies and parsed objects are made of. An absent property and one
 * that is `undefined` are the same. Written here because the index imports nothing of Node, so it also runs in a browser.
 */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => deepEqual(item, b[index]));
  }
  for (const key of Object.keys(a)) if (!deepEqual(a[key], own(b, key))) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && !Object.hasOwn(a, key)) return false;
  return true;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** A label called `constructor` is not what every object inherits under that name. */
const own = (object: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** For many comparisons of few pairs: the ports under one Server all change from one shared value to another. */
export class PairwiseEqual {
  readonly #compared = new Map<unknown, { readonly to: unknown; readonly isEqual: boolean }>();

  compare(a: unknown, b: unknown): boolean {
    if (Object.is(a, b)) return true;
    const known = this.#compared.get(a);
    if (known !== undefined && known.to === b) return known.isEqual;
    const isEqual = deepEqual(a, b);
    this.#compared.set(a, { to: b, isEqual });
    return isEqual;
  }
}
