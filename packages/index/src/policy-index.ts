import type { InboundPolicy, Origin } from '@doorward/core';
import type { ObjectKey, PolicyObject, Server } from '@doorward/resources';
import type { ClusterConfig } from './config.js';
import { PairwiseEqual } from './deep-equal.js';
import { IndexState } from './index-state.js';
import type { Cell, PolicyListener } from './entries.js';
import { findOverlaps, type Overlap } from './overlap.js';
import { originKey } from './origin-key.js';
import { findPossibleOverlaps, overlapsOf, type PossibleOverlap } from './possible-overlap.js';
import { PortValues } from './port-values.js';
import type { ObjectStatus } from './finding.js';
import { objectStatuses } from './status.js';
import { workloadName, type WorkloadListing, type WorkloadRef } from './workload.js';

/** Changes that belong together. A key that is in both lists ends up with the object. */
export interface Batch {
  readonly upserted: readonly PolicyObject[];
  readonly removed: readonly ObjectKey[];
}

/** What one batch came to. */
export interface Round {
  /** How many watched ports were worked out again. */
  readonly recomputed: number;
  /** Those of them whose policy is now another. */
  readonly changed: readonly { readonly workload: WorkloadRef; readonly port: number }[];
}

/**
 * From Kubernetes objects to what is in force on each port of each workload (docs/spec/control-plane.md §3, §4). Synchronous; the
 * order of applies makes no difference. Values are worked out when asked for, kept while somebody watches, and shared: ports that
 * have equal policies by the same Server or default have the same value, so `===` and a `WeakMap` work on it.
 */
export class PolicyIndex {
  readonly #state: IndexState;
  readonly #values: PortValues;
  readonly #due: (() => void)[] = [];
  #notifying = false;

  constructor(config: ClusterConfig) {
    this.#state = new IndexState(config);
    this.#values = new PortValues(config, this.#state);
  }

  get config(): ClusterConfig {
    return this.#state.config;
  }

  /** Adds an object, or replaces the one with its key. */
  apply(object: PolicyObject): Round {
    return this.applyAll({ upserted: [object], removed: [] });
  }

  /** Does nothing when no object has the key. */
  remove(key: ObjectKey): Round {
    return this.applyAll({ upserted: [], removed: [key] });
  }

