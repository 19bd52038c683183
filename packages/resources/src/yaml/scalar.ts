/**
 * What a plain scalar means. kubectl reads manifests by YAML 1.1 rules, where `no` and `off` are false and `0777` is octal;
 * a file has to mean the same to us, so we read it so too. (A word that became a boolean where text is expected is then
 * reported with its cause.)
 */
export type ScalarValue = string | number | boolean | null;

const words = new Map<string, boolean | null>([
  ['', null],
  ['~', null],
]);
for (const [value, names] of [
  [null, ['null']],
  [true, ['true', 'yes', 'on', 'y']],
  [false, ['false', 'no', 'off', 'n']],
] as const) {
  for (const name of names) {
    for (const spelling of [name, name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)]) {
      words.set(spelling, value);
    }
  }
}

const numeric = /^[-+]?[.0-9]/;
const integer = /^([-+]?)(0b[01]+|0x[0-9a-fA-F]+|0o?[0-7]+|0|[1-9][0-9]*)$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** The value of a plain (unquoted) scalar. */
export function resolvePlain(text: string): ScalarValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  return numeric.test(text) ? resolveNumber(text) : text;
}

function resolveNumber(text: string): ScalarValue {
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  const match = integer.exec(digits);
  if (match) {
    const [, sign = '', body = ''] = match;
    const magnitude = /^0o?[0-7]+$/.test(body) ? Number.parseInt(body.replace('o', ''), 8) : Number(body);
    return sign === '-' ? -magnitude : magnitude;
  }
  return float.test(digits) ? Number(digits) : text;
}
