import { commonLabels, type Demands, type Server } from '@doorward/resources';
import type { ServerEntry } from './entries.js';

type Labels = Readonly<Record<string, string>>;

export interface RivalPair {
  /** The older one: it has the port wherever both claim it. */
  readonly first: ServerEntry;
  readonly second: ServerEntry;
  /** Whoever has these is selected by both. */
  readonly labels: Labels;
}

/** The Servers of one namespace by the port that they write, and which of those can select the same workload. */
export class Rivals {
  readonly #byPort = new Map<string, ServerEntry[]>();
  #pairs: readonly RivalPair[] | undefined;

  /** `servers`: oldest first. */
  constructor(servers: readonly ServerEntry[]) {
    for (const entry of servers) {
      const key = portKey(entry.object);
      const same = this.#byPort.get(key);
      if (same === undefined) this.#byPort.set(key, [entry]);
      else same.push(entry);
    }
  }

  get pairs(): readonly RivalPair[] {
    this.#pairs ??= [...this.#byPort.values()].flatMap(pairsAmong);
    return this.#pairs;
  }

  /** Those that can select what `server` does, but for one of its own name, which it would replace. */
  *of(server: Server, demands: Demands): Generator<readonly [ServerEntry, Labels]> {
    for (const entry of this.#byPort.get(portKey(server)) ?? []) {
      if (entry.object.metadata.name === server.metadata.name || entry.demands === undefined) continue;
      const labels = commonLabels(demands, entry.demands);
      if (labels !== undefined) yield [entry, labels];
    }
  }
}

/** A number and a name of digits are two ports; pods and external workloads are never one. */
const portKey = ({ spec: { selects, port } }: Server): string => `${selects} ${typeof port} ${port}`;

/**
 * Not every pair is looked at: most Servers ask for one value of the same label, such as `app`, and those that ask for different ones
 * never meet. A thousand Servers for one port of one namespace then cost about as much as a thousand in a hundred namespaces.
 */
function pairsAmong(servers: readonly ServerEntry[]): RivalPair[] {
  const key = mostAsked(servers);
  const byValue = new Map<string, ServerEntry[]>();
  const before: ServerEntry[] = [];
  /** Those of `before` that take other values of the label, or none. */
  const open: ServerEntry[] = [];
  const pairs: RivalPair[] = [];
  for (const second of servers) {
    if (second.demands === undefined) continue;
    const values = askedValues(second.demands, key);
    const possible = values === undefined ? before : [...open, ...new Set(values.flatMap((v) => byValue.get(v) ?? []))];
    for (const first of possible) {
      const labels = first.demands && commonLabels(first.demands, second.demands);
      if (labels !== undefined) pairs.push({ first, second, labels });
    }
    before.push(second);
    if (values === undefined) open.push(second);
    for (const value of values ?? []) {
      const same = byValue.get(value);
      if (same === undefined) byValue.set(value, [second]);
      else same.push(second);
    }
  }
  return pairs;
}

/** The label of which most of them want certain values. */
function mostAsked(servers: readonly ServerEntry[]): string | undefined {
  const counts = new Map<string, number>();
  let most: string | undefined;
  for (const { demands } of servers) {
    for (const [key, { kind }] of demands ?? []) {
      if (kind !== 'one-of') continue;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > (most === undefined ? 0 : (counts.get(most) ?? 0))) most = key;
    }
  }
  return most;
}

function askedValues(demands: Demands, key: string | undefined): readonly string[] | undefined {
  const demand = key === undefined ? undefined : demands.get(key);
  return demand?.kind === 'one-of' ? [...demand.values] : undefined;
}
