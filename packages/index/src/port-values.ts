/** What is in force on a port, worked out from the objects when it is asked for. */
import type { Authorization, InboundPolicy } from '@doorward/core';
import {
  authorizationPolicyGrant,
  defaultAuthorizations,
  serverAuthorizationGrant,
  type Authentications,
  type Resolution,
} from './authorization.js';
import type { ClusterConfig } from './config.js';
import { DefaultRules } from './default-rules.js';
import type { GrantEntry, ServerEntry } from './entries.js';
import type { NamespaceState } from './namespace-state.js';
import { byName, byRouteAge } from './order.js';
import { rateLimit } from './rate-limit.js';
import { attachedRoute, DefaultHttpRoutes, type RouteObject } from './routes.js';
import { authorizesServer } from './selection.js';
import { ServerRules, type ServerParts } from './server-rules.js';
import type { Template } from './template.js';
import { portDefault, workloadDefaults, type WorkloadDefaults } from './workload-defaults.js';

export interface PortValue {
  readonly policy: InboundPolicy;
  readonly server: ServerEntry | undefined;
}

const noAnnotations: Readonly<Record<string, string>> = {};
const noProbes: readonly string[] = [];

export class PortValues {
  readonly #routes: DefaultHttpRoutes;
  readonly #defaults: DefaultRules;

  constructor(
    readonly config: ClusterConfig,
    readonly authentications: Authentications,
  ) {
    this.#routes = new DefaultHttpRoutes(config.probeNetworks);
    this.#defaults = new DefaultRules(config, this.#routes);
  }

  /** `undefined` when there is no such workload. `workload`: as `workloadName` gives it. */
  value(state: NamespaceState | undefined, workload: string, port: number): PortValue | undefined {
    const template = state?.workloads.get(workload)?.template;
    if (state === undefined || template === undefined) return undefined;
    const probes = template.facts.probes.get(port) ?? noProbes;
    const server = state.winner(template, port);
    if (server !== undefined) return { policy: this.#rules(state, server).policy(probes), server };
    const defaults = this.defaultsOf(state, template);
    const policy = this.#defaults.policy(portDefault(defaults, port), defaults.opaque.has(port), probes);
    return { policy, server: undefined };
  }

  defaultsOf(state: NamespaceState, template: Template): WorkloadDefaults {
    const inherited = this.config.inheritNamespaceAnnotations ? state.object?.metadata.annotations : undefined;
    template.defaults ??= workloadDefaults(template, inherited ?? noAnnotations, this.config);
    return template.defaults;
  }

  resolve(grant: GrantEntry): Resolution {
    grant.resolution ??= authorizationPolicyGrant(grant.object, this.authentications, this.config);
    return grant.resolution;
  }

  #rules(state: NamespaceState, entry: ServerEntry): ServerRules {
    if (entry.rules === undefined || entry.stale) {
      entry.rules = new ServerRules(entry.object, this.#parts(state, entry), this.config, this.#routes, entry.rules);
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
    const authorizations = [...state.serverAuthorizations.values()]
      .filter((authorization) => authorizesServer(authorization, server))
      .sort(byName)
      .flatMap((authorization) => granted(serverAuthorizationGrant(authorization, this.config)));
    const { accessPolicy } = server.spec;
    const own = accessPolicy === undefined ? [] : defaultAuthorizations(accessPolicy, this.config.clusterNetworks);
    const limit = state.rateLimitsOf(name)[0];
    const onRoute = (route: RouteObject) => this.#permitting(state.grants.onRoute(route));
    return {
      authorizations: [...this.#permitting(state.grants.onServer(name)), ...authorizations, ...own],
      httpRoutes: [...state.routes.httpOf(name)].sort(byRouteAge).map((route) => attachedRoute(route, onRoute(route))),
      rateLimit: limit && rateLimit(limit, this.config),
      grpcRoutes: [...state.routes.grpcOf(name)].sort(byRouteAge).map((route) => attachedRoute(route, onRoute(route))),
    };
  }

  #permitting(grants: Iterable<GrantEntry>): Authorization[] {
    return [...grants].sort((a, b) => byName(a.object, b.object)).flatMap((grant) => granted(this.resolve(grant)));
  }
}

const granted = (resolution: Resolution) => (resolution.kind === 'authorization' ? [resolution.authorization] : []);
