/**
 * Matching a request against the entries of a route's rule. An entry is prepared once (patterns compiled, text turned into
 * bytes) and then asked for each request. Ranks follow docs/spec/data-plane.md §4.4: length alone decides between paths.
 */
import type { PathMatched } from './decision.js';
import { compilePattern, type Pattern } from './pattern.js';
import type { GrpcRouteMatch, HeaderMatch, HttpRouteMatch, PathMatch } from './policy.js';
import type { HttpRequest } from './request.js';
import { byteText, isVisibleAscii, unicodeText } from './text.js';

/** Compared level by level, the first difference decides; greater is more specific. */
export type Rank = readonly [number, number, number, number];

export interface Matcher {
  readonly pathMatch: PathMatched;
  /** `path` is the raw or the normalised one of the request; {@link MatchQuery} says what else was asked. */
  match(query: MatchQuery): Rank | undefined;
}

/** A request with the path to look at, and the query's pairs once somebody needed them. */
export class MatchQuery {
  #pairs: readonly (readonly [string, string])[] | undefined;

  constructor(
    readonly request: HttpRequest,
    readonly path: string,
  ) {}

  /** Form-decoded, `+` is a space, `?foo` has an empty value. */
  get queryPairs(): readonly (readonly [string, string])[] {
    this.#pairs ??= formPairs(this.request.query);
    return this.#pairs;
  }
}

function formPairs(query: string | undefined): readonly (readonly [string, string])[] {
  if (query === undefined) return [];
  // Bytes that are not UTF-8 become U+FFFD in the decoder; as characters they would pass for Latin-1 letters.
  const escaped = query.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  // URLSearchParams takes one leading `?` away: give it ours, lest it take the client's.
  return [...new URLSearchParams(`?${escaped}`)];
}

const anyPath: PathMatched = { kind: 'prefix', path: '/' };

/** What a rule without entries matches with: everything, as if it had the prefix `/`. */
export const matchesAnyRequest: Matcher = { pathMatch: anyPath, match: () => [1, 0, 0, 0] };

/** The same on a gRPC route, where it ranks below an entry that names a service or a method. */
export const matchesAnyCall: Matcher = { pathMatch: anyPath, match: () => [0, 0, 0, 0] };

export function httpMatcher(match: HttpRouteMatch): Matcher {
  const path = match.path === undefined ? () => 1 : pathMatcher(match.path);
  const headers = match.headers.map(headerMatcher);
  const params = match.queryParams.map(queryMatcher);
  const { method } = match;
  const pathMatch = match.path === undefined ? anyPath : pathMatched(match.path);
  return {
    pathMatch,
    match(query) {
      if (method !== undefined && query.request.method !== method) return undefined;
      const length = path(query.path);
      if (length === undefined) return undefined;
      if (!headers.every((holds) => holds(query)) || !params.every((holds) => holds(query))) return undefined;
      return [length, headers.length, params.length, method === undefined ? 0 : 1];
    },
  };
}

export function grpcMatcher(match: GrpcRouteMatch): Matcher {
  const service = byteText(match.service);
  const method = byteText(match.method);
  const headers = match.headers.map(headerMatcher);
  return {
    pathMatch: anyPath,
    match(query) {
      if (query.request.method !== 'POST') return undefined;
      const segments = query.path.split('/');
      const [root, requestService, requestMethod] = segments;
      if (root !== '' || requestService === undefined || requestMethod === undefined) return undefined;
      if (service !== '' && service !== requestService) return undefined;
      if (method !== '' && method !== requestMethod) return undefined;
      if (!headers.every((holds) => holds(query))) return undefined;
      return [service.length, method.length, headers.length, 0];
    },
  };
}

/** The length that counts when paths are compared; `undefined`: no match. */
function pathMatcher(match: PathMatch): (path: string) => number | undefined {
  switch (match.kind) {
    case 'exact': {
      const wanted = byteText(match.path);
      return (path) => (path === wanted ? wanted.length : undefined);
    }
    case 'prefix': {
      const prefix = stripSlashes(byteText(match.path));
      const length = Math.max(prefix.length, 1);
      return (path) => (prefix === '' || isPrefix(prefix, path) ? length : undefined);
    }
    case 'regex': {
      const pattern = compiled(match.pattern);
      return (path) => {
        const text = unicodeText(path);
        return text !== undefined && pattern.matches(text) ? path.length : undefined;
      };
    }
  }
}

/** `/foo` is a prefix of `/foo`, `/foo/` and `/foo/bar`, not of `/foobar`. */
function isPrefix(prefix: string, path: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f);
}

function stripSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 0x2f) end--;
  return path.slice(0, end);
}

function pathMatched(match: PathMatch): PathMatched {
  return match.kind === 'prefix' ? { kind: 'prefix', path: match.path } : { kind: 'other' };
}

/** Holds if any value of the header matches. */
function headerMatcher(match: HeaderMatch): (query: MatchQuery) => boolean {
  if (match.kind === 'exact') {
    const value = byteText(match.value);
    return (query) => query.request.header(match.name).includes(value);
  }
  const pattern = compiled(match.pattern);
  return (query) => query.request.header(match.name).some((value) => isVisibleAscii(value) && pattern.matches(value));
}

/** Holds if any pair matches. */
function queryMatcher(match: HeaderMatch): (query: MatchQuery) => boolean {
  const { name } = match;
  if (match.kind === 'exact') {
    return (query) => query.queryPairs.some(([key, value]) => key === name && value === match.value);
  }
  const pattern = compiled(match.pattern);
  return (query) => query.queryPairs.some(([key, value]) => key === name && pattern.matches(value));
}

/** Patterns were checked where the policy was read; one that fails here is a fault of ours, and must not match silently. */
function compiled(source: string): Pattern {
  const result = compilePattern(source);
  if (result.kind === 'bad')
    throw new Error(`pattern \`${source}\` was not checked when the policy was read: ${result.message}`);
  return result.pattern;
}
