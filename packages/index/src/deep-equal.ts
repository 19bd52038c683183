/**
 * Equality of plain values: objects, arrays and primitives, as policies and parsed objects are made of. An absent property and one
 * that is `undefined` are the same. Written here because the index imports nothing of Node, so it also runs in a browser.
 */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => deepEqual(item, b[index]));
  }
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  for (const [key, value] of left) if (!deepEqual(value, right.get(key))) return false;
  for (const [key, value] of right) if (value !== undefined && !left.has(key)) return false;
  return true;
}
