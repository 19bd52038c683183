/** The routes of a server (docs/spec/control-plane.md §4.7). */
import {
  defaultHttpRoute,
  type Authorization,
  type GrpcRoute,
  type HttpRoute,
  type IpNetwork,
  type Route,
} from '@doorward/core';
import type { GRPCRoute, HTTPRoute, RouteSpec } from '@doorward/resources';
import { probeAuthorization, resourceOrigin } from './authorization.js';

export type RouteObject = HTTPRoute | GRPCRoute;

/** What a gRPC server has where no route is attached. Probes are not gRPC, so there is no probe route (§9 Q15). */
export const defaultGrpcRoutes: readonly GrpcRoute[] = [
  {
    origin: { kind: 'default', name: 'default' },
    hosts: [],
    authorizations: [],
    rules: [{ matches: [{ service: '', method: '', headers: [] }], filters: [] }],
  },
];

/** Templates that are probed differently; a few dozen are usual. When more are met the sharing starts anew; nothing else changes. */
const sharedMax = 1024;

/**
 * What an HTTP server has where no route is attached: any request, and the kubelet's probes for those who come from the probe
 * networks. As soon as one route is attached, neither is there. One value for all ports that are probed alike.
 */
export class DefaultHttpRoutes {
  readonly #shared = new Map<string, readonly HttpRoute[]>();
  readonly #plain: readonly HttpRoute[] = [defaultHttpRoute];
  readonly #authorizations: readonly Authorization[];

  constructor(probeNetworks: readonly IpNetwork[]) {
    this.#authorizations = probeNetworks.length === 0 ? [] : [probeAuthorization(probeNetworks)];
  }

  /** Whether probes make a difference at all. */
  get hasProbes(): boolean {
    return this.#authorizations.length > 0;
  }

  of(probes: readonly string[]): readonly HttpRoute[] {
    if (probes.length === 0 || !this.hasProbes) return this.#plain;
    const key = probes.join('\n');
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const matches = probes.map((path) => ({
      path: { kind: 'exact', path } as const,
      headers: [],
      queryParams: [],
      method: 'GET',
    }));
    const probe: HttpRoute = {
      origin: { kind: 'default', name: 'probe' },
      hosts: [],
      authorizations: this.#authorizations,
      rules: [{ matches, filters: [] }],
    };
    const routes = [defaultHttpRoute, probe];
    if (this.#shared.size >= sharedMax) this.#shared.clear();
    this.#shared.set(key, routes);
    return routes;
  }
}

/** An attached route, with what permits on it alone. */
export function attachedRoute<Match, Filter>(
  object: RouteObject & { readonly spec: RouteSpec<Match, Filter> },
  authorizations: readonly Authorization[],
): Route<Match, Filter> {
  const { group, hosts, rules } = object.spec;
  return { origin: resourceOrigin(object.kind, object.metadata.name, group), hosts, authorizations, rules };
}

/** How a route is named in a policy's target: without regard to case (docs/spec/control-plane.md §4.6). */
export function routeTarget(kind: RouteObject['kind'], group: string, name: string): string {
  return `${kind}.${group}/${name}`.toLowerCase();
}

export const targetOf = (route: RouteObject): string => routeTarget(route.kind, route.spec.group, route.metadata.name);
