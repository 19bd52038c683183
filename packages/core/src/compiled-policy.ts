/**
 * A policy prepared for many questions: everything that depends on it alone is done here, once for each policy. Finding what takes a request
 * then costs a few look-ups, however many rules there are.
 */
import { authorizationList, type AuthorizationList } from './authorization-list.js';
import { CallIndex } from './call-index.js';
import { HostIndex, type EntryIndex } from './host-index.js';
import { normalPath } from './normal-path.js';
import { PathIndex } from './path-index.js';
import type {
  GrpcFilter,
  GrpcRoute,
  GrpcRouteMatch,
  HttpFilter,
  HttpRoute,
  HttpRouteMatch,
  InboundPolicy,
  Origin,
  PathMatch,
} from './policy.js';
import { Entry, type CompiledRoute, type EntryConditions } from './route-entry.js';

export interface CompiledPolicy {
  readonly server: Origin;
  /** Whether a connection may be permitted as a whole. */
  readonly carriesConnections: boolean;
  /** Absent when the policy's protocol is not HTTP. */
  readonly rules: CompiledRules | undefined;
  readonly authorizations: AuthorizationList;
}

export interface CompiledRules {
  /** For the path as the client wrote it. */
  readonly raw: EntryIndex;
  /** For the normal path, with the paths of rules made normal too. The same value as `raw` where all are written so. */
  readonly normal: EntryIndex;
}

export function compile(policy: InboundPolicy): CompiledPolicy {
  const { server, protocol } = policy;
  const authorizations = authorizationList(policy.authorizations);
  switch (protocol.kind) {
    case 'opaque':
    case 'tls':
      return { server, authorizations, carriesConnections: true, rules: undefined };
    case 'grpc':
      return { server, authorizations, carriesConnections: false, rules: grpcRules(protocol.routes) };
    case 'detect':
    case 'http1':
    case 'http2': {
      const carriesConnections = protocol.kind === 'detect';
      return { server, authorizations, carriesConnections, rules: httpRules(protocol.routes) };
    }
  }
}

function httpRules(routes: readonly HttpRoute[]): CompiledRules {
  const placed = placedEntries(routes, (match: HttpRouteMatch | undefined) => match ?? anything);
  const indexed = (pathOf: (match: HttpRouteMatch | undefined) => PathMatch | undefined): EntryIndex => {
    const index = new HostIndex(() => new PathIndex());
    for (const { entry, match } of placed) {
      for (const atHost of index.at(entry.route.hosts)) atHost.add(pathOf(match), entry);
    }
    return index;
  };
  const raw = indexed((match) => match?.path);
  const writtenNormally = placed.every(({ match }) => match?.path === normalised(match?.path));
  return { raw, normal: writtenNormally ? raw : indexed((match) => normalised(match?.path)) };
}

/** The same value where nothing changes. A pattern is left as it is: what it was written for cannot be known. */
function normalised(path: PathMatch | undefined): PathMatch | undefined {
  if (path === undefined || path.kind === 'regex') return path;
  const normal = normalPath(path.path);
  return normal === path.path ? path : { ...path, path: normal };
}

function grpcRules(routes: readonly GrpcRoute[]): CompiledRules {
  const index = new HostIndex(() => new CallIndex());
  const conditionsOf = (match: GrpcRouteMatch | undefined): EntryConditions =>
    match === undefined ? anything : { headers: match.headers, queryParams: [] };
  for (const { entry, match } of placedEntries(routes, conditionsOf)) {
    for (const atHost of index.at(entry.route.hosts)) atHost.add(match, entry);
  }
  return { raw: index, normal: index };
}

/** What a rule without entries asks. */
const anything: EntryConditions = { headers: [], queryParams: [] };

interface RouteLike<Match> extends Omit<HttpRoute, 'rules'> {
  readonly rules: readonly {
    readonly matches: readonly Match[];
    readonly filters: readonly (HttpFilter | GrpcFilter)[];
  }[];
}

interface PlacedEntry<Match> {
  readonly entry: Entry;
  /** Absent for a rule without entries. */
  readonly match: Match | undefined;
}

/** The entries of all routes, in order of precedence. */
function placedEntries<Match>(
  routes: readonly RouteLike<Match>[],
  conditionsOf: (match: Match | undefined) => EntryConditions,
): PlacedEntry<Match>[] {
  const listed = routes.flatMap(({ origin, hosts, authorizations, rules }) => {
    const route: CompiledRoute = { origin, hosts, authorizations: authorizationList(authorizations) };
    return rules.flatMap(({ matches, filters }) =>
      (matches.length === 0 ? [undefined] : matches).map((match) => ({
        route,
        filters,
        match,
        conditions: conditionsOf(match),
      })),
    );
  });
  // The sort is stable: between equals the earlier stays first.
  return listed
    .sort((a, b) => morePrecise(a.conditions, b.conditions))
    .map(({ route, filters, match, conditions }, place) => ({
      entry: new Entry(route, filters, conditions, place),
      match,
    }));
}

/** More headers first, then more query parameters, then a method (docs/spec/data-plane.md §4.4). */
function morePrecise(a: EntryConditions, b: EntryConditions): number {
  return (
    b.headers.length - a.headers.length ||
    b.queryParams.length - a.queryParams.length ||
    Number(b.method !== undefined) - Number(a.method !== undefined)
  );
}
