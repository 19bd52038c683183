/**
 * A policy prepared for many questions. Everything that depends on the policy alone is done once a policy, everything that
 * depends on the client's address and identity once a client; what is left for a request is finding its route.
 */
import { closestMiss, missOf } from './authorization-match.js';
import type { Allowed, Denied, DenialReason, Miss } from './decision.js';
import { permit } from './decision.js';
import { hostOf, matchHost } from './host-match.js';
import { normalPath } from './normal-path.js';
import type {
  Authorization,
  GrpcFilter,
  GrpcRouteMatch,
  HostMatch,
  HttpFilter,
  HttpRouteMatch,
  InboundPolicy,
  Origin,
} from './policy.js';
import type { Client, HttpRequest } from './request.js';
import {
  grpcMatcher,
  httpMatcher,
  matchesAnyCall,
  matchesAnyRequest,
  MatchQuery,
  type Matcher,
  type Rank,
} from './request-match.js';

/** One entry of one rule of one route: what a request is matched with. */
export interface Entry {
  readonly route: CompiledRoute;
  readonly filters: readonly (HttpFilter | GrpcFilter)[];
  /** For the path as the client wrote it. */
  readonly raw: Matcher;
  /** For the normalised path, with the rule's own path normalised too. */
  readonly normal: Matcher;
}

export interface CompiledRoute {
  readonly origin: Origin;
  readonly hosts: readonly HostMatch[];
  /** The route's own authorizations, then the server's. */
  readonly authorizations: readonly Authorization[];
  readonly entries: readonly Entry[];
}

export interface CompiledPolicy {
  readonly server: Origin;
  /** Whether a connection may be permitted as a whole. */
  readonly carriesConnections: boolean;
  /** Absent when the policy's protocol is not HTTP. */
  readonly routes: readonly CompiledRoute[] | undefined;
  /** Whether every path of a rule is normal as written: then a request with a normal path has one reading only. */
  readonly writtenNormally: boolean;
  readonly authorizations: readonly Authorization[];
}

export function compile(policy: InboundPolicy): CompiledPolicy {
  const { server, protocol, authorizations } = policy;
  switch (protocol.kind) {
    case 'opaque':
    case 'tls':
      return { server, authorizations, carriesConnections: true, routes: undefined, writtenNormally: true };
    case 'grpc':
      return compiledHttp(
        policy,
        protocol.routes.map((route) => compileRoute(route, authorizations, matchesAnyCall, grpcMatchers)),
      );
    case 'detect':
    case 'http1':
    case 'http2':
      return compiledHttp(
        policy,
        protocol.routes.map((route) => compileRoute(route, authorizations, matchesAnyRequest, httpMatchers)),
      );
  }
}

function compiledHttp({ server, protocol, authorizations }: InboundPolicy, routes: CompiledRoute[]): CompiledPolicy {
  return {
    server,
    authorizations,
    carriesConnections: protocol.kind === 'detect',
    routes,
    writtenNormally: routes.every(({ entries }) => entries.every(({ raw, normal }) => raw === normal)),
  };
}

interface Matchers {
  readonly raw: Matcher;
  /** The same value as `raw` where normalising the rule's path changes nothing. */
  readonly normal: Matcher;
}

function grpcMatchers(match: GrpcRouteMatch): Matchers {
  const matcher = grpcMatcher(match);
  return { raw: matcher, normal: matcher };
}

/** A pattern is left as it is: what it was written for cannot be known. */
function httpMatchers(match: HttpRouteMatch): Matchers {
  const raw = httpMatcher(match);
  const { path } = match;
  if (path === undefined || path.kind === 'regex') return { raw, normal: raw };
  const normal = normalPath(path.path);
  return { raw, normal: normal === path.path ? raw : httpMatcher({ ...match, path: { ...path, path: normal } }) };
}

interface RouteLike<Match> {
  readonly origin: Origin;
  readonly hosts: readonly HostMatch[];
  readonly authorizations: readonly Authorization[];
  readonly rules: readonly {
    readonly matches: readonly Match[];
    readonly filters: readonly (HttpFilter | GrpcFilter)[];
  }[];
}

function compileRoute<Match>(
  route: RouteLike<Match>,
  serverAuthorizations: readonly Authorization[],
  anything: Matcher,
  matchers: (match: Match) => Matchers,
): CompiledRoute {
  const entries: Entry[] = [];
  const compiled: CompiledRoute = {
    origin: route.origin,
    hosts: route.hosts,
    authorizations: [...route.authorizations, ...serverAuthorizations],
    entries,
  };
  for (const { matches, filters } of route.rules) {
    if (matches.length === 0) {
      entries.push({ route: compiled, filters, raw: anything, normal: anything });
    }
    for (const match of matches) entries.push({ route: compiled, filters, ...matchers(match) });
  }
  return compiled;
}

/**
 * The most specific entry that matches; between equals the earliest (docs/spec/data-plane.md §4.4). Host first, then the
 * entry's own rank.
 */
