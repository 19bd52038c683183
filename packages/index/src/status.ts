/** Of every policy object: whether it has an effect, and if not, why. A change that silently did nothing shows here. */
import {
  keyOf,
  type HTTPLocalRateLimitPolicy,
  type ObjectKey,
  type PolicyObject,
  type ProxyProtocol,
  type SourcePlace,
} from '@doorward/resources';
import { serverAuthorizationGrant, type Resolution, type VoidReason } from './authorization.js';
import type { IndexState } from './index-state.js';
import { authorizesServer, claimedPorts, type NamespaceState, type ServerEntry } from './namespace-state.js';
import { byName, byText } from './order.js';
import type { RouteObject } from './routes.js';
import type { WorkloadRef } from './workload.js';

type WorkloadKind = 'Pod' | 'Workload' | 'ExternalWorkload';
export type JudgedObject = Exclude<PolicyObject, { readonly kind: WorkloadKind | 'Namespace' }>;

export interface ObjectStatus {
  readonly key: ObjectKey;
  readonly object: JudgedObject;
  readonly place: SourcePlace | undefined;
  /** `partly`: it has its effect, but not everywhere where it was meant to. */
  readonly state: 'in-force' | 'partly' | 'not-in-force';
  /** Why it is not in force, or not everywhere. */
  readonly findings: readonly Finding[];
}

export type Finding =
  | VoidReason
  /** A Server whose selector matches nothing. */
  | { readonly kind: 'no-workload' }
  /** A Server by port name, and workloads that it selects but that have no TCP port of that name. */
  | { readonly kind: 'no-port'; readonly name: string; readonly workloads: readonly WorkloadRef[] }
  /** A Server, and ports that an earlier one has. */
  | {
      readonly kind: 'shadowed';
      readonly ports: readonly { readonly workload: WorkloadRef; readonly port: number; readonly by: string }[];
    }
  /** What a policy or authorization is for does not exist. `name` is absent for a selector, and for a namespace without Servers. */
  | { readonly kind: 'target-missing'; readonly target: TargetKind; readonly name: string | undefined }
  /** It exists, but has no effect itself. */
  | { readonly kind: 'target-not-in-force'; readonly target: TargetKind; readonly name: string }
  /** A policy for a whole namespace that names another one than its own, and acts on its own all the same. */
  | { readonly kind: 'names-other-namespace'; readonly name: string }
  /** A route that names no Server of ours. */
  | { readonly kind: 'no-parent' }
  /** An HTTPRoute on a Server that has GRPCRoutes too. */
  | { readonly kind: 'conflicted'; readonly server: string; readonly with: readonly string[] }
  /** A route on a Server whose protocol has no such routes. */
  | { readonly kind: 'protocol-without-routes'; readonly server: string; readonly protocol: ProxyProtocol }
  /** A rate limit on a Server that has an older one. */
  | { readonly kind: 'rate-limit-exists'; readonly server: string; readonly by: string }
  /** A rate limit on a Server whose protocol has none. */
  | { readonly kind: 'protocol-without-rate-limit'; readonly server: string; readonly protocol: ProxyProtocol }
  /** An authentication that no policy requires. */
  | { readonly kind: 'not-referenced' }
  /** An authentication that is required only by policies that are not in force. */
  | { readonly kind: 'referrers-not-in-force' };

export type TargetKind = 'Server' | 'Namespace' | 'HTTPRoute' | 'GRPCRoute';

/** In the order of their keys. */
export function objectStatuses(index: IndexState): ObjectStatus[] {
  const statuses = new Map<ObjectKey, ObjectStatus>();
  const judge = (object: JudgedObject, works: boolean, findings: readonly Finding[]): void => {
    const state = !works ? 'not-in-force' : findings.length === 0 ? 'in-force' : 'partly';
    const key = keyOf(object);
    statuses.set(key, { key, object, place: object.place, state, findings });
  };
  const inForce = (object: PolicyObject): boolean => {
    const status = statuses.get(keyOf(object));
    return status !== undefined && status.state !== 'not-in-force';
  };

  // Each step asks for what the one before has found: servers, then routes, then who is permitted, then by what.
  for (const state of index.namespaces.values()) {
    for (const entry of state.servers.values()) judge(entry.object, ...judgeServer(state, entry));
    for (const route of state.routes.values()) judge(route, ...judgeRoute(state, route, inForce));
    for (const limit of state.rateLimits.values()) judge(limit, ...judgeRateLimit(state, limit, inForce));
    for (const authorization of state.serverAuthorizations.values()) {
      const targets = [...state.servers.values()].map(({ object }) => object);
      const wanted = authorization.spec.server;
      const aim: Aim = {
        kind: 'Server',
        name: wanted.kind === 'name' ? wanted.name : undefined,
        targets: targets.filter((server) => authorizesServer(authorization, server)),
      };
      judge(authorization, ...judgeGrant(serverAuthorizationGrant(authorization, index.config), aim, inForce));
    }
    for (const grant of state.grants.values()) {
      const { target } = grant.object.spec;
      const [works, findings] = judgeGrant(index.resolve(grant), aimOf(state, grant.object), inForce);
      const astray = target.kind === 'Namespace' && target.name !== state.name;
      judge(
        grant.object,
        works,
        astray ? [...findings, { kind: 'names-other-namespace', name: target.name }] : findings,
      );
    }
  }
  for (const object of index.objects.values()) {
    if (object.kind !== 'MeshTLSAuthentication' && object.kind !== 'NetworkAuthentication') continue;
    const referrers = [...index.referrers.get(keyOf(object))].map((grant) => grant.object);
    const works = referrers.some(inForce);
    const finding: Finding = { kind: referrers.length === 0 ? 'not-referenced' : 'referrers-not-in-force' };
    judge(object, works, works ? [] : [finding]);
  }
  return [...statuses.values()].sort((a, b) => byText(a.key, b.key));
}

