/**
 * The objects of one namespace, and who reaches whom among them. Policy objects act only here; only authentications are looked up
 * elsewhere (docs/spec/control-plane.md §3).
 */
import type { InboundPolicy } from '@doorward/core';
import {
  matchesSelector,
  type AuthorizationPolicy,
  type GRPCRoute,
  type HTTPLocalRateLimitPolicy,
  type HTTPRoute,
  type Namespace,
  type ObjectKey,
  type Server,
  type ServerAuthorization,
} from '@doorward/resources';
import type { Resolution } from './authorization.js';
import { MultiMap } from './multi-map.js';
import { byAge, byServerAge } from './order.js';
import type { ServerRules } from './server-rules.js';
import { routeTarget, type RouteObject } from './routes.js';
import type { WorkloadDefaults } from './workload-defaults.js';
import type { WorkloadFacts, WorkloadRef } from './workload.js';

export interface WorkloadEntry {
  readonly facts: WorkloadFacts;
  /** Worked out when first needed; dropped when the namespace's annotations change. */
  defaults: WorkloadDefaults | undefined;
  /** The Servers whose selector matches, first to claim first; dropped when a Server comes, goes or changes. */
  selectedBy: readonly ServerEntry[] | undefined;
}

export interface ServerEntry {
  object: Server;
  /** Worked out when first needed. */
  rules: ServerRules | undefined;
  /** Something that the rules depend on has changed: work them out again, keeping what comes out the same. */
  stale: boolean;
  /** The port values that this Server gives, so that its change finds them. */
  readonly cells: Set<Cell>;
}

/** The AuthorizationPolicy, and what it comes to as long as no authentication changes. */
export interface GrantEntry {
  readonly object: AuthorizationPolicy;
  resolution: Resolution | undefined;
}

/** Told the new value whenever it changed; `undefined`: the workload is gone. */
export type PolicyListener = (policy: InboundPolicy | undefined) => void;

/** One watched port of a workload, which need not exist (yet). */
export interface Cell {
  readonly ref: WorkloadRef;
  /** As {@link workloadName} gives it. */
  readonly workload: string;
  readonly port: number;
  value: InboundPolicy | undefined;
  server: ServerEntry | undefined;
  readonly listeners: Set<PolicyListener>;
}

/** A workload's name inside its namespace; with its kind, since kinds may share names. */
export function workloadName(ref: { readonly kind: string; readonly name: string }): string {
  return `${ref.kind}/${ref.name}`;
}

export class NamespaceState {
  object: Namespace | undefined;
  readonly workloads = new Map<string, WorkloadEntry>();
  readonly servers = new Map<string, ServerEntry>();
  readonly serverAuthorizations = new Map<string, ServerAuthorization>();
  readonly grants = new Map<ObjectKey, GrantEntry>();
  readonly routes = new Map<ObjectKey, RouteObject>();
  readonly rateLimits = new Map<string, HTTPLocalRateLimitPolicy>();
  /** By workload, then port. */
  readonly cells = new Map<string, Map<number, Cell>>();

  readonly grantsOfServer = new MultiMap<string, GrantEntry>();
  readonly grantsOfNamespace = new Set<GrantEntry>();
  readonly grantsOfRoute = new MultiMap<string, GrantEntry>();
  readonly #routesOfTarget = new MultiMap<string, RouteObject>();
  readonly #httpRoutesOfServer = new MultiMap<string, HTTPRoute>();
  readonly #grpcRoutesOfServer = new MultiMap<string, GRPCRoute>();
  #ordered: readonly ServerEntry[] | undefined;

  constructor(readonly name: string) {}

  /** Nothing left to remember. Every kind counts, also routes and rate limits (docs/spec/control-plane.md §9 Q20). */
  get isEmpty(): boolean {
    return (
      this.object === undefined &&
      this.workloads.size === 0 &&
      this.servers.size === 0 &&
      this.serverAuthorizations.size === 0 &&
      this.grants.size === 0 &&
      this.routes.size === 0 &&
      this.rateLimits.size === 0 &&
      this.cells.size === 0
    );
  }

  /** Oldest first: the order in which Servers claim ports. */
  get orderedServers(): readonly ServerEntry[] {
    this.#ordered ??= [...this.servers.values()].sort((a, b) => byServerAge(a.object, b.object));
    return this.#ordered;
  }

  serversChanged(): void {
    this.#ordered = undefined;
  }

  addGrant(key: ObjectKey, entry: GrantEntry): void {
    this.grants.set(key, entry);
    const { target } = entry.object.spec;
    switch (target.kind) {
      case 'Server':
        this.grantsOfServer.add(target.name, entry);
        break;
      case 'Namespace':
        this.grantsOfNamespace.add(entry);
        break;
      case 'HTTPRoute':
      case 'GRPCRoute':
        this.grantsOfRoute.add(routeTarget(target.kind, target.group, target.name), entry);
        break;
    }
  }

