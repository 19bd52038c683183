/** Ports that an annotation lists (docs/spec/control-plane.md §1.11). */
import { parsePortSet, portSetHas } from '@doorward/resources';

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
  const set = parsePortSet(text ?? '');
  const numbers = new Set(set.names.flatMap((name) => named.get(name) ?? []));
  return {
    has: (port) => numbers.has(port) || portSetHas(set, port),
    unknown: [...set.bad, ...set.names.filter((name) => !named.has(name))],
  };
}
