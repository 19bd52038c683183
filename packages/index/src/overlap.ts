import type { Server } from '@doorward/resources';
import type { IndexState } from './index-state.js';
import type { NamespaceState } from './namespace-state.js';
import { claimedPorts } from './selection.js';
import type { Template } from './template.js';
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
    for (const { ref, template } of state.workloads.values()) {
      for (const [port, [winner, ...shadowed]] of claimsOf(state, template)) {
        if (winner === undefined || shadowed.length === 0) continue;
        overlaps.push({ workload: ref, port, winner, shadowed });
      }
    }
  }
  return overlaps;
}

function claimsOf(state: NamespaceState, template: Template): Map<number, Server[]> {
  const claims = new Map<number, Server[]>();
  for (const { object } of state.selecting(template)) {
    for (const port of claimedPorts(object, template)) {
      const servers = claims.get(port);
      if (servers === undefined) claims.set(port, [object]);
      else servers.push(object);
    }
  }
  return claims;
}
