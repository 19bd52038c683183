/**
 * The value of a port annotation such as `config.linkerd.io/opaque-ports`. Linkerd's controller drops the whole value for one
 * bad item, even for a port's name, which its injector allows (docs/spec/control-plane.md §1.11, §9 Q13). The parts are kept
 * apart here, so that whoever uses them can resolve names and tell of what is bad.
 */
export interface PortSet {
  /** Inclusive at both ends; 1…65535. */
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
  /** Items that are port names. */
  readonly names: readonly string[];
  /** Items that are neither. */
  readonly bad: readonly string[];
}

const number = /^\+?\d{1,8}$/;
const range = /^(\+?\d{1,8})\s*-\s*(\+?\d{1,8})$/;
/** An IANA service name, as Kubernetes wants it: up to 15 characters, at least one letter. */
const portName = /^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/;

/** Parse a comma-separated list of ports, ranges `a-b` and port names. Empty items are skipped. */
export function parsePortSet(text: string): PortSet {
  const ranges: { first: number; last: number }[] = [];
  const names: string[] = [];
  const bad: string[] = [];
  for (const part of text.split(',')) {
    const item = part.trim();
    if (item === '') continue;
    const match = range.exec(item);
    const first = Number(match?.[1] ?? item);
    const last = Number(match?.[2] ?? item);
    if (match || number.test(item)) {
      if (first >= 1 && first <= last && last <= 65_535) ranges.push({ first, last });
      else bad.push(item);
    } else if (portName.test(item)) names.push(item);
    else bad.push(item);
  }
  return { ranges, names, bad };
}

/** Whether the ranges have the port; names have to be resolved by whoever knows the workload's ports. */
export function portSetHas(set: PortSet, port: number): boolean {
  return set.ranges.some(({ first, last }) => first <= port && port <= last);
}
