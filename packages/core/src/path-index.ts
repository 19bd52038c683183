/**
 * Finds the entry that takes a request by its path, among entries whose hosts are equally specific. Longer paths outrank shorter ones,
 * whatever their kind, and a pattern counts as long as the request's whole path (docs/spec/data-plane.md §4.4), so the
 * candidates come in this order: what takes the whole path; prefixes of it, longest first; what takes any path.
 */
import { literalStart } from './literal-start.js';
import type { PathMatch } from './policy.js';
import type { MatchQuery } from './request-match.js';
import { firstHolding, type Entry } from './route-entry.js';
import { byteText } from './text.js';

/** What is kept under a path of the policy. */
interface Node {
  exact: Entry[] | undefined;
  /** Those whose prefix it is, trailing slashes taken off. */
  prefix: Entry[] | undefined;
  /** Those whose literal start it is, as far as that consists of whole segments. */
  patterns: Entry[] | undefined;
}

export class PathIndex {
  readonly #nodes = new Map<string, Node>();
  /**
   * The lengths of prefixes and of patterns' segments. No part of another length is looked up, so that what a request costs is bounded by the
   * policy and not by the slashes of its path.
   */
  readonly #partLengths: boolean[] = [];
  #hasPatterns = false;
  /** Patterns that begin with no literal segment: every request has to try them. */
  readonly #loosePatterns: Entry[] = [];
  readonly #anyPath: Entry[] = [];

  /** Entries are added in order of precedence. */
  add(path: PathMatch | undefined, entry: Entry): void {
    switch (path?.kind) {
      case undefined:
        this.#anyPath.push(entry);
        break;
      case 'exact':
        (this.#nodeAt(byteText(path.path)).exact ??= []).push(entry);
        break;
      case 'prefix': {
        const prefix = withoutSlashes(byteText(path.path));
        if (prefix === '') this.#anyPath.push(entry);
        else (this.#partAt(prefix).prefix ??= []).push(entry);
        break;
      }
      case 'regex': {
        const start = literalStart(path.pattern);
        const segments = start.slice(0, Math.max(start.lastIndexOf('/'), 0));
        if (segments === '') {
          this.#loosePatterns.push(entry);
        } else {
          (this.#partAt(segments).patterns ??= []).push(entry);
          this.#hasPatterns = true;
        }
        break;
      }
    }
  }

  #nodeAt(key: string): Node {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { exact: undefined, prefix: undefined, patterns: undefined };
      this.#nodes.set(key, node);
    }
    return node;
  }

  #partAt(key: string): Node {
    while (this.#partLengths.length <= key.length) this.#partLengths.push(false);
    this.#partLengths[key.length] = true;
    return this.#nodeAt(key);
  }

  find(query: MatchQuery): Entry | undefined {
    const { path } = query;
    // These count as long as the path: exact paths and prefixes that equal it, and patterns.
    const own = this.#nodes.get(path);
    let whole = firstHolding(this.#loosePatterns, query, undefined);
    if (own !== undefined) whole = firstHolding(own.prefix, query, firstHolding(own.exact, query, whole));

    let prefix: Entry | undefined;
    let prefixLength = 0;
    for (let end = this.#partEnd(path, path.length); end > 0; end = this.#partEnd(path, end)) {
      const sought = whole === undefined && prefix === undefined;
      if (!sought && !this.#hasPatterns) break;
      const node = this.#nodes.get(path.slice(0, end));
      if (node === undefined) continue;
      whole = firstHolding(node.patterns, query, whole);
      if (sought) {
        prefix = firstHolding(node.prefix, query, undefined);
        prefixLength = end;
      }
    }
    if (whole !== undefined && path.length > 1) return whole;
    if (prefix !== undefined && prefixLength > 1) return prefix;
    // `/` and no path at all count 1, which is more than an empty path (CONNECT) counts.
    if (path === '') return firstHolding(this.#anyPath, query, undefined) ?? whole;
    return firstHolding(this.#anyPath, query, whole ?? prefix);
  }

  /** Where the longest run of whole segments ends that is shorter than `below` characters and may be a key; 0: there is none. */
  #partEnd(path: string, below: number): number {
    let end = Math.min(below, this.#partLengths.length) - 1;
    while (end > 0 && (this.#partLengths[end] === false || path.charCodeAt(end) !== 0x2f)) end--;
    return end;
  }
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 0x2f) end--;
  return path.slice(0, end);
}
