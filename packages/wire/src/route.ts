import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GrpcRoute, HttpRoute, Origin } from '@doorward/core';
import { authorizationsFromProto, authorizationsToProto } from './authorization.js';
import { within } from './conversion-error.js';
import { grpcFilterFromProto, grpcFilterToProto, httpFilterFromProto, httpFilterToProto } from './filter.js';
import type * as inbound from './generated/inbound_pb.js';
import { originFromMetadata, originToMetadata } from './origin.js';
import {
  grpcMatchFromProto,
  grpcMatchToProto,
  hostFromProto,
  hostToProto,
  httpMatchFromProto,
  httpMatchToProto,
} from './route-match.js';

export function httpRouteToProto(route: HttpRoute): MessageInitShape<typeof inbound.HttpRouteSchema> {
  return {
    metadata: originToMetadata(route.origin),
    hosts: route.hosts.map(hostToProto),
    authorizations: authorizationsToProto(route.authorizations),
    rules: route.rules.map(({ matches, filters }) => ({
      matches: matches.map(httpMatchToProto),
      filters: filters.map(httpFilterToProto),
    })),
  };
}

export function grpcRouteToProto(route: GrpcRoute): MessageInitShape<typeof inbound.GrpcRouteSchema> {
  return {
    metadata: originToMetadata(route.origin),
    hosts: route.hosts.map(hostToProto),
    authorizations: authorizationsToProto(route.authorizations),
    rules: route.rules.map(({ matches, filters }) => ({
      matches: matches.map(grpcMatchToProto),
      filters: filters.map(grpcFilterToProto),
    })),
  };
}

/** No routes at all: one that matches everything, under the Server's authorizations (docs/spec/data-plane.md §3.3). */
export function httpRoutesFromProto(routes: readonly inbound.HttpRoute[]): HttpRoute[] {
  if (routes.length === 0) return [anyRequest(defaultOrigin)];
  return routes.map((route) =>
    within('invalid HTTP route', () => ({
      origin: originFromMetadata(route.metadata),
      hosts: route.hosts.map(hostFromProto),
      authorizations: authorizationsFromProto(route.authorizations),
      rules: route.rules.map(({ matches, filters }) => ({
        matches: matches.map(httpMatchFromProto),
        filters: filters.map(httpFilterFromProto),
      })),
    })),
  );
}

export function grpcRoutesFromProto(routes: readonly inbound.GrpcRoute[]): GrpcRoute[] {
  if (routes.length === 0) return [anyRequest(defaultOrigin)];
  return routes.map((route) =>
    within('invalid gRPC route', () => ({
      origin: originFromMetadata(route.metadata),
      hosts: route.hosts.map(hostFromProto),
      authorizations: authorizationsFromProto(route.authorizations),
      rules: route.rules.map(({ matches, filters }) => ({
        matches: matches.map(grpcMatchFromProto),
        filters: filters.map(grpcFilterFromProto),
      })),
    })),
  );
}

const defaultOrigin: Origin = { kind: 'default', name: 'default' };

function anyRequest(origin: Origin): HttpRoute & GrpcRoute {
  return { origin, hosts: [], authorizations: [], rules: [{ matches: [], filters: [] }] };
}
