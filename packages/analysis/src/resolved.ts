/** What somebody named, found; or a sentence that says what was looked for and what exists. */
export type Resolved<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'failed'; readonly message: string };

export function found<T>(value: T): Resolved<T> {
  return { kind: 'found', value };
}

export function failed(message: string): { readonly kind: 'failed'; readonly message: string } {
  return { kind: 'failed', message };
}

/** More names than this are no help in a sentence. */
const listedMax = 8;

/** `a, b and 3 more` */
export function listed(names: readonly string[]): string {
  if (names.length <= listedMax) return names.join(', ');
  return `${names.slice(0, listedMax).join(', ')} and ${names.length - listedMax} more`;
}