  /** As one step: no listener sees a state between the first change and the last. */
  applyAll(batch: Batch): Round {
    const reached = new Set<Cell>();
    for (const key of batch.removed) this.#state.drop(key, reached);
    for (const object of batch.upserted) this.#state.put(object, reached);

    const changed: { workload: WorkloadRef; port: number }[] = [];
    const equality = new PairwiseEqual();
    for (const cell of reached) {
      if (!this.#recompute(cell, equality)) continue;
      const { ref, port, value } = cell;
      changed.push({ workload: ref, port });
      for (const listener of cell.listeners) {
        this.#due.push(() => {
          if (cell.listeners.has(listener)) listener(value);
        });
      }
    }
    this.#notify();
    return { recomputed: reached.size, changed };
  }

  /** What is in force on a port, 1…65535, declared or not; `undefined` when there is no such workload. */
  policyOf(workload: WorkloadRef, port: number): InboundPolicy | undefined {
    const name = workloadName(workload);
    const state = this.#state.namespaces.get(workload.namespace);
    const cell = state?.cells.get(name)?.get(port);
    return cell === undefined ? this.#values.value(state, name, port)?.policy : cell.value;
  }

  /**
   * Calls the listener with every later value of {@link policyOf} that differs from the one before; with `undefined` when the
   * workload is deleted, and again with a policy should it come back. Ends with the function returned.
   */
  watch(workload: WorkloadRef, port: number, listener: PolicyListener): () => void {
    const state = this.#state.state(workload.namespace);
    const name = workloadName(workload);
    let ports = state.cells.get(name);
    if (ports === undefined) {
      ports = new Map();
      state.cells.set(name, ports);
    }
    let cell = ports.get(port);
    if (cell === undefined) {
      const { namespace, kind } = workload;
      const ref: WorkloadRef = { namespace, kind, name: workload.name };
      cell = { ref, workload: name, port, value: undefined, server: undefined, listeners: new Set() };
      ports.set(port, cell);
      this.#recompute(cell, new PairwiseEqual());
    }
    const watched = cell;
    // A function of its own, so that the same listener can be registered twice.
    const registered: PolicyListener = (policy) => listener(policy);
    watched.listeners.add(registered);
    return () => {
      if (watched.listeners.delete(registered) && watched.listeners.size === 0) this.#evict(watched);
    };
  }

  /** Every workload, in no particular order. */
  *workloads(): Generator<WorkloadListing> {
    for (const state of this.#state.namespaces.values()) {
      for (const entry of state.workloads.values()) {
        const { ref, object, template } = entry;
        const { labels, facts } = template;
        const { effective, notes } = this.#values.defaultsOf(state, template);
        yield { ref, object, labels, ports: facts.ports, place: object.place, defaultPolicy: effective, notes };
      }
    }
  }

  /** The Servers that claim the port: the one that has it first, then those that would follow. Empty: the default policy holds. */
  explainServers(workload: WorkloadRef, port: number): Server[] {
    const state = this.#state.namespaces.get(workload.namespace);
    const entry = state?.workloads.get(workloadName(workload));
    if (state === undefined || entry === undefined) return [];
    return state.claiming(entry.template, port).map(({ object }) => object);
  }

  /** Ports that more than one Server claims. Walks every workload. */
  overlaps(): Overlap[] {
    return findOverlaps(this.#state);
  }

  /**
   * Servers that claim the same port of a workload that exists or could be made, a superset of {@link overlaps}. What is found by
   * selectors alone is kept until a Server of the namespace changes; the rest walks every sort of workload.
   */
  possibleOverlaps(): PossibleOverlap[] {
    return findPossibleOverlaps(this.#state);
  }

  /** {@link possibleOverlaps} of one Server as they are, or would be were it applied. Looks at its namespace only. */
  overlapOf(server: Server): PossibleOverlap[] {
    return overlapsOf(this.#state, server);
  }

  /** Of every policy object: whether it has its effect, and if not, why. Walks everything. */
  statuses(): ObjectStatus[] {
    return objectStatuses(this.#state, this.#values);
  }

  get(key: ObjectKey): PolicyObject | undefined {
    return this.#state.objects.get(key);
  }

  /** Every object, in no particular order. */
  objects(): IterableIterator<PolicyObject> {
    return this.#state.objects.values();
  }

  /** The object that a policy's server, route or authorization comes from; `undefined` for built-in ones. */
  objectOf(namespace: string, origin: Origin): PolicyObject | undefined {
    const key = originKey(namespace, origin);
    return key === undefined ? undefined : this.get(key);
  }

  /** Whether the value is another one now. */
  #recompute(cell: Cell, equality: PairwiseEqual): boolean {
    const value = this.#values.value(this.#state.namespaces.get(cell.ref.namespace), cell.workload, cell.port);
    if (cell.server !== value?.server) {
      cell.server?.cells.delete(cell);
      cell.server = value?.server;
      cell.server?.cells.add(cell);
    }
    if (equality.compare(cell.value, value?.policy)) return false;
    cell.value = value?.policy;
    return true;
  }

  #evict(cell: Cell): void {
    cell.server?.cells.delete(cell);
    const state = this.#state.namespaces.get(cell.ref.namespace);
    const ports = state?.cells.get(cell.workload);
    ports?.delete(cell.port);
    if (ports?.size === 0) state?.cells.delete(cell.workload);
    this.#state.release(cell.ref.namespace);
  }

  /** A listener may apply objects itself: what that brings is told after what is being told now. */
  #notify(): void {
    if (this.#notifying) return;
    this.#notifying = true;
    const thrown: unknown[] = [];
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      // One consumer's mistake must not keep a policy from the others; it is thrown when all have been told.
      try {
        next();
      } catch (error) {
        thrown.push(error);
      }
    }
    this.#notifying = false;
    if (thrown.length > 0) throw new AggregateError(thrown, 'listeners of the policy index failed');
  }
}
