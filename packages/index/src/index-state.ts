/**
 * All objects, and what they come to. Nothing is worked out before it is asked for, and what was worked out is dropped as soon as an
 * object that it depends on changes: `put` and `drop` report every watched port that the change can reach, and no other.
 */
import type { InboundPolicy } from '@doorward/core';
import {
  keyOf,
  keyOfParts,
  type NetworkAuthentication,
  type MeshTLSAuthentication,
  type ObjectKey,
  type PolicyObject,
} from '@doorward/resources';
import {
  authorizationPolicyGrant,
  defaultAuthorizations,
  serverAuthorizationGrant,
  type Authentications,
  type Resolution,
} from './authorization.js';
import type { ClusterConfig } from './config.js';
import { deepEqual } from './deep-equal.js';
import { DefaultRules } from './default-rules.js';
import { MultiMap } from './multi-map.js';
import {
  authorizesServer,
  NamespaceState,
  serverSelects,
  workloadName,
  type Cell,
  type GrantEntry,
  type ServerEntry,
  type WorkloadEntry,
} from './namespace-state.js';
import { byName, byRouteAge } from './order.js';
import { attachedRoute, type RouteObject } from './routes.js';
import { rateLimit } from './rate-limit.js';
import { ServerRules, type ServerParts } from './server-rules.js';
import { portDefault, workloadDefaults, type WorkloadDefaults } from './workload-defaults.js';
import { workloadFacts, workloadRef } from './workload.js';

export interface PortValue {
  readonly policy: InboundPolicy;
  readonly server: ServerEntry | undefined;
}

const noAnnotations: Readonly<Record<string, string>> = {};
const noProbes: readonly string[] = [];

export class IndexState implements Authentications {
  readonly objects = new Map<ObjectKey, PolicyObject>();
  readonly namespaces = new Map<string, NamespaceState>();
  /** By the key of an authentication, which need not exist: who refers to it. */
  readonly referrers = new MultiMap<ObjectKey, GrantEntry>();
  readonly #defaults: DefaultRules;

  constructor(readonly config: ClusterConfig) {
    this.#defaults = new DefaultRules(config);
  }

  /** Adds the object, or replaces the one of the same key. Adds to `reached` the watched ports that may now have another value. */
  put(object: PolicyObject, reached: Set<Cell>): void {
    const key = keyOf(object);
    const before = this.objects.get(key);
    // An object that only moved inside its file is remembered at its new place, but changes nothing.
    const same = before !== undefined && deepEqual(content(before), content(object));
    if (before !== undefined && !same) this.#reach(before, reached);
    if (before !== undefined) this.#detach(before);
    this.objects.set(key, object);
    this.#attach(key, object);
    if (!same) this.#reach(object, reached);
  }

  /** As {@link put}, for an object that is gone. Does nothing when it is not known. */
  drop(key: ObjectKey, reached: Set<Cell>): void {
    const before = this.objects.get(key);
    if (before === undefined) return;
    this.#reach(before, reached);
    this.#detach(before);
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
      state = new NamespaceState(namespace);
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

  /** `undefined` when there is no such workload. */
  value(namespace: string, workload: string, port: number): PortValue | undefined {
    const state = this.namespaces.get(namespace);
    const entry = state?.workloads.get(workload);
    if (state === undefined || entry === undefined) return undefined;
    const probes = entry.facts.probes.get(port) ?? noProbes;
    const server = state.winner(entry, port);
    if (server !== undefined) return { policy: this.#rules(state, server).policy(probes), server };
    const defaults = this.defaultsOf(state, entry);
    const policy = this.#defaults.policy(portDefault(defaults, port), defaults.opaque.has(port), probes);
    return { policy, server: undefined };
  }

  defaultsOf(state: NamespaceState, entry: WorkloadEntry): WorkloadDefaults {
    const inherited = this.config.inheritNamespaceAnnotations ? state.object?.metadata.annotations : undefined;
    entry.defaults ??= workloadDefaults(entry.facts, inherited ?? noAnnotations, this.config);
    return entry.defaults;
  }

  resolve(grant: GrantEntry): Resolution {
    grant.resolution ??= authorizationPolicyGrant(grant.object, this, this.config);
    return grant.resolution;
  }

  #rules(state: NamespaceState, entry: ServerEntry): ServerRules {
    if (entry.rules === undefined || entry.stale) {
      entry.rules = new ServerRules(entry.object, this.#parts(state, entry), this.config, entry.rules);
      entry.stale = false;
    }
    return entry.rules;
  }

  /**
   * The first authorization that permits decides, and names the decision. So what somebody wrote comes before the Server's own
   * default: `audit` must not hide that a policy permits (docs/spec/control-plane.md §9 Q2). AuthorizationPolicies first, then
   * ServerAuthorizations, each by name, then the default.
   */
  #parts(state: NamespaceState, entry: ServerEntry): ServerParts {
    const server = entry.object;
    const { name } = server.metadata;
    const grants = this.#permitting([...state.grantsOfServer.get(name), ...state.grantsOfNamespace]);
    const authorizations = [...state.serverAuthorizations.values()]
      .filter((authorization) => authorizesServer(authorization, server))
      .sort(byName)
      .flatMap((authorization) => granted(serverAuthorizationGrant(authorization, this.config)));
    const { accessPolicy } = server.spec;
    const own = accessPolicy === undefined ? [] : defaultAuthorizations(accessPolicy, this.config.clusterNetworks);
    const limit = state.rateLimitsOf(name)[0];
    const onRoute = (route: RouteObject) => this.#permitting([...state.grantsOn(route)]);
    return {
      authorizations: [...grants, ...authorizations, ...own],
      httpRoutes: [...state.httpRoutesOf(name)].sort(byRouteAge).map((route) => attachedRoute(route, onRoute(route))),
      rateLimit: limit && rateLimit(limit, this.config),
      grpcRoutes: [...state.grpcRoutesOf(name)].sort(byRouteAge).map((route) => attachedRoute(route, onRoute(route))),
    };
  }

  #permitting(grants: readonly GrantEntry[]) {
    return grants.toSorted((a, b) => byName(a.object, b.object)).flatMap((grant) => granted(this.resolve(grant)));
  }

