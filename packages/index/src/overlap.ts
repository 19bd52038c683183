import type { Server } from '@doorward/resources';
import type { IndexState } from './index-state.js';
import { claimedPorts } from './namespace-state.js';
import type { WorkloadRef } from './workload.js';

/** A port that several Servers claim. Nothing is merged: one has it (docs/spec/control-plane.md §3, §9 Q11). */
export interface Overlap {
  readonly workload: WorkloadRef;
  readonly port: number;
  readonly winner: Server;
  /** In the order in which they would take over. Not empty. */
  readonly shadowed: readonly Server[];
}

export function findOverlaps(index: IndexState): Overlap[] {
  const overlaps: Overlap[] = [];
  for (const state of index.namespaces.values()) {
    for (const entry of state.workloads.values()) {
      const claims = new Map<number, Server[]>();
      for (const { object } of state.selecting(entry)) {
        for (const port of claimedPorts(object, entry.facts)) {
          const servers = claims.get(port);
          if (servers === undefined) claims.set(port, [object]);
          else servers.push(object);
        }
      }
      for (const [port, [winner, ...shadowed]] of claims) {
        if (winner === undefined || shadowed.length === 0) continue;
        overlaps.push({ workload: entry.facts.ref, port, winner, shadowed });
      }
    }
  }
  return overlaps;
}
