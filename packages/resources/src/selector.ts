import { z } from 'zod';
import type { Issues, Path } from './issue.js';
import type { LabelExpression, LabelSelector } from './types.js';
import { exactlyOneOf } from './schema-note.js';
import { pathText } from './words.js';

/** docs/spec/control-plane.md §1.1, "LS". */
export const labelSelectorSchema = z.object({
  matchLabels: z
    .record(z.string(), z.string())
    // The CRD does not look at the values; the webhook does.
    .meta({ crd: { additionalProperties: null, 'x-kubernetes-preserve-unknown-fields': true } })
    .optional()
    .meta({ description: 'Labels that all have to be there with these values.' }),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional()
    .meta({ description: 'Conditions on labels that all have to hold.' }),
});

/** Of Server v1alpha1: labels or expressions, not both (docs/spec/control-plane.md §1.2). */
export const eitherSelectorSchema = labelSelectorSchema.meta(exactlyOneOf('matchLabels', 'matchExpressions'));

export function convertSelector(
  selector: z.input<typeof labelSelectorSchema>,
  path: Path,
  issues: Issues,
): LabelSelector {
  const matchExpressions = (selector.matchExpressions ?? []).map(({ key, operator, values }, i): LabelExpression => {
    const expression = { key, operator, ...(values && { values }) };
    if (!isLegal(expression)) {
      const at = [...path, 'matchExpressions', i];
      const wants = operator === 'In' || operator === 'NotIn';
      issues.warning(
        'DW0124',
        at,
        `\`${pathText(at)}\` makes the selector match nothing: \`${operator}\` ${wants ? 'needs `values`' : 'takes no `values`'}`,
        {
          help: wants ? 'add `values`' : 'remove `values`',
        },
      );
    }
    return expression;
  });
  return { matchLabels: { ...selector.matchLabels }, matchExpressions };
}

/** `In` and `NotIn` need the `values` key, the others must not have it, not even empty (docs/spec/control-plane.md §3). */
export function isLegal({ operator, values }: LabelExpression): boolean {
  return (operator === 'In' || operator === 'NotIn') === (values !== undefined);
}

/**
 * Whether labels satisfy a selector, by the rules of docs/spec/control-plane.md §3: expressions and labels are ANDed, absent or
 * empty parts match all, and one illegal expression makes the whole selector match nothing.
 */
export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return (
    selector.matchExpressions.every((expression) => isLegal(expression) && satisfies(expression, labels)) &&
    Object.entries(selector.matchLabels).every(([key, value]) => valueOf(labels, key) === value)
  );
}

function satisfies({ key, operator, values = [] }: LabelExpression, labels: Readonly<Record<string, string>>): boolean {
  const value = valueOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Own properties only: a label called `constructor` is absent unless written. */
const valueOf = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;
