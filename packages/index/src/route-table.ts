import type { GRPCRoute, HTTPRoute, ObjectKey } from '@doorward/resources';
import { MultiMap } from './multi-map.js';
import { routeTarget, targetOf, type RouteObject } from './routes.js';

/** The routes of one namespace, found by the Servers they attach to and by how policies name them. */
export class RouteTable {
  readonly #byKey = new Map<ObjectKey, RouteObject>();
  readonly #byTarget = new MultiMap<string, RouteObject>();
  readonly #httpByServer = new MultiMap<string, HTTPRoute>();
  readonly #grpcByServer = new MultiMap<string, GRPCRoute>();

  get size(): number {
    return this.#byKey.size;
  }

  [Symbol.iterator](): IterableIterator<RouteObject> {
    return this.#byKey.values();
  }

  add(key: ObjectKey, route: RouteObject): void {
    this.#byKey.set(key, route);
    this.#byTarget.add(targetOf(route), route);
    for (const server of route.spec.servers) {
      if (route.kind === 'HTTPRoute') this.#httpByServer.add(server, route);
      else this.#grpcByServer.add(server, route);
    }
  }

  delete(key: ObjectKey): void {
    const route = this.#byKey.get(key);
    if (route === undefined) return;
    this.#byKey.delete(key);
    this.#byTarget.delete(targetOf(route), route);
    for (const server of route.spec.servers) {
      if (route.kind === 'HTTPRoute') this.#httpByServer.delete(server, route);
      else this.#grpcByServer.delete(server, route);
    }
  }

  /** Those that a policy's target names: names that differ only in case are one target. */
  ofTarget(kind: RouteObject['kind'], group: string, name: string): ReadonlySet<RouteObject> {
    return this.#byTarget.get(routeTarget(kind, group, name));
  }

  /**
   * A route is attached when it names the Server; nobody has to have written a status. One GRPCRoute on a Server, whatever the
   * Server's protocol, puts its HTTPRoutes out of force (docs/spec/control-plane.md §6.1); only those of this namespace count (§9 Q3).
   */
  httpOf(server: string): ReadonlySet<HTTPRoute> {
    return this.grpcOf(server).size > 0 ? new Set() : this.#httpByServer.get(server);
  }

  grpcOf(server: string): ReadonlySet<GRPCRoute> {
    return this.#grpcByServer.get(server);
  }
}
