/**
 * A field that is null is absent: the API server prunes it before defaults are filled in. Not so among the labels of a selector, which
 * the CRDs leave without a schema: there a null stays, and is refused as what it is (docs/spec/control-plane.md §1.1, §2.1). To drop it
 * would make the selector select more than was written.
 */
export const keepsNulls = (field: string): boolean => field === 'matchLabels';

/** Kubernetes objects nest about 20 deep. What is deeper is in fields that nobody reads, and must not use up the stack. */
const depthMax = 64;

/** The value without its null fields; the same value where there are none. */
export function withoutNulls(value: unknown, field = '', depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > depthMax) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => withoutNulls(item, '', depth + 1));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  let changed = false;
  const entries = Object.entries(value).flatMap(([key, entry]: [string, unknown]): [string, unknown][] => {
    if (entry === null && !keepsNulls(field)) {
      changed = true;
      return [];
    }
    const without = withoutNulls(entry, key, depth + 1);
    changed ||= without !== entry;
    return [[key, without]];
  });
  return changed ? Object.fromEntries(entries) : value;
}
