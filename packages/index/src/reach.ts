/** What a changed object can reach: drops what was worked out from it, and finds the watched ports. */
import { keyOf, type AuthorizationPolicy, type PolicyObject, type Server } from '@doorward/resources';
import type { Cell, ServerEntry } from './entries.js';
import type { IndexState } from './index-state.js';
import type { NamespaceState } from './namespace-state.js';
import { authorizesServer, serverSelects } from './selection.js';
import type { Template } from './template.js';
import { workloadName, workloadRef } from './workload.js';

/** Called with the object as it was and as it is, since either may reach what the other doesn't. Adds to `reached`. */
export function reach(index: IndexState, object: PolicyObject, reached: Set<Cell>): void {
  const { namespace, name } = object.metadata;
  const state = index.state(object.kind === 'Namespace' ? name : namespace);
  switch (object.kind) {
    case 'Namespace':
      if (!index.config.inheritNamespaceAnnotations) break;
      for (const template of state.templates) {
        template.defaults = undefined;
        reachTemplate(state, template, reached);
      }
      break;
    case 'Pod':
    case 'Workload':
    case 'ExternalWorkload':
      reachWorkload(state, workloadName(workloadRef(object)), reached);
      break;
    case 'Server':
      reachSelected(state, object, reached);
      reachServer(state.servers.get(name), reached);
      break;
    case 'ServerAuthorization':
      for (const entry of state.servers.values()) {
        if (authorizesServer(object, entry.object)) reachServer(entry, reached);
      }
      break;
    case 'AuthorizationPolicy':
      reachTarget(state, object, reached);
      break;
    case 'MeshTLSAuthentication':
    case 'NetworkAuthentication':
      for (const grant of index.referrers.get(keyOf(object))) {
        grant.resolution = undefined;
        reachTarget(index.state(grant.object.metadata.namespace), grant.object, reached);
      }
      break;
    case 'HTTPRoute':
    case 'GRPCRoute':
      for (const server of object.spec.servers) reachServer(state.servers.get(server), reached);
      break;
    case 'HTTPLocalRateLimitPolicy':
      reachServer(state.servers.get(object.spec.server), reached);
      break;
  }
}

function reachSelected(state: NamespaceState, server: Server, reached: Set<Cell>): void {
  for (const template of state.templates) {
    if (!serverSelects(server, template)) continue;
    template.selectedBy = undefined;
    reachTemplate(state, template, reached);
  }
}

function reachTemplate(state: NamespaceState, template: Template, reached: Set<Cell>): void {
  for (const workload of template.members) reachWorkload(state, workload, reached);
}

function reachWorkload(state: NamespaceState, workload: string, reached: Set<Cell>): void {
  for (const cell of state.cells.get(workload)?.values() ?? []) reached.add(cell);
}

function reachServer(entry: ServerEntry | undefined, reached: Set<Cell>): void {
  if (entry === undefined) return;
  entry.stale = true;
  for (const cell of entry.cells) reached.add(cell);
}

function reachTarget(state: NamespaceState, policy: AuthorizationPolicy, reached: Set<Cell>): void {
  const { target } = policy.spec;
  switch (target.kind) {
    case 'Server':
      reachServer(state.servers.get(target.name), reached);
      break;
    case 'Namespace':
      for (const entry of state.servers.values()) reachServer(entry, reached);
      break;
    case 'HTTPRoute':
    case 'GRPCRoute':
      for (const route of state.routes.ofTarget(target.kind, target.group, target.name)) {
        for (const server of route.spec.servers) reachServer(state.servers.get(server), reached);
      }
      break;
  }
}
