/**
 * What a rule can ask of a request besides its literal path: headers, query, a pattern that the path matches. Each condition is prepared
 * once and then asked for each request that gets that far.
 */
import { compilePattern, type Pattern } from './pattern.js';
import type { HeaderMatch } from './policy.js';
import type { HttpRequest } from './request.js';
import { byteText, isVisibleAscii, unicodeText } from './text.js';

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

/** What has to hold besides a literal path. */
export type Condition = (query: MatchQuery) => boolean;

/** The path, read as UTF-8, is matched by the pattern; everything that is begins with `start`, which is cheaper to ask. */
export function pathPattern(source: string, start: string): Condition {
  const pattern = compiledOnce(source);
  return ({ path }) => {
    if (!path.startsWith(start)) return false;
    const text = unicodeText(path);
    return text !== undefined && pattern.matches(text);
  };
}

/** Holds if any value of the header matches. */
export function headerCondition(match: HeaderMatch): Condition {
  if (match.kind === 'exact') {
    const value = byteText(match.value);
    return (query) => query.request.header(match.name).includes(value);
  }
  const pattern = compiledOnce(match.pattern);
  return (query) => query.request.header(match.name).some((value) => isVisibleAscii(value) && pattern.matches(value));
}

/** Holds if any pair matches. */
export function queryCondition(match: HeaderMatch): Condition {
  const { name } = match;
  if (match.kind === 'exact') {
    return (query) => query.queryPairs.some(([key, value]) => key === name && value === match.value);
  }
  const pattern = compiledOnce(match.pattern);
  return (query) => query.queryPairs.some(([key, value]) => key === name && pattern.matches(value));
}

/**
 * Compiled when first asked: that takes some 0.1 ms, and a policy of many patterns must not hold up its first request for all of them.
 * Patterns were checked where the policy was read; one that fails here is a fault of ours, and must not match silently.
 */
function compiledOnce(source: string): Pattern {
  let pattern: Pattern | undefined;
  return {
    matches(text) {
      pattern ??= compiled(source);
      return pattern.matches(text);
    },
  };
}

function compiled(source: string): Pattern {
  const result = compilePattern(source);
  if (result.kind === 'bad')
    throw new Error(`pattern \`${source}\` was not checked when the policy was read: ${result.message}`);
  return result.pattern;
}
