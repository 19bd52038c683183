/**
 * The rules of a decision in their plainest form, for tests: nothing prepared, nothing remembered, one thing after the other as
 * docs/spec/data-plane.md §4.1–§4.4 and §4.7 tell them. `decide()` must agree with it on every input.
 */
import type { DenialReason } from './decision.js';
import { headersHold, queryHolds, whole } from './field-match.reference.js';
import type { IpAddress, IpNetwork } from './ip.js';
import { normalPathByReference } from './normal-path.reference.js';
import type * as Policy from './policy.js';
import type { Client, HttpRequest, Wanted } from './request.js';
import { byteText, unicodeText } from './text.js';

type Filters = readonly (Policy.HttpFilter | Policy.GrpcFilter)[];
type Denial = { verdict: 'denied'; reason: DenialReason; route: Policy.Origin | undefined };
export type ReferenceDecision =
  | { verdict: 'allowed'; route: Policy.Origin | undefined; authorization: Policy.Authorization; filters: Filters }
  | Denial;
type Reading = (path: string) => string;

const denied = (reason: DenialReason, route?: Policy.Origin): Denial => ({ verdict: 'denied', reason, route });

export function decideByReference(policy: Policy.InboundPolicy, client: Client, wanted: Wanted): ReferenceDecision {
  const { protocol, authorizations } = policy;
  // §4.2
  if (wanted.kind === 'connection') {
    const carries = protocol.kind === 'detect' || protocol.kind === 'tls' || protocol.kind === 'opaque';
    return carries ? firstAuthorized(authorizations, client, undefined, []) : denied('http-only');
  }
  // §4.3
  if (protocol.kind === 'opaque' || protocol.kind === 'tls') return denied('not-http');
  const { request } = wanted;
  const byReading = (reading: Reading): ReferenceDecision => {
    const found = findRoute(protocol, request, reading);
    if (found === undefined) return denied('no-route');
    const { route, filters } = found;
    return firstAuthorized([...route.authorizations, ...authorizations], client, route.origin, filters);
  };
  // The design's rule: decided on the normal path; where the path as written is under another rule, the stricter outcome holds.
  const readings = [byReading(normalPathByReference), byReading((path) => path)] as const;
  return readings.find(({ verdict }) => verdict === 'denied') ?? readings.find(isAudited) ?? readings[0];
}

/** §4.7: let in, but only because the policy is in audit mode. */
const isAudited = (decision: ReferenceDecision): boolean =>
  decision.verdict === 'allowed' &&
  decision.authorization.origin.kind === 'default' &&
  decision.authorization.origin.name === 'audit';

function firstAuthorized(
  list: readonly Policy.Authorization[],
  client: Client,
  route: Policy.Origin | undefined,
  filters: Filters,
): ReferenceDecision {
  const authorization = list.find((candidate) => authorized(candidate, client));
  return authorization ? { verdict: 'allowed', route, authorization, filters } : denied('unauthorized', route);
}

/** §4.1: any(n in a.networks: clientIP ∈ n.net and not any(e in n.except: clientIP ∈ e)) and authn(a, tls) */
function authorized({ networks, authentication }: Policy.Authorization, { ip, tls }: Client): boolean {
  if (!networks.some((n) => inside(ip, n.network) && !n.except.some((e) => inside(ip, e)))) return false;
  if (authentication.kind === 'unauthenticated') return true;
  if (tls.kind !== 'established') return false;
  if (authentication.kind === 'mesh-tls-unauthenticated') return true;
  const { identity } = tls;
  if (identity === undefined) return false;
  return authentication.identities.some((match) => {
    if (match.kind === 'exact') return match.identity === identity.name;
    const suffix = match.labels.map((label) => `.${label}`).join('');
    return identity.kind === 'dns' && identity.name.endsWith(suffix) && identity.name !== suffix;
  });
}

const bits = (ip: IpAddress): string =>
  ip.family === 4 ? ip.value.toString(2).padStart(32, '0') : ((ip.high << 64n) | ip.low).toString(2).padStart(128, '0');
const inside = (ip: IpAddress, { address, prefixLength }: IpNetwork): boolean =>
  ip.family === address.family && bits(ip).startsWith(bits(address).slice(0, prefixLength));

