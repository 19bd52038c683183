/** Ports that an annotation lists (docs/spec/control-plane.md §1.11). */
import { parsePortSet } from './pending.js';

export interface AnnotationPorts {
  has(port: number): boolean;
  /** Items that are neither ports nor the name of a port of this workload. */
  readonly unknown: readonly string[];
}

/**
 * Numbers, ranges, and names of the workload's own ports. An item that is none of these is left out and reported; Linkerd's
 * controller drops the whole list then, also for a name, which its injector allows (docs/spec/control-plane.md §9 Q13).
 */
export function annotationPorts(
  text: string | undefined,
  named: ReadonlyMap<string, readonly number[]>,
): AnnotationPorts {
  const parts: { has(port: number): boolean }[] = [];
  const unknown: string[] = [];
  for (const written of (text ?? '').split(',')) {
    const item = written.trim();
    if (item === '') continue;
    const numbers = parsePortSet(item);
    if (numbers !== undefined) parts.push(numbers);
    else if (named.has(item)) parts.push(new Set(named.get(item)));
    else unknown.push(item);
  }
  return { has: (port) => parts.some((part) => part.has(port)), unknown };
}