  #attach(key: ObjectKey, object: PolicyObject): void {
    const { namespace, name } = object.metadata;
    switch (object.kind) {
      case 'Namespace':
        this.state(name).object = object;
        break;
      case 'Pod':
      case 'Workload':
      case 'ExternalWorkload': {
        const facts = workloadFacts(object);
        const entry = { facts, defaults: undefined, selectedBy: undefined };
        this.state(namespace).workloads.set(workloadName(facts.ref), entry);
        break;
      }
      case 'Server': {
        const state = this.state(namespace);
        const known = state.servers.get(name);
        if (known === undefined) {
          state.servers.set(name, { object, rules: undefined, stale: false, cells: new Set() });
        } else {
          known.object = object;
        }
        state.serversChanged();
        break;
      }
      case 'ServerAuthorization':
        this.state(namespace).serverAuthorizations.set(name, object);
        break;
      case 'AuthorizationPolicy': {
        const grant: GrantEntry = { object, resolution: undefined };
        this.state(namespace).addGrant(key, grant);
        for (const reference of referenceKeys(grant)) this.referrers.add(reference, grant);
        break;
      }
      case 'MeshTLSAuthentication':
      case 'NetworkAuthentication':
        break;
      case 'HTTPRoute':
      case 'GRPCRoute':
        this.state(namespace).addRoute(key, object);
        break;
      case 'HTTPLocalRateLimitPolicy':
        this.state(namespace).rateLimits.set(name, object);
        break;
    }
  }

  /** Undoes {@link #attach}, but for a Server's entry, which an update keeps. */
  #detach(object: PolicyObject): void {
    const key = keyOf(object);
    const { namespace, name } = object.metadata;
    switch (object.kind) {
      case 'Namespace':
        this.state(name).object = undefined;
        break;
      case 'Pod':
      case 'Workload':
      case 'ExternalWorkload':
        this.state(namespace).workloads.delete(workloadName(workloadRef(object)));
        break;
      case 'ServerAuthorization':
        this.state(namespace).serverAuthorizations.delete(name);
        break;
      case 'AuthorizationPolicy': {
        const state = this.state(namespace);
        const grant = state.grants.get(key);
        if (grant !== undefined) for (const reference of referenceKeys(grant)) this.referrers.delete(reference, grant);
        state.deleteGrant(key);
        break;
      }
      case 'Server':
      case 'MeshTLSAuthentication':
      case 'NetworkAuthentication':
        break;
      case 'HTTPRoute':
      case 'GRPCRoute':
        this.state(namespace).deleteRoute(key);
        break;
      case 'HTTPLocalRateLimitPolicy':
        this.state(namespace).rateLimits.delete(name);
        break;
    }
  }

  /** Drops what depends on the object, and finds the watched ports. Called with the object as it was and as it is. */
  #reach(object: PolicyObject, reached: Set<Cell>): void {
    const { namespace, name } = object.metadata;
    const state = this.state(object.kind === 'Namespace' ? name : namespace);
    const workload = (key: string): void => {
      for (const cell of state.cells.get(key)?.values() ?? []) reached.add(cell);
    };
    switch (object.kind) {
      case 'Namespace':
        if (!this.config.inheritNamespaceAnnotations) break;
        for (const [key, entry] of state.workloads) {
          entry.defaults = undefined;
          workload(key);
        }
        break;
      case 'Pod':
      case 'Workload':
      case 'ExternalWorkload':
        workload(workloadName(workloadRef(object)));
        break;
      case 'Server':
        for (const [key, entry] of state.workloads) {
          if (!serverSelects(object, entry.facts)) continue;
          entry.selectedBy = undefined;
          workload(key);
        }
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
        for (const grant of this.referrers.get(keyOf(object))) {
          grant.resolution = undefined;
          reachTarget(this.state(grant.object.metadata.namespace), grant.object, reached);
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
}

function reachServer(entry: ServerEntry | undefined, reached: Set<Cell>): void {
  if (entry === undefined) return;
  entry.stale = true;
  for (const cell of entry.cells) reached.add(cell);
}

function reachTarget(state: NamespaceState, policy: GrantEntry['object'], reached: Set<Cell>): void {
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
      for (const route of state.routesOfTarget(target.kind, target.group, target.name)) {
        for (const server of route.spec.servers) reachServer(state.servers.get(server), reached);
      }
      break;
  }
}

function referenceKeys(grant: GrantEntry): ObjectKey[] {
  return grant.object.spec.requiredAuthenticationRefs.map(({ kind, namespace, name }) =>
    keyOfParts(kind, '', namespace, name),
  );
}

const granted = (resolution: Resolution) => (resolution.kind === 'authorization' ? [resolution.authorization] : []);

const content = ({ kind, metadata, spec }: PolicyObject): unknown => [kind, metadata, spec];