/** Compared level by level; `undefined`: no match. */
type Key = number[] | undefined;
const outranks = (a: number[], b: number[]): boolean => {
  const level = a.findIndex((value, index) => value !== b[index]);
  return level !== -1 && (a[level] ?? 0) > (b[level] ?? 0);
};

type HttpProtocol = Exclude<Policy.InboundProtocol, { kind: 'opaque' | 'tls' }>;
type Found = { key: number[]; route: Policy.HttpRoute | Policy.GrpcRoute; filters: Filters };

/** §4.4: of all entries that match the one with the greatest key; ties: earliest in list order wins. */
function findRoute(protocol: HttpProtocol, request: HttpRequest, reading: Reading): Found | undefined {
  let best: Found | undefined;
  const consider = (route: Found['route'], filters: Filters, entry: Key): void => {
    for (const host of route.hosts.length === 0 ? [[0, 0]] : route.hosts.map((h) => hostKey(h, request.authority))) {
      const key = host && entry && [...host, ...entry];
      if (key && (best === undefined || outranks(key, best.key))) best = { key, route, filters };
    }
  };
  if (protocol.kind === 'grpc') {
    for (const route of protocol.routes) {
      for (const { matches, filters } of route.rules) {
        if (matches.length === 0) consider(route, filters, [0, 0, 0]);
        for (const match of matches) consider(route, filters, grpcKey(match, request, reading));
      }
    }
  } else {
    for (const route of protocol.routes) {
      for (const { matches, filters } of route.rules) {
        if (matches.length === 0) consider(route, filters, [1, 0, 0, 0]);
        for (const match of matches) consider(route, filters, httpKey(match, request, reading));
      }
    }
  }
  return best;
}

function hostKey(match: Policy.HostMatch, authority: string | undefined): Key {
  if (authority === undefined) return undefined;
  const host = authority.replace(/^.*@/, '').replace(/:\d*$/, '').toLowerCase();
  const wanted = (match.kind === 'exact' ? match.host : match.reverseLabels.toReversed().join('.')).toLowerCase();
  const heard = wanted.endsWith('.') ? host : host.replace(/\.$/, '');
  if (match.kind === 'exact') return heard === wanted ? [2, wanted.length] : undefined;
  const suffix = wanted === '' ? '' : `.${wanted}`;
  return heard.endsWith(suffix) && heard !== suffix ? [1, wanted.length] : undefined;
}

function httpKey(match: Policy.HttpRouteMatch, request: HttpRequest, reading: Reading): Key {
  const length = pathLength(match.path ?? { kind: 'prefix', path: '/' }, reading(request.path), reading);
  const { headers, queryParams, method } = match;
  const asked = length !== undefined && (method === undefined || method === request.method);
  if (!asked || !headersHold(headers, request) || !queryHolds(queryParams, request.query)) return undefined;
  return [length, headers.length, queryParams.length, method === undefined ? 0 : 1];
}

function grpcKey({ service, method, headers }: Policy.GrpcRouteMatch, request: HttpRequest, reading: Reading): Key {
  const [, askedService, askedMethod] = /^\/([^/]*)\/([^/]*)/.exec(reading(request.path)) ?? [];
  if (request.method !== 'POST' || askedService === undefined || !headersHold(headers, request)) return undefined;
  const named = [byteText(service), byteText(method)] as const;
  if (!['', askedService].includes(named[0]) || !['', askedMethod].includes(named[1])) return undefined;
  return [named[0].length, named[1].length, headers.length];
}

function pathLength(match: Policy.PathMatch, path: string, reading: Reading): number | undefined {
  if (match.kind === 'regex') return whole(match.pattern, unicodeText(path)) ? path.length : undefined;
  const wanted = byteText(reading(match.path));
  if (match.kind === 'exact') return path === wanted ? wanted.length : undefined;
  const prefix = wanted.replace(/\/+$/, '');
  const holds = prefix === '' || `${path.replace(/\/+$/, '')}/`.startsWith(`${prefix}/`);
  return holds ? Math.max(prefix.length, 1) : undefined;
}
