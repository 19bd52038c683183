import type { HostMatch } from './policy.js';

/** The host of an authority: user information and port removed (docs/spec/data-plane.md §4.4). */
export function hostOf(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host.startsWith('[')) {
    const end = host.indexOf(']');
    return end === -1 ? host : host.slice(0, end + 1);
  }
  const colon = host.indexOf(':');
  return colon === -1 ? host : host.slice(0, colon);
}

/** How well a host fits: greater is more specific. `undefined`: not at all. */
export interface HostRank {
  readonly exact: boolean;
  readonly length: number;
}

/** ASCII case-insensitive; a trailing dot of the request's host counts only if the pattern has one. */
export function matchHost(match: HostMatch, host: string): HostRank | undefined {
  const wanted = host.toLowerCase();
  if (match.kind === 'exact') {
    const pattern = match.host.toLowerCase();
    return withoutDot(wanted, pattern.endsWith('.')) === pattern ? { exact: true, length: pattern.length } : undefined;
  }
  // The reversed labels of `*.example.com.` begin with an empty one, so joining them gives the trailing dot back.
  const suffix = match.reverseLabels.toReversed().join('.').toLowerCase();
  const candidate = withoutDot(wanted, suffix.endsWith('.'));
  if (suffix === '') return candidate === '' ? undefined : { exact: false, length: 0 };
  return candidate.length > suffix.length + 1 && candidate.endsWith(`.${suffix}`)
    ? { exact: false, length: suffix.length }
    : undefined;
}

function withoutDot(host: string, patternHasDot: boolean): string {
  return !patternHasDot && host.endsWith('.') ? host.slice(0, -1) : host;
}