  deleteGrant(key: ObjectKey): void {
    const entry = this.grants.get(key);
    if (entry === undefined) return;
    this.grants.delete(key);
    const { target } = entry.object.spec;
    switch (target.kind) {
      case 'Server':
        this.grantsOfServer.delete(target.name, entry);
        break;
      case 'Namespace':
        this.grantsOfNamespace.delete(entry);
        break;
      case 'HTTPRoute':
      case 'GRPCRoute':
        this.grantsOfRoute.delete(routeTarget(target.kind, target.group, target.name), entry);
        break;
    }
  }

  addRoute(key: ObjectKey, route: RouteObject): void {
    this.routes.set(key, route);
    this.#routesOfTarget.add(targetOf(route), route);
    for (const server of route.spec.servers) {
      if (route.kind === 'HTTPRoute') this.#httpRoutesOfServer.add(server, route);
      else this.#grpcRoutesOfServer.add(server, route);
    }
  }

  deleteRoute(key: ObjectKey): void {
    const route = this.routes.get(key);
    if (route === undefined) return;
    this.routes.delete(key);
    this.#routesOfTarget.delete(targetOf(route), route);
    for (const server of route.spec.servers) {
      if (route.kind === 'HTTPRoute') this.#httpRoutesOfServer.delete(server, route);
      else this.#grpcRoutesOfServer.delete(server, route);
    }
  }

  /** Those that a policy's target names: names that differ only in case are one target. */
  routesOfTarget(kind: RouteObject['kind'], group: string, name: string): ReadonlySet<RouteObject> {
    return this.#routesOfTarget.get(routeTarget(kind, group, name));
  }

  grantsOn(route: RouteObject): ReadonlySet<GrantEntry> {
    return this.grantsOfRoute.get(targetOf(route));
  }

  /**
   * A route is attached when it names the Server; nobody has to have written a status. One GRPCRoute on a Server, whatever the
   * Server's protocol, puts its HTTPRoutes out of force (docs/spec/control-plane.md §6.1); only those of this namespace count (§9 Q3).
   */
  httpRoutesOf(server: string): ReadonlySet<HTTPRoute> {
    return this.grpcRoutesOf(server).size > 0 ? new Set() : this.#httpRoutesOfServer.get(server);
  }

  grpcRoutesOf(server: string): ReadonlySet<GRPCRoute> {
    return this.#grpcRoutesOfServer.get(server);
  }

  /** The Servers that a workload's labels put it under, first to claim first. */
  selecting(workload: WorkloadEntry): readonly ServerEntry[] {
    workload.selectedBy ??= this.orderedServers.filter(({ object }) => serverSelects(object, workload.facts));
    return workload.selectedBy;
  }

  /** Of several for one Server the first counts, the others do nothing. */
  rateLimitsOf(server: string): HTTPLocalRateLimitPolicy[] {
    return [...this.rateLimits.values()].filter(({ spec }) => spec.server === server).sort(byAge);
  }

  winner(workload: WorkloadEntry, port: number): ServerEntry | undefined {
    return this.selecting(workload).find(({ object }) => claimsPort(object, workload.facts, port));
  }

  /** Those of {@link selecting} that claim the port; the first has it, the others wait their turn. */
  claiming(workload: WorkloadEntry, port: number): ServerEntry[] {
    return this.selecting(workload).filter(({ object }) => claimsPort(object, workload.facts, port));
  }
}

const targetOf = (route: RouteObject): string => routeTarget(route.kind, route.spec.group, route.metadata.name);

/** Whether a Server is about this workload at all: kind and labels. */
export function serverSelects(server: Server, facts: WorkloadFacts): boolean {
  return server.spec.selects === facts.selects && matchesSelector(server.spec.selector, facts.labels);
}

function claimsPort(server: Server, facts: WorkloadFacts, port: number): boolean {
  const wanted = server.spec.port;
  // A number needs no declaration; a text is always a name, also `8080` (docs/spec/control-plane.md §3).
  return typeof wanted === 'number' ? wanted === port : (facts.named.get(wanted)?.includes(port) ?? false);
}

/** The numbers that a Server claims on a workload that it selects. */
export function claimedPorts(server: Server, facts: WorkloadFacts): readonly number[] {
  const wanted = server.spec.port;
  return typeof wanted === 'number' ? [wanted] : (facts.named.get(wanted) ?? []);
}

/** By exact name, or by the Server's labels. */
export function authorizesServer(authorization: ServerAuthorization, server: Server): boolean {
  const wanted = authorization.spec.server;
  return wanted.kind === 'name'
    ? wanted.name === server.metadata.name
    : matchesSelector(wanted.selector, server.metadata.labels);
}
