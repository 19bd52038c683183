/** What a route is for, in words, and which of its entries took a request. */
import {
  allNetworks,
  decide,
  type Authorization,
  type Client,
  type GrpcRoute,
  type GrpcRouteMatch,
  type HostMatch,
  type HttpRoute,
  type HttpRouteMatch,
  type InboundPolicy,
  type Origin,
  type PathMatch,
  type Wanted,
} from '@doorward/core';
import type { GRPCRoute, HTTPRoute } from '@doorward/resources';
import { listed } from './resolved.js';

export function routesOf({ protocol }: InboundPolicy): readonly (HttpRoute | GrpcRoute)[] {
  switch (protocol.kind) {
    case 'detect':
    case 'http1':
    case 'http2':
    case 'grpc':
      return protocol.routes;
    case 'opaque':
    case 'tls':
      return [];
  }
}

/** The entry that took the request; all entries where it cannot be told. */
export function routeText(policy: InboundPolicy, route: Origin, client: Client, wanted: Wanted): string {
  const { protocol } = policy;
  switch (protocol.kind) {
    case 'detect':
    case 'http1':
    case 'http2': {
      const entries = protocol.routes.filter(({ origin }) => origin === route).flatMap(entriesOf);
      const taken = entries[indexTaken({ ...policy, protocol: { ...protocol, routes: entries } }, client, wanted)];
      return textOf(taken === undefined ? entries : [taken], httpMatchText);
    }
    case 'grpc': {
      const entries = protocol.routes.filter(({ origin }) => origin === route).flatMap(entriesOf);
      const taken = entries[indexTaken({ ...policy, protocol: { ...protocol, routes: entries } }, client, wanted)];
      return textOf(taken === undefined ? entries : [taken], grpcMatchText);
    }
    case 'opaque':
    case 'tls':
      return '';
  }
}

/** All entries of a route. */
export function wholeRouteText(policy: InboundPolicy, route: HttpRoute | GrpcRoute): string {
  const { protocol } = policy;
  if (protocol.kind === 'grpc') {
    return textOf(protocol.routes.filter(({ origin }) => origin === route.origin).flatMap(entriesOf), grpcMatchText);
  }
  const routes = 'routes' in protocol ? protocol.routes : [];
  return textOf(routes.filter(({ origin }) => origin === route.origin).flatMap(entriesOf), httpMatchText);
}

/** All entries of a route, read from its object. */
export function routeObjectText(object: HTTPRoute | GRPCRoute): string {
  const whole = { origin: { kind: 'default', name: object.metadata.name } as const, hosts: object.spec.hosts };
  return object.kind === 'HTTPRoute'
    ? textOf(entriesOf({ ...whole, rules: object.spec.rules }), httpMatchText)
    : textOf(entriesOf({ ...whole, rules: object.spec.rules }), grpcMatchText);
}

const everybody: Authorization = {
  origin: { kind: 'default', name: 'everybody' },
  networks: allNetworks.map((network) => ({ network, except: [] })),
  authentication: { kind: 'unauthenticated' },
};

interface RouteLike<Match> {
  readonly origin: Origin;
  readonly hosts: readonly HostMatch[];
  readonly authorizations: readonly Authorization[];
  readonly rules: readonly { readonly matches: readonly Match[]; readonly filters: readonly never[] }[];
}

/** Each entry as a route of its own, named by its number, that everybody may use: then `decide` says which one takes a request. */
function entriesOf<Match>(
  route: Pick<RouteLike<Match>, 'origin' | 'hosts'> & {
    readonly rules: readonly { readonly matches: readonly Match[] }[];
  },
): RouteLike<Match>[] {
  const matches = route.rules.flatMap((rule) =>
    rule.matches.length === 0 ? [[]] : rule.matches.map((match) => [match]),
  );
  return matches.map((match, index) => ({
    origin: { kind: 'default', name: String(index) },
    hosts: route.hosts,
    authorizations: [everybody],
    rules: [{ matches: match, filters: [] }],
  }));
}

function indexTaken(policy: InboundPolicy, client: Client, wanted: Wanted): number {
  return Number(decide(policy, client, wanted).route?.name ?? -1);
}

function textOf<Match>(entries: readonly RouteLike<Match>[], matchText: (match: Match) => string): string {
  const hosts = (entries[0]?.hosts ?? []).map(hostText);
  const texts = entries.map(({ rules }) => {
    const [match] = rules.flatMap(({ matches }) => matches);
    return match === undefined ? 'anything' : matchText(match);
  });
  const unique = [...new Set(texts)];
  const what = unique.length === 0 ? 'nothing: it has no rules' : unique.join(' · ');
  return hosts.length === 0 ? what : `${what}, host ${listed(hosts)}`;
}

function hostText(host: HostMatch): string {
  return host.kind === 'exact' ? host.host : `*.${host.reverseLabels.toReversed().join('.')}`;
}

function httpMatchText({ path, headers, queryParams, method }: HttpRouteMatch): string {
  const fields = [...headers.map(({ name }) => `header ${name}`), ...queryParams.map(({ name }) => `query ${name}`)];
  return [method, pathText(path), ...fields].filter((part) => part !== undefined).join(', ');
}

function pathText(path: PathMatch | undefined): string {
  if (path === undefined) return 'any path';
  switch (path.kind) {
    case 'exact':
      return `path ${path.path}`;
    case 'prefix':
      return path.path === '/' ? 'any path' : `path prefix ${path.path}`;
    case 'regex':
      return `path pattern ${path.pattern}`;
  }
}

function grpcMatchText({ service, method, headers }: GrpcRouteMatch): string {
  const what =
    service === ''
      ? method === ''
        ? 'any call'
        : `any service's ${method}`
      : `${service}/${method === '' ? '*' : method}`;
  return [what, ...headers.map(({ name }) => `header ${name}`)].join(', ');
}
