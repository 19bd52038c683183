/**
 * Finds the entry that takes a request by its path, among entries whose hosts are equally specific. Longer paths outrank shorter ones,
 * whatever their kind, and a pattern counts as long as the request's whole path (docs/spec/data-plane.md §4.4), so the
 * candidates come in this order: what takes the whole path; prefixes of it, longest first; what takes any path.
 */
import { literalStart } from './literal-start.js';
import type { PathMatch } from './policy.js';
import type { MatchQuery } from './request-match.js';
import { firstHolding, type Entry } from './route-entry.js';
import { SegmentMap } from './segment-map.js';
import { byteText } from './text.js';

export class PathIndex {
  readonly #exact = new Map<string, Entry[]>();
  /** Without trailing slashes. */
  readonly #prefixes = new SegmentMap<Entry[]>();
  /** By the whole segments that their literal start consists of. */
  readonly #patterns = new SegmentMap<Entry[]>();
  /** Patterns without such a segment: every request has to try them. */
  readonly #loosePatterns: Entry[] = [];
  readonly #anyPath: Entry[] = [];

  /** Entries are added in order of precedence. */
  add(path: PathMatch | undefined, entry: Entry): void {
    switch (path?.kind) {
      case undefined:
        this.#anyPath.push(entry);
        break;
      case 'exact':
        addTo(this.#exact, byteText(path.path), entry);
        break;
      case 'prefix': {
        const prefix = withoutSlashes(byteText(path.path));
        if (prefix === '') this.#anyPath.push(entry);
        else addTo(this.#prefixes, prefix, entry);
        break;
      }
      case 'regex': {
        const start = literalStart(path.pattern);
        const segments = start.slice(0, Math.max(start.lastIndexOf('/'), 0));
        if (segments === '') this.#loosePatterns.push(entry);
        else addTo(this.#patterns, segments, entry);
        break;
      }
    }
  }

  find(query: MatchQuery): Entry | undefined {
    const { path } = query;
    const whole = this.#findWhole(query);
    // `/` and no path at all count 1, which is more than an empty path (CONNECT) counts.
    if (path === '') return firstHolding(this.#anyPath, query, undefined) ?? whole;
    if (whole !== undefined && path.length > 1) return whole;
    let best = whole;
    let end = this.#prefixes.endBelow(path, path.length);
    while (end > 0) {
      best = firstHolding(this.#prefixes.get(path.slice(0, end)), query, best);
      if (best !== undefined && end > 1) return best;
      end = this.#prefixes.endBelow(path, end);
    }
    return firstHolding(this.#anyPath, query, best);
  }

  /** The best of those that count as long as the path. */
  #findWhole(query: MatchQuery): Entry | undefined {
    const { path } = query;
    let best = firstHolding(this.#exact.get(path), query, undefined);
    best = firstHolding(this.#prefixes.get(path), query, best);
    best = firstHolding(this.#loosePatterns, query, best);
    if (this.#patterns.size === 0) return best;
    let end = this.#patterns.endBelow(path, path.length);
    while (end > 0) {
      best = firstHolding(this.#patterns.get(path.slice(0, end)), query, best);
      end = this.#patterns.endBelow(path, end);
    }
    return best;
  }
}

interface Buckets {
  get(key: string): Entry[] | undefined;
  set(key: string, entries: Entry[]): void;
}

function addTo(buckets: Buckets, key: string, entry: Entry): void {
  const entries = buckets.get(key);
  if (entries === undefined) buckets.set(key, [entry]);
  else entries.push(entry);
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 0x2f) end--;
  return path.slice(0, end);
}
