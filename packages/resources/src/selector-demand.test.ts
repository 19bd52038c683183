import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectorsIntersect } from './selector-demand.js';
import { matchesSelector } from './selector.js';
import type { LabelExpression, LabelSelector } from './types.js';

type Labels = Readonly<Record<string, string>>;

const select = (matchLabels: Labels, ...matchExpressions: LabelExpression[]): LabelSelector => ({
  matchLabels,
  matchExpressions,
});
const has = (key: string): LabelExpression => ({ key, operator: 'Exists' });
const lacks = (key: string): LabelExpression => ({ key, operator: 'DoesNotExist' });
const isIn = (key: string, ...values: string[]): LabelExpression => ({ key, operator: 'In', values });
const notIn = (key: string, ...values: string[]): LabelExpression => ({ key, operator: 'NotIn', values });

/** In both directions. */
function check(a: LabelSelector, b: LabelSelector, witness: Labels | undefined): void {
  expect(selectorsIntersect(a, b)).toEqual(witness);
  expect(selectorsIntersect(b, a)).toEqual(witness);
}

/* oxlint-disable vitest/expect-expect -- `check` asserts */
describe('two selectors', () => {
  it('intersect unless they demand two values of one label', () => {
    check(select({}), select({}), {});
    check(select({ app: 'web' }), select({}), { app: 'web' });
    check(select({ app: 'web' }), select({ tier: 'front' }), { app: 'web', tier: 'front' });
    check(select({ app: 'web' }), select({ app: 'web' }), { app: 'web' });
    check(select({ app: 'web' }), select({ app: 'db' }), undefined);
    check(select({ app: 'web' }), select({}, isIn('app', 'db', 'web')), { app: 'web' });
    check(select({ app: 'web' }), select({}, isIn('app', 'db')), undefined);
    check(select({}, isIn('app', 'c', 'b')), select({}, isIn('app', 'b', 'c', 'a')), { app: 'b' });
  });

  it('intersect in a label that has neither’s excluded values', () => {
    check(select({ app: 'web' }), select({}, notIn('app', 'web')), undefined);
    check(select({ app: 'web' }), select({}, notIn('app', 'db')), { app: 'web' });
    check(select({}, notIn('app', 'web')), select({}, notIn('app', 'db')), {});
    check(select({}, notIn('app', 'other')), select({}, has('app')), { app: 'other-2' });
    check(select({}, isIn('app', 'web', 'db')), select({}, notIn('app', 'web', 'db')), undefined);
  });

  it('intersect where a label is, or is not', () => {
    check(select({}, has('app')), select({}, lacks('app')), undefined);
    check(select({ app: 'web' }), select({}, lacks('app')), undefined);
    check(select({}, has('app')), select({}), { app: 'other' });
    check(select({}, lacks('app')), select({}, notIn('app', 'web')), {});
  });

  it('never intersect when one of them matches nothing', () => {
    check(select({}), select({}, isIn('app')), undefined);
    check(select({}), select({ app: 'web' }, notIn('app', 'web')), undefined);
    check(select({}), select({}, { key: 'app', operator: 'Exists', values: [] }), undefined);
    check(select({}), select({}, { key: 'app', operator: 'In' }), undefined);
    check(select({}), select({}, notIn('app')), {});
  });

  it('know only the labels that are written', () => {
    check(select({}, lacks('constructor')), select({ app: 'web' }), { app: 'web' });
    const proto = select({}, isIn('__proto__', 'x'));
    const witness = selectorsIntersect(proto, select({}));
    expect(witness && matchesSelector(proto, witness)).toBe(true);
  });
});

describe('the intersection', () => {
  const keys = ['app', 'tier', '__proto__'];
  const values = ['other', 'web', ''];
  const value = fc.constantFrom(...values);
  const expression = fc.record<LabelExpression>(
    {
      key: fc.constantFrom(...keys),
      operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
      values: fc.uniqueArray(value),
    },
    { requiredKeys: ['key', 'operator'] },
  );
  // Mostly legal: an illegal expression decides alone.
  const legal = expression.map(({ key, operator, values = [] }): LabelExpression =>
    operator === 'In' || operator === 'NotIn' ? { key, operator, values } : { key, operator },
  );
  const selector = fc.record({
    matchLabels: fc
      .array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 2 })
      .map((pairs): Labels => Object.fromEntries(pairs)),
    matchExpressions: fc.array(fc.oneof({ weight: 9, arbitrary: legal }, { weight: 1, arbitrary: expression }), {
      maxLength: 3,
    }),
  });

  /** Every label set over the keys, with a value that no selector names. */
  const universe = keys.reduce<[string, string][][]>(
    (sets, key) =>
      sets.flatMap((set) => [set, ...[...values, 'unnamed'].map((v) => [...set, [key, v] as [string, string]])]),
    [[]],
  );
  const labelSets = universe.map((set): Labels => Object.fromEntries(set));

  it('is empty exactly when no labels satisfy both, and else shows labels that do', () => {
    let met = 0;
    fc.assert(
      fc.property(selector, selector, (a, b) => {
        const witness = selectorsIntersect(a, b);
        const some = labelSets.some((labels) => matchesSelector(a, labels) && matchesSelector(b, labels));
        expect(witness !== undefined).toBe(some);
        expect(selectorsIntersect(b, a)).toEqual(witness);
        if (witness === undefined) return;
        met += 1;
        expect(matchesSelector(a, witness)).toBe(true);
        expect(matchesSelector(b, witness)).toBe(true);
        const fewer = labelSets.filter((labels) => Object.keys(labels).length < Object.keys(witness).length);
        expect(fewer.some((labels) => matchesSelector(a, labels) && matchesSelector(b, labels))).toBe(false);
      }),
      { numRuns: 3000 },
    );
    expect(met).toBeGreaterThan(300);
  });
});
