/**
 * One entry of one rule of one route, ready to be asked for every request. Where an entry is found says that its path matches;
 * what it still has to look at itself is the rest: method, headers, query, and a path that is a pattern.
 */
import type { AuthorizationList } from './authorization-list.js';
import type { PathMatched } from './decision.js';
import { literalStart } from './literal-start.js';
import type { GrpcFilter, HeaderMatch, HostMatch, HttpFilter, Origin, PathMatch } from './policy.js';
import { headerCondition, pathPattern, queryCondition, type Condition, type MatchQuery } from './request-match.js';

/** What the entries of a route share. */
export interface CompiledRoute {
  readonly origin: Origin;
  readonly hosts: readonly HostMatch[];
  /** The route's own, tried before the server's. */
  readonly authorizations: AuthorizationList;
}

/** What is asked of a request, in the form that HTTP and gRPC entries share. */
export interface EntryConditions {
  readonly method?: string;
  readonly path?: PathMatch;
  readonly headers: readonly HeaderMatch[];
  readonly queryParams: readonly HeaderMatch[];
}

export class Entry {
  readonly pathMatch: PathMatched;
  readonly #method: string | undefined;
  readonly #conditions: readonly Condition[];

  constructor(
    readonly route: CompiledRoute,
    readonly filters: readonly (HttpFilter | GrpcFilter)[],
    asked: EntryConditions,
    /**
     * Among entries whose hosts and paths are equally specific the smallest wins: more headers, then more query parameters, then a
     * method, then the earlier in the list (docs/spec/data-plane.md §4.4).
     */
    readonly precedence: number,
  ) {
    const { method, path, headers, queryParams } = asked;
    this.pathMatch = pathMatched(path);
    this.#method = method;
    this.#conditions = headers.length + queryParams.length === 0 && path?.kind !== 'regex' ? none : conditionsOf(asked);
  }

  holds(query: MatchQuery): boolean {
    if (this.#method !== undefined && this.#method !== query.request.method) return false;
    for (const holds of this.#conditions) if (!holds(query)) return false;
    return true;
  }
}

/** Most entries have none: they share it. */
const none: readonly Condition[] = [];

function conditionsOf({ path, headers, queryParams }: EntryConditions): readonly Condition[] {
  // The pattern last: nothing costs as much.
  const pattern = path?.kind === 'regex' ? [pathPattern(path.pattern, literalStart(path.pattern))] : [];
  return [...headers.map(headerCondition), ...queryParams.map(queryCondition), ...pattern];
}

const rootPrefix: PathMatched = { kind: 'prefix', path: '/' };
const other: PathMatched = { kind: 'other' };

function pathMatched(match: PathMatch | undefined): PathMatched {
  // No path counts as the prefix `/` (docs/spec/data-plane.md §4.4).
  if (match === undefined) return rootPrefix;
  return match.kind === 'prefix' ? { kind: 'prefix', path: match.path } : other;
}

/** Entries of equal hosts and paths, in order of precedence. */
export type Entries = readonly Entry[];

/** The first of `entries` that holds, unless `rival`, which does, precedes it. */
export function firstHolding(
  entries: Entries | undefined,
  query: MatchQuery,
  rival: Entry | undefined,
): Entry | undefined {
  if (entries === undefined) return rival;
  for (const entry of entries) {
    if (rival !== undefined && rival.precedence < entry.precedence) return rival;
    if (entry.holds(query)) return entry;
  }
  return rival;
}
