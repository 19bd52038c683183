/**
 * All objects. Nothing is worked out before it is asked for, and what was worked out is dropped as soon as an object that it depends on
 * changes: `put` and `drop` report every watched port that the change can reach, and no other.
 */
import {
  demandsOf,
  keyOf,
  keyOfParts,
  type NetworkAuthentication,
  type MeshTLSAuthentication,
  type ObjectKey,
  type PolicyObject,
  type Server,
} from '@doorward/resources';
import type { Authentications } from './authorization.js';
import type { ClusterConfig } from './config.js';
import { deepEqual } from './deep-equal.js';
import type { Cell, GrantEntry } from './entries.js';
import { MultiMap } from './multi-map.js';
import { NamespaceState } from './namespace-state.js';
import { PortFactsTable } from './port-facts.js';
import { reach } from './reach.js';
import { compactPod } from './template.js';
import { workloadName, workloadRef, type WorkloadObject } from './workload.js';

export class IndexState implements Authentications {
  readonly objects = new Map<ObjectKey, PolicyObject>();
  readonly namespaces = new Map<string, NamespaceState>();
  /** By the key of an authentication, which need not exist: who refers to it. */
  readonly referrers = new MultiMap<ObjectKey, GrantEntry>();
  readonly #facts = new PortFactsTable();

  constructor(readonly config: ClusterConfig) {}

  /** Adds the object, or replaces the one of the same key. Adds to `reached` the watched ports that may now have another value. */
  put(object: PolicyObject, reached: Set<Cell>): void {
    const key = keyOf(object);
    const before = this.objects.get(key);
    // An object that only moved inside its file is remembered at its new place, but changes nothing.
    const isSame = before !== undefined && deepEqual(content(before), content(object));
    if (before !== undefined) {
      if (isSame && deepEqual(before.place, object.place)) return;
      if (!isSame) reach(this, before, reached);
      this.#detach(key, before);
    }
    const kept = this.#attach(key, object);
    this.objects.set(key, kept);
    if (!isSame) reach(this, kept, reached);
  }

  /** As {@link put}, for an object that is gone. Does nothing when it is not known. */
  drop(key: ObjectKey, reached: Set<Cell>): void {
    const before = this.objects.get(key);
    if (before === undefined) return;
    reach(this, before, reached);
    this.#detach(key, before);
    this.objects.delete(key);
    const { namespace, name } = before.metadata;
    if (before.kind === 'Server') {
      const state = this.state(namespace);
      state.servers.delete(name);
      state.serversChanged();
    }
    this.release(before.kind === 'Namespace' ? name : namespace);
  }

  state(namespace: string): NamespaceState {
    let state = this.namespaces.get(namespace);
    if (state === undefined) {
      state = new NamespaceState(namespace, this.#facts);
      this.namespaces.set(namespace, state);
    }
    return state;
  }

  /** Forgets a namespace of which nothing is left. */
  release(namespace: string): void {
    if (this.namespaces.get(namespace)?.isEmpty === true) this.namespaces.delete(namespace);
  }

  meshTLS(namespace: string, name: string): MeshTLSAuthentication | undefined {
    const found = this.objects.get(keyOfParts('MeshTLSAuthentication', '', namespace, name));
    return found?.kind === 'MeshTLSAuthentication' ? found : undefined;
  }

  network(namespace: string, name: string): NetworkAuthentication | undefined {
    const found = this.objects.get(keyOfParts('NetworkAuthentication', '', namespace, name));
    return found?.kind === 'NetworkAuthentication' ? found : undefined;
  }

  /** The object as it is kept: equal to the one given, but perhaps sharing parts with others. */
  #attach(key: ObjectKey, object: PolicyObject): PolicyObject {
    const { namespace, name } = object.metadata;
    switch (object.kind) {
      case 'Namespace':
        this.state(name).object = object;
        break;
      case 'Pod':
      case 'Workload':
      case 'ExternalWorkload':
        return attachWorkload(this.state(namespace), object);
      case 'Server':
        attachServer(this.state(namespace), object);
        break;
      case 'ServerAuthorization':
        this.state(namespace).serverAuthorizations.set(name, object);
        break;
      case 'AuthorizationPolicy': {
        const grant: GrantEntry = { object, resolution: undefined };
        this.state(namespace).grants.add(key, grant);
        for (const reference of referenceKeys(grant)) this.referrers.add(reference, grant);
        break;
      }
      case 'MeshTLSAuthentication':
      case 'NetworkAuthentication':
        break;
      case 'HTTPRoute':
      case 'GRPCRoute':
        this.state(namespace).routes.add(key, object);
        break;
      case 'HTTPLocalRateLimitPolicy':
        this.state(namespace).rateLimits.set(name, object);
        break;
    }
    return object;
  }

  /** Undoes {@link #attach}, but for a Server's entry, which an update keeps. */
  #detach(key: ObjectKey, object: PolicyObject): void {
    const { namespace, name } = object.metadata;
    const state = this.state(object.kind === 'Namespace' ? name : namespace);
    switch (object.kind) {
      case 'Namespace':
        state.object = undefined;
        break;
      case 'Pod':
      case 'Workload':
      case 'ExternalWorkload': {
        const workload = workloadName(workloadRef(object));
        const entry = state.workloads.get(workload);
        if (entry !== undefined) state.templates.leave(entry.template, workload);
        state.workloads.delete(workload);
        break;
      }
      case 'ServerAuthorization':
        state.serverAuthorizations.delete(name);
        break;
      case 'AuthorizationPolicy': {
        const grant = state.grants.delete(key);
        if (grant !== undefined) for (const reference of referenceKeys(grant)) this.referrers.delete(reference, grant);
        break;
      }
      case 'Server':
      case 'MeshTLSAuthentication':
      case 'NetworkAuthentication':
        break;
      case 'HTTPRoute':
      case 'GRPCRoute':
        state.routes.delete(key);
        break;
      case 'HTTPLocalRateLimitPolicy':
        state.rateLimits.delete(name);
        break;
    }
  }
}

function attachWorkload(state: NamespaceState, object: WorkloadObject): WorkloadObject {
  const ref = workloadRef(object);
  const name = workloadName(ref);
  const template = state.templates.join(object, name);
  const kept = object.kind === 'Pod' ? compactPod(object, template) : object;
  state.workloads.set(name, { ref, object: kept, template });
  return kept;
}

function attachServer(state: NamespaceState, object: Server): void {
  const { name } = object.metadata;
  const demands = demandsOf(object.spec.selector);
  const known = state.servers.get(name);
  if (known === undefined) {
    state.servers.set(name, { object, demands, rules: undefined, stale: false, cells: new Set() });
  } else {
    known.object = object;
    known.demands = demands;
  }
  state.serversChanged();
}

function referenceKeys(grant: GrantEntry): ObjectKey[] {
  return grant.object.spec.requiredAuthenticationRefs.map(({ kind, namespace, name }) =>
    keyOfParts(kind, '', namespace, name),
  );
}

const content = ({ kind, metadata, spec }: PolicyObject): unknown => [kind, metadata, spec];
