/**
 * Finds what takes a request by its host, most specific first: the exact host, then suffixes, longest first, then what takes any host
 * (docs/spec/data-plane.md §4.4). Comparison is ASCII case-insensitive; a trailing dot of the request's host counts only where the
 * pattern has one.
 */
import { hostOf } from './authority.js';
import type { HostMatch } from './policy.js';
import type { MatchQuery } from './request-match.js';
import type { Entry } from './route-entry.js';

/** An index of the entries of one host. */
export interface EntryIndex {
  find(query: MatchQuery): Entry | undefined;
}

export class HostIndex<Index extends EntryIndex> {
  readonly #anyHost: Index;
  readonly #exact = new Map<string, Index>();
  /** By the text behind `*.`; empty for `*`. */
  readonly #suffixes = new Map<string, Index>();
  /** The lengths of suffixes, longest first: there are few, and a host is looked up once for each, however many dots it has. */
  #suffixLengths: readonly number[] = [];

  constructor(readonly newIndex: () => Index) {
    this.#anyHost = newIndex();
  }

  /** The indices in which entries for these hosts have their place. */
  at(hosts: readonly HostMatch[]): readonly Index[] {
    return hosts.length === 0 ? [this.#anyHost] : hosts.map((host) => this.#indexOf(host));
  }

  #indexOf(match: HostMatch): Index {
    // The reversed labels of `*.example.com.` begin with an empty one, so joining them gives the trailing dot back.
    const host = (match.kind === 'exact' ? match.host : match.reverseLabels.toReversed().join('.')).toLowerCase();
    const indices = match.kind === 'exact' ? this.#exact : this.#suffixes;
    let index = indices.get(host);
    if (index === undefined) {
      index = this.newIndex();
      indices.set(host, index);
      if (match.kind === 'suffix' && !this.#suffixLengths.includes(host.length)) {
        this.#suffixLengths = [...this.#suffixLengths, host.length].sort((a, b) => b - a);
      }
    }
    return index;
  }

  find(query: MatchQuery): Entry | undefined {
    const { authority } = query.request;
    if (authority !== undefined && (this.#exact.size > 0 || this.#suffixes.size > 0)) {
      const found = this.#findByHost(hostOf(authority).toLowerCase(), query);
      if (found !== undefined) return found;
    }
    return this.#anyHost.find(query);
  }

  #findByHost(host: string, query: MatchQuery): Entry | undefined {
    // A pattern with a trailing dot wants the host as it came, one without wants one dot less.
    const dotless = host.endsWith('.') && !host.endsWith('..') ? host.slice(0, -1) : undefined;
    let found = this.#exact.get(host)?.find(query);
    if (dotless !== undefined) found ??= this.#exact.get(dotless)?.find(query);
    for (const length of this.#suffixLengths) {
      if (found !== undefined) return found;
      // `*` takes every host but none at all.
      if (length === 0) return host === '' || host === '.' ? undefined : this.#suffixes.get('')?.find(query);
      // Both spellings fit suffixes of one length only where one begins with an empty label, as no host's does.
      found = this.#findBySuffix(host, length, query);
      if (dotless !== undefined) found ??= this.#findBySuffix(dotless, length, query);
    }
    return found;
  }

  #findBySuffix(host: string, length: number, query: MatchQuery): Entry | undefined {
    const start = host.length - length;
    // At least one character for the `*`, then a dot.
    if (start < 2 || host.charCodeAt(start - 1) !== 0x2e) return undefined;
    return this.#suffixes.get(host.slice(start))?.find(query);
  }
}
