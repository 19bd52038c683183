/** `a`, `b` or `c` — names in backticks, for a sentence. */
export const oneOf = (names: readonly string[]): string => listed(names, 'or');

/** `a`, `b` and `c` */
export const allOf = (names: readonly string[]): string => listed(names, 'and');

function listed(names: readonly string[], word: 'and' | 'or'): string {
  const quoted = names.map((name) => `\`${name}\``);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} ${word} ${last}`;
}

/** Longer input is cut: a problem is a sentence, not a dump. */
const shownMax = 80;

/** What the user wrote, in backticks and on one line. */
export function shown(text: string): string {
  const line = text.replace(/[\r\n]+[\s\S]*/, '…');
  return `\`${line.length > shownMax ? `${line.slice(0, shownMax)}…` : line}\``;
}

/** `spec.rules[0].name` */
export function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/**
 * The candidate that was probably meant, or undefined. Compared without regard to case; a swap of neighbours counts as one
 * mistake (optimal string alignment). Short words allow one mistake, longer ones two.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  // Nobody mistypes a name of this length into another; it also bounds the work on hostile input.
  if (word.length > 64) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = word.length <= 4 ? 1 : 2;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < bestDistance || (distance === bestDistance && best === undefined)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** `did you mean `x`?` or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const found = closest(word, candidates);
  return found === undefined || found === word ? undefined : `did you mean \`${found}\`?`;
}

/** What a value is, for a sentence; `written` is its text in the file, where that says more than the value. */
export function describeValue(value: unknown, written: string | undefined): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  if (typeof value === 'string') return value === '' ? 'empty' : shown(value);
  const text = JSON.stringify(value) ?? 'nothing';
  if (written !== undefined && written !== text) return `${shown(written)}, which YAML reads as ${shown(text)}`;
  return value === null ? 'null' : `the ${typeof value} ${shown(text)}`;
}
