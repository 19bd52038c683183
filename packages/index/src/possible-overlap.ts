/** Servers that select the same port of a workload that may exist (docs/spec/control-plane.md §3, §9 Q11). */
import { demandsOf, type Server } from '@doorward/resources';
import type { ServerEntry } from './entries.js';
import type { IndexState } from './index-state.js';
import type { NamespaceState } from './namespace-state.js';
import { byServerAge, byText } from './order.js';
import { claimedPorts, serverSelects } from './selection.js';
import type { Template } from './template.js';
import type { WorkloadRef } from './workload.js';

/**
 * Two Servers of one namespace that claim the same port of a workload that exists or could be made. Those that write their port alike
 * do so wherever some labels satisfy both selectors; a name and a number, or two names, only where a workload that exists says that
 * they mean the same, because any pod could say so.
 */
export interface PossibleOverlap {
  /** The one that has, or would have, the port. */
  readonly winner: Server;
  readonly shadowed: Server;
  /** The port as both write it; otherwise the numbers that it comes to on the workloads that exist. Not empty. */
  readonly ports: readonly (number | string)[];
  /** A workload with these is selected by both. */
  readonly labels: Readonly<Record<string, string>>;
  /** The workload that makes a name mean what the other Server writes. Absent where both write their port alike. */
  readonly workload: WorkloadRef | undefined;
}

/** Every pair once, in no particular order. */
export function findPossibleOverlaps(index: IndexState): PossibleOverlap[] {
  return [...index.namespaces.values()].flatMap((state) => [
    ...state.rivals.pairs.map(({ first, second, labels }) => alike(first.object, second.object, labels)),
    ...meetingsIn(state),
  ]);
}

/** The Servers that this one, which need not be known, overlaps or would overlap. One of its own name doesn't count. */
export function overlapsOf(index: IndexState, server: Server): PossibleOverlap[] {
  const state = index.namespaces.get(server.metadata.namespace);
  const demands = demandsOf(server.spec.selector);
  if (state === undefined || demands === undefined) return [];
  const rivals = [...state.rivals.of(server, demands)];
  return [...rivals.map(([other, labels]) => alike(server, other.object, labels)), ...meetingsOf(state, server)];
}

function alike(a: Server, b: Server, labels: PossibleOverlap['labels']): PossibleOverlap {
  return { ...inOrder(a, b), ports: [a.spec.port], labels, workload: undefined };
}

function inOrder(a: Server, b: Server): Pick<PossibleOverlap, 'winner' | 'shadowed'> {
  return byServerAge(a, b) <= 0 ? { winner: a, shadowed: b } : { winner: b, shadowed: a };
}

/** Pairs that write their port differently and meet on a workload that exists. */
function meetingsIn(state: NamespaceState): PossibleOverlap[] {
  if (![...state.servers.values()].some(({ object }) => isNamed(object))) return [];
  const meetings = new Meetings(state);
  for (const template of state.templates) {
    const claims = new Map<number, ServerEntry[]>();
    for (const entry of state.selecting(template)) {
      for (const port of claimedPorts(entry.object, template)) {
        const rivals = claims.get(port) ?? [];
        for (const rival of rivals) meetings.add(rival.object, entry.object, port, template);
        claims.set(port, [...rivals, entry]);
      }
    }
  }
  return meetings.overlaps();
}

function meetingsOf(state: NamespaceState, server: Server): PossibleOverlap[] {
  const meetings = new Meetings(state);
  for (const template of state.templates) {
    if (!serverSelects(server, template)) continue;
    const ports = claimedPorts(server, template);
    for (const { object } of state.selecting(template)) {
      if (object.metadata.name === server.metadata.name) continue;
      for (const port of claimedPorts(object, template)) {
        if (ports.includes(port)) meetings.add(object, server, port, template);
      }
    }
  }
  return meetings.overlaps();
}

const isNamed = ({ spec }: Server): boolean => typeof spec.port === 'string';

interface Meeting {
  readonly a: Server;
  readonly b: Server;
  readonly ports: Set<number>;
  template: Template;
  /** Of all workloads where they meet the first by name. */
  workload: string;
}

class Meetings {
  readonly #state: NamespaceState;
  readonly #byPair = new Map<string, Meeting>();
  readonly #first = new Map<Template, string>();

  constructor(state: NamespaceState) {
    this.#state = state;
  }

  add(a: Server, b: Server, port: number, template: Template): void {
    // Written alike, they are found by their selectors.
    if (a.spec.port === b.spec.port) return;
    const key = [a, b]
      .map(({ metadata }) => metadata.name)
      .sort(byText)
      .join(' ');
    const workload = this.#firstOf(template);
    const known = this.#byPair.get(key);
    if (known === undefined) {
      this.#byPair.set(key, { a, b, ports: new Set([port]), template, workload });
      return;
    }
    known.ports.add(port);
    if (byText(workload, known.workload) < 0) Object.assign(known, { template, workload });
  }

  #firstOf(template: Template): string {
    let first = this.#first.get(template);
    if (first === undefined) {
      first = [...template.members].reduce((least, name) => (byText(name, least) < 0 ? name : least));
      this.#first.set(template, first);
    }
    return first;
  }

  overlaps(): PossibleOverlap[] {
    return [...this.#byPair.values()].map(({ a, b, ports, template, workload }) => ({
      ...inOrder(a, b),
      ports: [...ports].sort((x, y) => x - y),
      labels: template.labels,
      workload: this.#state.workloads.get(workload)?.ref,
    }));
  }
}
