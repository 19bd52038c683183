/** The orders that a policy's parts come in. Each is total, so the same objects give the same policy in whatever order they came. */
import type { PolicyObject, Server } from '@doorward/resources';

interface Named {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string };
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byName = (a: Named, b: Named): number => byText(a.metadata.name, b.metadata.name);

/**
 * The first to claim a port has it: oldest first, absent timestamps before all, then by name (docs/spec/control-plane.md §3).
 * Timestamps are RFC 3339 in UTC with whole seconds, so the order of the texts is the order of the times.
 */
export function byServerAge(a: Server, b: Server): number {
  return byText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || byName(a, b);
}

/** Oldest first, absent timestamps last, then by name: of several rate limits the first counts (docs/spec/control-plane.md §6.1). */
export function byAge(a: Named, b: Named): number {
  const left = a.metadata.creationTimestamp;
  const right = b.metadata.creationTimestamp;
  if (left !== right) {
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return byText(left, right);
  }
  return byName(a, b);
}

/** By age and name, then group and kind (docs/spec/control-plane.md §4.7). */
export function byRouteAge(a: RouteObject, b: RouteObject): number {
  return byAge(a, b) || byText(a.spec.group, b.spec.group) || byText(a.kind, b.kind);
}

type RouteObject = Extract<PolicyObject, { readonly kind: 'HTTPRoute' | 'GRPCRoute' }>;
