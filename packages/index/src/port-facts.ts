/** What a workload's containers say about its ports: read once for all workloads that say the same, in whatever namespace. */
import type { Container, ContainerPort } from '@doorward/resources';
import { byText } from './order.js';
import { probePath } from './probe-path.js';

export interface PortFacts {
  readonly ports: readonly ContainerPort[];
  /** The numbers that a port's name means to a Server. */
  readonly named: ReadonlyMap<string, readonly number[]>;
  /** By port: the paths that the kubelet asks for, sorted, each once. */
  readonly probes: ReadonlyMap<number, readonly string[]>;
}

export interface SharedFacts extends PortFacts {
  readonly id: number;
  readonly key: string;
  /** A pod keeps these instead of equal ones of its own. Empty for an external workload. */
  readonly containers: readonly Container[];
  /** By how many templates. */
  uses: number;
}

/** Those in use. Sidecars and probes are alike all over a cluster, so there are far fewer than templates. */
export class PortFactsTable {
  readonly #facts = new Map<string, SharedFacts>();
  #next = 0;

  ofContainers(containers: readonly Container[]): SharedFacts {
    return this.#share(JSON.stringify(containers), containers, () => podPorts(containers));
  }

  /** Of an external workload. */
  ofPorts(ports: readonly ContainerPort[]): SharedFacts {
    return this.#share(`external ${JSON.stringify(ports)}`, [], () => externalPorts(ports));
  }

  use(facts: SharedFacts): void {
    facts.uses += 1;
  }

  release(facts: SharedFacts): void {
    facts.uses -= 1;
    if (facts.uses === 0) this.#facts.delete(facts.key);
  }

  #share(key: string, containers: readonly Container[], read: () => PortFacts): SharedFacts {
    let facts = this.#facts.get(key);
    if (facts === undefined) {
      facts = { id: this.#next++, key, containers, uses: 0, ...read() };
      this.#facts.set(key, facts);
    }
    return facts;
  }
}

function podPorts(containers: readonly Container[]): PortFacts {
  const ports = containers.flatMap((container) => container.ports);
  const named = new Map<string, number[]>();
  for (const { name, port } of ports.filter(isTcp)) {
    if (name === undefined) continue;
    const numbers = named.get(name);
    if (numbers === undefined) named.set(name, [port]);
    else if (!numbers.includes(port)) numbers.push(port);
  }
  return { ports, named, probes: probePaths(containers) };
}

/** One number a name, the last one written (docs/spec/control-plane.md §3). */
function externalPorts(ports: readonly ContainerPort[]): PortFacts {
  const named = ports.filter(isTcp).flatMap(({ name, port }) => (name === undefined ? [] : [[name, [port]] as const]));
  return { ports, named: new Map(named), probes: new Map() };
}

/** docs/spec/control-plane.md §4.7: a probe's port name is looked up in its own container only, whatever its case. */
function probePaths(containers: readonly Container[]): Map<number, string[]> {
  const paths = new Map<number, Set<string>>();
  for (const container of containers) {
    for (const probe of container.httpProbes) {
      const wanted = probe.port;
      const port =
        typeof wanted === 'number'
          ? wanted
          : container.ports.find((p) => isTcp(p) && p.name?.toLowerCase() === wanted.toLowerCase())?.port;
      const path = probePath(probe.path);
      if (port === undefined || port < 1 || port > 65_535 || path === undefined) continue;
      const known = paths.get(port);
      if (known === undefined) paths.set(port, new Set([path]));
      else known.add(path);
    }
  }
  return new Map([...paths].map(([port, set]) => [port, [...set].sort(byText)]));
}

const isTcp = (port: ContainerPort): boolean => port.protocol.toUpperCase() === 'TCP';
