import type { LabelSelector } from '@doorward/resources';

/** docs/spec/control-plane.md §3: an illegal expression makes the whole selector match nothing. */
export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value) &&
    selector.matchExpressions.every(({ key, operator, values }) => {
      const label = labels[key];
      switch (operator) {
        case 'In':
          return values !== undefined && label !== undefined && values.includes(label);
        case 'NotIn':
          return values !== undefined && (label === undefined || !values.includes(label));
        case 'Exists':
          return values === undefined && label !== undefined;
        case 'DoesNotExist':
          return values === undefined && label === undefined;
      }
    })
  );
}

export interface PortSet {
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
  readonly names: readonly string[];
  readonly bad: readonly string[];
}

export function parsePortSet(text: string): PortSet {
  const ranges: { first: number; last: number }[] = [];
  const names: string[] = [];
  const bad: string[] = [];
  for (const written of text.split(',')) {
    const item = written.trim();
    if (item === '') continue;
    const match = /^\+?(\d+)(?:\s*-\s*\+?(\d+))?$/.exec(item);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match !== null && first >= 1 && first <= last && last <= 65_535) ranges.push({ first, last });
    else if (/^[a-z0-9-]*[a-z][a-z0-9-]*$/.test(item)) names.push(item);
    else bad.push(item);
  }
  return { ranges, names, bad };
}

export function portSetHas(set: PortSet, port: number): boolean {
  return set.ranges.some(({ first, last }) => first <= port && port <= last);
}
