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

export function parsePortSet(text: string): ReadonlySet<number> | undefined {
  const set = new Set<number>();
  for (const written of text.split(',')) {
    const item = written.trim();
    if (item === '') continue;
    const match = /^\+?(\d+)(?:\s*-\s*\+?(\d+))?$/.exec(item);
    if (match === null) return undefined;
    const low = Number(match[1]);
    const high = Number(match[2] ?? match[1]);
    if (low < 1 || high > 65_535 || low > high) return undefined;
    for (let port = low; port <= high; port++) set.add(port);
  }
  return set;
}