export function findEntry(
  routes: readonly CompiledRoute[],
  request: HttpRequest,
  path: string,
  form: 'raw' | 'normal',
): Entry | undefined {
  const query = new MatchQuery(request, path);
  let best: Entry | undefined;
  let bestRank: FullRank | undefined;
  for (const route of routes) {
    const host = bestHost(route.hosts, request.authority);
    if (host === undefined) continue;
    for (const entry of route.entries) {
      const rank = entry[form].match(query);
      if (rank === undefined) continue;
      if (bestRank === undefined || outranks(host, rank, bestRank)) {
        best = entry;
        bestRank = { host, rank };
      }
    }
  }
  return best;
}

interface FullRank {
  readonly host: HostLevel;
  readonly rank: Rank;
}

/** None < suffix < exact, then longer beats shorter. */
type HostLevel = readonly [kind: 0 | 1 | 2, length: number];

const anyHost: HostLevel = [0, 0];

function bestHost(hosts: readonly HostMatch[], authority: string | undefined): HostLevel | undefined {
  if (hosts.length === 0) return anyHost;
  if (authority === undefined) return undefined;
  const requestHost = hostOf(authority);
  let best: HostLevel | undefined;
  for (const host of hosts) {
    const rank = matchHost(host, requestHost);
    if (rank === undefined) continue;
    const level: HostLevel = [rank.exact ? 2 : 1, rank.length];
    if (best === undefined || compareLevels(level, best) > 0) best = level;
  }
  return best;
}

function outranks(host: HostLevel, rank: Rank, best: FullRank): boolean {
  const byHost = compareLevels(host, best.host);
  return byHost === 0 ? compareLevels(rank, best.rank) > 0 : byHost > 0;
}

function compareLevels(a: readonly number[], b: readonly number[]): number {
  for (const [level, value] of a.entries()) {
    const difference = value - (b[level] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** One client's standing under one policy: the outcome of every authorization list, worked out when first needed. */
export class ClientStanding {
  readonly #policy: CompiledPolicy;
  readonly #client: Client;
  readonly #lists = new Map<readonly Authorization[], ListOutcome>();
  readonly #decisions = new Map<Entry | undefined, Allowed | Denied>();

  constructor(policy: CompiledPolicy, client: Client) {
    this.#policy = policy;
    this.#client = client;
  }

  connection(): Allowed | Denied {
    const { carriesConnections, authorizations } = this.#policy;
    return carriesConnections ? this.#outcome(undefined, authorizations) : this.#denied('http-only', undefined);
  }

  request(request: HttpRequest): Allowed | Denied {
    const { routes, writtenNormally } = this.#policy;
    if (routes === undefined) return this.#denied('not-http', undefined);
    const raw = findEntry(routes, request, request.path, 'raw');
    const path = normalPath(request.path);
    if (writtenNormally && path === request.path) return this.#entry(raw);
    // A request whose two readings fall under different rules gets the stricter outcome: the application may read either.
    const asNormal = this.#entry(findEntry(routes, request, path, 'normal'));
    if (asNormal.verdict === 'denied') return asNormal;
    const asRaw = this.#entry(raw);
    // Audited is stricter than allowed: that it was let in for that reason alone must be said.
    return asRaw.verdict === 'denied' || (asRaw.audit && !asNormal.audit) ? asRaw : asNormal;
  }

  #entry(entry: Entry | undefined): Allowed | Denied {
    return entry === undefined ? this.#denied('no-route', undefined) : this.#outcome(entry, entry.route.authorizations);
  }

  #outcome(entry: Entry | undefined, authorizations: readonly Authorization[]): Allowed | Denied {
    const known = this.#decisions.get(entry);
    if (known !== undefined) return known;
    const list = this.#list(authorizations);
    const route = entry?.route.origin;
    const decision: Allowed | Denied =
      list.admittedBy === undefined
        ? this.#denied('unauthorized', route, list.misses)
        : {
            verdict: 'allowed',
            server: this.#policy.server,
            route,
            authorization: list.admittedBy,
            audit: isAudit(list.admittedBy.origin),
            filters: entry?.filters ?? [],
            pathMatch: entry?.raw.pathMatch ?? { kind: 'other' },
            permit,
          };
    this.#decisions.set(entry, decision);
    return decision;
  }

  /** The first authorization that admits the client, else why each does not. */
  #list(authorizations: readonly Authorization[]): ListOutcome {
    const known = this.#lists.get(authorizations);
    if (known !== undefined) return known;
    const outcome = tryAll(authorizations, this.#client);
    this.#lists.set(authorizations, outcome);
    return outcome;
  }

  #denied(reason: DenialReason, route: Origin | undefined, tried: readonly Miss[] = []): Denied {
    return { verdict: 'denied', reason, server: this.#policy.server, route, tried, closest: closestMiss(tried) };
  }
}

interface ListOutcome {
  readonly admittedBy: Authorization | undefined;
  readonly misses: readonly Miss[];
}

function tryAll(authorizations: readonly Authorization[], client: Client): ListOutcome {
  const misses: Miss[] = [];
  for (const authorization of authorizations) {
    const miss = missOf(authorization, client);
    if (miss === undefined) return { admittedBy: authorization, misses };
    misses.push(miss);
  }
  return { admittedBy: undefined, misses };
}

/** An authorization is in audit mode iff it is the default one of that name (docs/spec/data-plane.md §4.7). */
function isAudit(origin: Origin): boolean {
  return origin.kind === 'default' && origin.name === 'audit';
}
