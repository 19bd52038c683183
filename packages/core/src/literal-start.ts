/** `.`, quantifiers, classes, groups, anchors, alternatives and escapes: where a pattern stops being plain text. */
const special = /[\\^$.|?*+()[\]{}]/;

/** What may make the character before it optional: a quantifier, or something empty that one may follow: flags, an empty quotation. */
const mayReachBack = /^(?:[?*+{]|\(\?[^:P<]|\\[QE])/;

/**
 * The text that everything begins with that the pattern matches from its start: `/items/` of `/items/[0-9]+`. Asking for it first spares
 * most patterns most requests. It may be too short, never too long: only printable ASCII, nothing of a pattern with alternatives,
 * nothing that a quantifier makes optional. Flags such as `(?i)` are behind a parenthesis, so nothing after them counts.
 */
export function literalStart(pattern: string): string {
  if (pattern.includes('|')) return '';
  const start = pattern.startsWith('^') ? 1 : 0;
  let end = start;
  while (end < pattern.length && isPlain(pattern.charAt(end))) end++;
  if (end > start && mayReachBack.test(pattern.slice(end))) end--;
  return pattern.slice(start, end);
}

function isPlain(character: string): boolean {
  return character >= ' ' && character <= '~' && !special.test(character);
}
