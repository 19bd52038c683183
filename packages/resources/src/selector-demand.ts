/**
 * Whether two selectors can select the same thing, whatever exists today. A selector is taken apart into what it demands of each
 * label; demands of one label can be met by one value or they can't, and labels don't depend on one another, so the answer is exact.
 */
import { isLegal } from './selector.js';
import type { LabelExpression, LabelSelector } from './types.js';

type Labels = Readonly<Record<string, string>>;

/** What is demanded of one label. Closed under {@link meet}. */
export type Demand =
  | { readonly kind: 'absent' }
  /** There, with one of these values. Not empty. */
  | { readonly kind: 'one-of'; readonly values: ReadonlySet<string> }
  /** There, with any value but these. */
  | { readonly kind: 'present'; readonly not: ReadonlySet<string> }
  /** Absent, or there with any value but these. */
  | { readonly kind: 'free'; readonly not: ReadonlySet<string> };

/** By label; a label that is not in it may be anything. */
export type Demands = ReadonlyMap<string, Demand>;

/** `undefined`: the selector matches nothing, because it contradicts itself or is illegal (docs/spec/control-plane.md §3, §9 Q25). */
export function demandsOf({ matchLabels, matchExpressions }: LabelSelector): Demands | undefined {
  if (!matchExpressions.every(isLegal)) return undefined;
  const demands = new Map<string, Demand>();
  const add = (key: string, demand: Demand | undefined): boolean => {
    const before = demands.get(key);
    const both = demand && before ? meet(before, demand) : demand;
    if (both !== undefined) demands.set(key, both);
    return both !== undefined;
  };
  const isPossible =
    Object.entries(matchLabels).every(([key, value]) => add(key, { kind: 'one-of', values: new Set([value]) })) &&
    matchExpressions.every((expression) => add(expression.key, demandOf(expression)));
  return isPossible ? demands : undefined;
}

function demandOf({ operator, values = [] }: LabelExpression): Demand | undefined {
  switch (operator) {
    case 'In':
      return values.length === 0 ? undefined : { kind: 'one-of', values: new Set(values) };
    case 'NotIn':
      return { kind: 'free', not: new Set(values) };
    case 'Exists':
      return { kind: 'present', not: new Set() };
    case 'DoesNotExist':
      return { kind: 'absent' };
  }
}

/** What both demand; `undefined`: nothing can be both. */
function meet(a: Demand, b: Demand): Demand | undefined {
  if (a.kind === 'one-of') {
    const values = [...a.values].filter((value) => allows(b, value));
    return values.length === 0 ? undefined : { kind: 'one-of', values: new Set(values) };
  }
  if (b.kind === 'one-of') return meet(b, a);
  if (a.kind === 'absent') return b.kind === 'present' ? undefined : a;
  if (b.kind === 'absent') return meet(b, a);
  const kind = a.kind === 'present' || b.kind === 'present' ? 'present' : 'free';
  return { kind, not: new Set([...a.not, ...b.not]) };
}

function allows(demand: Demand, value: string): boolean {
  switch (demand.kind) {
    case 'absent':
      return false;
    case 'one-of':
      return demand.values.has(value);
    case 'present':
    case 'free':
      return !demand.not.has(value);
  }
}

/**
 * The fewest labels that satisfy both selectors; `undefined` when no labels do. The same for (a, b) and (b, a). Where a label may
 * have any value but some, it is called `other`: there are more valid values than a selector can name.
 */
export function selectorsIntersect(a: LabelSelector, b: LabelSelector): Labels | undefined {
  const left = demandsOf(a);
  const right = demandsOf(b);
  return left && right && commonLabels(left, right);
}

/** {@link selectorsIntersect} for selectors that are compared many times. */
export function commonLabels(a: Demands, b: Demands): Labels | undefined {
  const labels: [string, string][] = [];
  for (const [key, demand] of a) {
    const other = b.get(key);
    const both = other === undefined ? demand : meet(demand, other);
    if (both === undefined) return undefined;
    const value = example(both);
    if (value !== undefined) labels.push([key, value]);
  }
  for (const [key, demand] of b) {
    const value = a.has(key) ? undefined : example(demand);
    if (value !== undefined) labels.push([key, value]);
  }
  // fromEntries defines own properties even for a key such as `__proto__`.
  return Object.fromEntries(labels.sort(([x], [y]) => (x < y ? -1 : 1)));
}

function example(demand: Demand): string | undefined {
  switch (demand.kind) {
    case 'absent':
    case 'free':
      return undefined;
    case 'one-of':
      return [...demand.values].reduce((least, value) => (value < least ? value : least));
    case 'present': {
      let value = 'other';
      for (let i = 2; demand.not.has(value); i++) value = `other-${i}`;
      return value;
    }
  }
}