type Judgement = readonly [works: boolean, findings: readonly Finding[]];

function judgeServer(state: NamespaceState, entry: ServerEntry): Judgement {
  const { name } = entry.object.metadata;
  const without: WorkloadRef[] = [];
  const shadowed: { workload: WorkloadRef; port: number; by: string }[] = [];
  let selected = false;
  let works = false;
  for (const workload of state.workloads.values()) {
    if (!state.selecting(workload).includes(entry)) continue;
    selected = true;
    const ports = claimedPorts(entry.object, workload.facts);
    if (ports.length === 0) without.push(workload.facts.ref);
    for (const port of ports) {
      const by = state.winner(workload, port)?.object.metadata.name;
      if (by === name) works = true;
      else if (by !== undefined) shadowed.push({ workload: workload.facts.ref, port, by });
    }
  }
  const findings: Finding[] = [];
  if (!selected) findings.push({ kind: 'no-workload' });
  if (without.length > 0) findings.push({ kind: 'no-port', name: String(entry.object.spec.port), workloads: without });
  if (shadowed.length > 0) findings.push({ kind: 'shadowed', ports: shadowed });
  return [works, findings];
}

function judgeRoute(state: NamespaceState, route: RouteObject, inForce: (object: PolicyObject) => boolean): Judgement {
  const findings: Finding[] = [];
  let works = false;
  if (route.spec.servers.length === 0) findings.push({ kind: 'no-parent' });
  for (const name of route.spec.servers) {
    const server = state.servers.get(name)?.object;
    const grpc = [...state.grpcRoutesOf(name)].map((other) => other.metadata.name).sort(byText);
    if (server === undefined) {
      findings.push({ kind: 'target-missing', target: 'Server', name });
    } else if (route.kind === 'HTTPRoute' && grpc.length > 0) {
      findings.push({ kind: 'conflicted', server: name, with: grpc });
    } else if (!carries(server.spec.proxyProtocol, route.kind)) {
      findings.push({ kind: 'protocol-without-routes', server: name, protocol: server.spec.proxyProtocol });
    } else if (inForce(server)) {
      works = true;
    } else {
      findings.push({ kind: 'target-not-in-force', target: 'Server', name });
    }
  }
  return [works, findings];
}

function judgeRateLimit(
  state: NamespaceState,
  limit: HTTPLocalRateLimitPolicy,
  inForce: (object: PolicyObject) => boolean,
): Judgement {
  const name = limit.spec.server;
  const server = state.servers.get(name)?.object;
  if (server === undefined) return [false, [{ kind: 'target-missing', target: 'Server', name }]];
  const by = state.rateLimitsOf(name)[0]?.metadata.name;
  if (by !== undefined && by !== limit.metadata.name) return [false, [{ kind: 'rate-limit-exists', server: name, by }]];
  if (!carries(server.spec.proxyProtocol, 'HTTPRoute')) {
    const protocol = server.spec.proxyProtocol;
    return [false, [{ kind: 'protocol-without-rate-limit', server: name, protocol }]];
  }
  return inForce(server) ? [true, []] : [false, [{ kind: 'target-not-in-force', target: 'Server', name }]];
}

/** docs/spec/control-plane.md §5.4: which list is sent depends on the protocol alone. */
function carries(protocol: ProxyProtocol, kind: RouteObject['kind']): boolean {
  switch (protocol) {
    case 'unknown':
    case 'HTTP/1':
    case 'HTTP/2':
      return kind === 'HTTPRoute';
    case 'gRPC':
      return kind === 'GRPCRoute';
    case 'opaque':
    case 'TLS':
      return false;
  }
}

/** What somebody is to be permitted on. */
interface Aim {
  readonly kind: TargetKind;
  readonly name: string | undefined;
  readonly targets: readonly (JudgedObject & { readonly kind: 'Server' | 'HTTPRoute' | 'GRPCRoute' })[];
}

function aimOf(
  state: NamespaceState,
  { spec: { target } }: Extract<PolicyObject, { kind: 'AuthorizationPolicy' }>,
): Aim {
  const servers = [...state.servers.values()].map(({ object }) => object);
  switch (target.kind) {
    case 'Server':
      return {
        kind: 'Server',
        name: target.name,
        targets: servers.filter(({ metadata }) => metadata.name === target.name),
      };
    case 'Namespace':
      return { kind: 'Namespace', name: undefined, targets: servers };
    case 'HTTPRoute':
    case 'GRPCRoute':
      return {
        kind: target.kind,
        name: target.name,
        targets: [...state.routesOfTarget(target.kind, target.group, target.name)],
      };
  }
}

function judgeGrant(resolution: Resolution, aim: Aim, inForce: (object: PolicyObject) => boolean): Judgement {
  const findings: Finding[] = resolution.kind === 'void' ? [...resolution.why] : [];
  if (aim.targets.length === 0) findings.push({ kind: 'target-missing', target: aim.kind, name: aim.name });
  const idle = aim.targets.filter((target) => !inForce(target)).toSorted(byName);
  for (const { kind, metadata } of idle) {
    findings.push({ kind: 'target-not-in-force', target: kind, name: metadata.name });
  }
  return [resolution.kind === 'authorization' && idle.length < aim.targets.length, findings];
}
