/**
 * Finds the entry that takes a gRPC call, among entries whose hosts are equally specific: the longer service, then the longer method
 * wins (docs/spec/data-plane.md §4.4). Both are compared whole, so there are four places to look, most specific first.
 */
import type { GrpcRouteMatch } from './policy.js';
import type { MatchQuery } from './request-match.js';
import { firstHolding, type Entry } from './route-entry.js';
import { byteText } from './text.js';

export class CallIndex {
  /** By `/service/method`, either of them empty for any. */
  readonly #calls = new Map<string, Entry[]>();
  /** Of rules without entries: they take what is no call, too. */
  readonly #anything: Entry[] = [];

  /** Entries are added in order of precedence. */
  add(match: GrpcRouteMatch | undefined, entry: Entry): void {
    if (match === undefined) {
      this.#anything.push(entry);
      return;
    }
    const key = `/${byteText(match.service)}/${byteText(match.method)}`;
    const entries = this.#calls.get(key);
    if (entries === undefined) this.#calls.set(key, [entry]);
    else entries.push(entry);
  }

  find(query: MatchQuery): Entry | undefined {
    const { path } = query;
    const serviceEnd = path.startsWith('/') ? path.indexOf('/', 1) : -1;
    if (serviceEnd === -1 || query.request.method !== 'POST') return firstHolding(this.#anything, query, undefined);
    const methodEnd = path.indexOf('/', serviceEnd + 1);
    const call = methodEnd === -1 ? path : path.slice(0, methodEnd);
    return this.#findNamed(call, serviceEnd, query) ?? this.#findUnnamed(query);
  }

  #findNamed(call: string, serviceEnd: number, query: MatchQuery): Entry | undefined {
    // A call that names neither is for those who want neither.
    if (call === '//') return undefined;
    const best = firstHolding(this.#calls.get(call), query, undefined);
    const namesBoth = serviceEnd > 1 && call.length > serviceEnd + 1;
    if (best !== undefined || !namesBoth) return best;
    return (
      firstHolding(this.#calls.get(call.slice(0, serviceEnd + 1)), query, undefined) ??
      firstHolding(this.#calls.get(`/${call.slice(serviceEnd)}`), query, undefined)
    );
  }

  #findUnnamed(query: MatchQuery): Entry | undefined {
    return firstHolding(this.#anything, query, firstHolding(this.#calls.get('//'), query, undefined));
  }
}
