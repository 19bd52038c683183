import type { ServerEntry, WorkloadEntry } from './entries.js';
import type { Finding, Judgement } from './finding.js';
import { MultiMap } from './multi-map.js';
import type { NamespaceState } from './namespace-state.js';
import { claimedPorts } from './selection.js';
import type { WorkloadRef } from './workload.js';

/** The workloads under each Server of the namespace. */
export function workloadsByServer(state: NamespaceState): MultiMap<ServerEntry, WorkloadEntry> {
  const workloads = new MultiMap<ServerEntry, WorkloadEntry>();
  for (const workload of state.workloads.values()) {
    for (const entry of state.selecting(workload.template)) workloads.add(entry, workload);
  }
  return workloads;
}

export function judgeServer(
  state: NamespaceState,
  entry: ServerEntry,
  workloads: ReadonlySet<WorkloadEntry>,
): Judgement {
  const without: WorkloadRef[] = [];
  const shadowed: { workload: WorkloadRef; port: number; by: string }[] = [];
  let works = false;
  for (const { ref, template } of workloads) {
    const ports = claimedPorts(entry.object, template);
    if (ports.length === 0) without.push(ref);
    for (const port of ports) {
      const winner = state.winner(template, port);
      if (winner === entry) works = true;
      else if (winner !== undefined) shadowed.push({ workload: ref, port, by: winner.object.metadata.name });
    }
  }
  const findings: Finding[] = [];
  if (workloads.size === 0) findings.push({ kind: 'no-workload' });
  if (without.length > 0) findings.push({ kind: 'no-port', name: String(entry.object.spec.port), workloads: without });
  if (shadowed.length > 0) findings.push({ kind: 'shadowed', ports: shadowed });
  return { works, findings };
}
