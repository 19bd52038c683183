/** `.`, quantifiers, classes, groups, anchors, alternatives and escapes: where a pattern stops being plain text. */
const special = /[\\^$.|?*+()[\]{}]/;

/**
 * The text that everything begins with that the pattern matches from its start: `/items/` of `/items/[0-9]+`. Asking for it first spares
 * most patterns most requests. It may be too short, never too long: only printable ASCII, nothing of a pattern with alternatives,
 * nothing that a quantifier makes optional; flags such as `(?i)` are behind a parenthesis, so that nothing after them counts.
 */
export function literalStart(pattern: string): string {
  if (pattern.includes('|')) return '';
  const anchored = pattern.startsWith('^') ? 1 : 0;
  let end = anchored;
  while (end < pattern.length && isPlain(pattern.charAt(end))) end++;
  const next = pattern.charAt(end);
  // A quantifier belongs to the character before it.
  if (end > anchored && (next === '?' || next === '*' || next === '+' || next === '{')) end--;
  return pattern.slice(anchored, end);
}

function isPlain(character: string): boolean {
  return character >= ' ' && character <= '~' && !special.test(character);
}
