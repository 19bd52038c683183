/** A policy as expected.yaml writes it. Nothing of the policy is lost, but the order among a client's identities. */
import {
  formatNetwork,
  type Authorization,
  type GrpcRoute,
  type HeaderMatch,
  type HttpFilter,
  type HttpRoute,
  type IdentityMatch,
  type InboundPolicy,
  type NetworkMatch,
  type Origin,
} from '@doorward/core';
import type { CompactAuthorization, CompactField, CompactMatch, CompactPolicy, CompactRoute } from './policy-format.js';

/** As Kubernetes spells the kinds that the wire writes in its own way. */
const kinds: Readonly<Record<string, string>> = {
  server: 'Server',
  authorizationpolicy: 'AuthorizationPolicy',
  serverauthorization: 'ServerAuthorization',
};

export function originText(origin: Origin): string {
  if (origin.kind === 'default') return `default:${origin.name}`;
  const { resourceKind, group, name } = origin;
  const kind = kinds[resourceKind] ?? resourceKind;
  const isGateway = group === 'gateway.networking.k8s.io';
  return isGateway && kind === 'HTTPRoute' ? `HTTPRoute.gateway/${name}` : `${kind}/${name}`;
}

export function compactPolicy({ server, protocol, authorizations }: InboundPolicy): CompactPolicy {
  const head = { server: originText(server), authorizations: authorizations.map(compactAuthorization) };
  switch (protocol.kind) {
    case 'opaque':
    case 'tls':
      return { ...head, protocol: protocol.kind };
    case 'grpc':
      return { ...head, protocol: protocol.kind, routes: protocol.routes.map(compactGrpcRoute) };
    case 'detect':
    case 'http1':
    case 'http2': {
      const { rateLimit } = protocol;
      return {
        ...head,
        protocol: protocol.kind === 'detect' ? `detect ${protocol.timeoutMs / 1000}s` : protocol.kind,
        routes: protocol.routes.map(compactHttpRoute),
        ...(rateLimit && {
          rateLimit: {
            origin: originText(rateLimit.origin),
            ...(rateLimit.total !== undefined && { total: rateLimit.total }),
            ...(rateLimit.perIdentity !== undefined && { identity: rateLimit.perIdentity }),
            overrides: rateLimit.overrides.map(({ requestsPerSecond, identities }) => ({
              requestsPerSecond,
              identities: [...identities],
            })),
          },
        }),
      };
    }
  }
}

function compactAuthorization({ origin, networks, authentication }: Authorization): CompactAuthorization {
  return {
    origin: originText(origin),
    networks: networks.map(networkText),
    authentication:
      authentication.kind === 'mesh-tls'
        ? // The wire carries exact names and suffixes apart, so exact ones come first.
          [...authentication.identities]
            .sort((a, b) => (a.kind < b.kind ? -1 : Number(a.kind > b.kind)))
            .map(identityText)
        : authentication.kind,
  };
}

function networkText({ network, except }: NetworkMatch): string {
  return [formatNetwork(network), ...(except.length > 0 ? ['except', ...except.map(formatNetwork)] : [])].join(' ');
}

function identityText(match: IdentityMatch): string {
  return match.kind === 'exact' ? match.identity : ['*', ...match.labels].join('.');
}

function compactHttpRoute(route: HttpRoute): CompactRoute {
  return {
    ...routeHead(route),
    rules: route.rules.map(({ matches, filters }) => ({
      matches: matches.map(({ path, headers, queryParams, method }): CompactMatch => ({
        ...(path === undefined ? {} : path.kind === 'regex' ? { regex: path.pattern } : { [path.kind]: path.path }),
        ...(method !== undefined && { method }),
        headers: headers.map(fieldText),
        query: queryParams.map(fieldText),
      })),
      filters: [...filters],
    })),
  };
}

function compactGrpcRoute(route: GrpcRoute): CompactRoute {
  return {
    ...routeHead(route),
    rules: route.rules.map(({ matches, filters }) => ({
      matches: matches.map(({ service, method, headers }): CompactMatch => ({
        service,
        method,
        headers: headers.map(fieldText),
        query: [],
      })),
      filters: filters.map((filter): HttpFilter => filter),
    })),
  };
}

function routeHead({ origin, hosts, authorizations }: HttpRoute | GrpcRoute): Omit<CompactRoute, 'rules'> {
  return {
    origin: originText(origin),
    hosts: hosts.map((host) =>
      host.kind === 'exact' ? host.host : ['*', ...host.reverseLabels.toReversed()].join('.'),
    ),
    authorizations: authorizations.map(compactAuthorization),
  };
}

const fieldText = (match: HeaderMatch): CompactField =>
  match.kind === 'exact' ? { name: match.name, exact: match.value } : { name: match.name, regex: match.pattern };
