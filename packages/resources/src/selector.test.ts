import { describe, expect, it } from 'vitest';
import { matchesSelector } from './selector.js';
import type { LabelExpression, LabelSelector } from './types.js';

const all = { matchLabels: {}, matchExpressions: [] };
const expressions = (...matchExpressions: LabelExpression[]): LabelSelector => ({ matchLabels: {}, matchExpressions });
const labels = { app: 'web', tier: 'front' };

describe('a label selector', () => {
  it('that is empty matches everything', () => {
    expect(matchesSelector(all, labels)).toBe(true);
    expect(matchesSelector(all, {})).toBe(true);
  });

  it('with labels matches when all of them are there', () => {
    expect(matchesSelector({ ...all, matchLabels: { app: 'web', tier: 'front' } }, labels)).toBe(true);
    expect(matchesSelector({ ...all, matchLabels: { app: 'web', tier: 'back' } }, labels)).toBe(false);
    expect(matchesSelector({ ...all, matchLabels: { other: '' } }, labels)).toBe(false);
  });

  it('does not find labels that JavaScript brings along', () => {
    expect(matchesSelector(expressions({ key: 'constructor', operator: 'Exists' }), labels)).toBe(false);
  });

  it.each<[LabelExpression, boolean]>([
    [{ key: 'app', operator: 'In', values: ['web', 'api'] }, true],
    [{ key: 'app', operator: 'In', values: ['api'] }, false],
    [{ key: 'none', operator: 'In', values: ['web'] }, false],
    [{ key: 'app', operator: 'In', values: [] }, false],
    [{ key: 'app', operator: 'In' }, false],
    [{ key: 'app', operator: 'NotIn', values: ['api'] }, true],
    [{ key: 'app', operator: 'NotIn', values: ['web'] }, false],
    [{ key: 'none', operator: 'NotIn', values: ['web'] }, true],
    [{ key: 'app', operator: 'NotIn', values: [] }, true],
    [{ key: 'app', operator: 'NotIn' }, false],
    [{ key: 'app', operator: 'Exists' }, true],
    [{ key: 'none', operator: 'Exists' }, false],
    [{ key: 'app', operator: 'Exists', values: [] }, false],
    [{ key: 'none', operator: 'DoesNotExist' }, true],
    [{ key: 'app', operator: 'DoesNotExist' }, false],
    [{ key: 'none', operator: 'DoesNotExist', values: [] }, false],
  ])('%j is %s', (expression, matches) => {
    expect(matchesSelector(expressions(expression), labels)).toBe(matches);
  });

  it('holds expressions and labels together', () => {
    const selector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'Exists' as const }] };
    expect(matchesSelector(selector, labels)).toBe(true);
    expect(matchesSelector(selector, { app: 'web' })).toBe(false);
    expect(matchesSelector(selector, { tier: 'front' })).toBe(false);
  });
});
