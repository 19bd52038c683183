import type { GrpcFilter, GrpcRouteMatch } from '@doorward/core';
import { z } from 'zod';
import type { Issues, Path } from '../issue.js';
import { defineKind } from '../kind.js';
import { gatewayGroup } from '../reference.js';
import { backendRefsSchema, checkBackends } from '../route-backend.js';
import { convertGatewayFilter, gatewayFilterSchema } from '../route-filter.js';
import { convertHeaderMatches, convertHost } from '../route-match.js';
import { convertParents, hostnamesSchema, parentRefsSchema } from '../route-parents.js';
import type { GRPCRoute } from '../types.js';

const match = z.object({
  method: z
    .object({
      type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
      service: z.string().max(1024).optional(),
      method: z.string().max(1024).optional(),
    })
    .optional(),
  headers: z
    .array(
      z.object({
        type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
        name: z.string().min(1).max(256),
        value: z.string().min(1).max(4096),
      }),
    )
    .max(16)
    .optional(),
});

/** docs/spec/control-plane.md §1.8. */
const grpcRouteBody = z.object({
  spec: z.object({
    parentRefs: parentRefsSchema,
    hostnames: hostnamesSchema,
    rules: z
      .array(
        z.object({
          name: z.string().optional(),
          matches: z.array(match).max(8).optional(),
          filters: z.array(gatewayFilterSchema).max(16).optional(),
          backendRefs: backendRefsSchema,
          sessionPersistence: z.looseObject({}).optional(),
        }),
      )
      .max(16)
      .optional(),
  }),
});

export const grpcRoute = defineKind({
  group: gatewayGroup,
  kind: 'GRPCRoute',
  versions: {
    v1: {},
    v1alpha2: {
      deprecated:
        'gateway.networking.k8s.io/v1alpha2 GRPCRoute is deprecated; use gateway.networking.k8s.io/v1 GRPCRoute',
    },
  },
  body: grpcRouteBody,
  convert({ spec }, { issues, metadata }): Pick<GRPCRoute, 'kind' | 'spec'> {
    const servers = convertParents(spec.parentRefs, { issues, metadata, group: gatewayGroup, protocol: 'grpc' });
    // Unlike an HTTPRoute, no rules and no matches are filled in (docs/spec/control-plane.md §4.7).
    const rules = (spec.rules ?? []).map((rule, i) => {
      const path = ['spec', 'rules', i];
      const matches = (rule.matches ?? []).flatMap((written, j) =>
        convertMatch(written, [...path, 'matches', j], issues),
      );
      const filters = (rule.filters ?? []).flatMap((filter, j) => {
        const at = [...path, 'filters', j];
        return convertGatewayFilter(filter, at, issues).flatMap((converted): GrpcFilter[] => {
          if (converted.kind === 'request-header-modifier') return [converted];
          issues.inert(
            'DW0714',
            at,
            'RequestRedirect filter is not supported on a GRPCRoute; the whole route has no effect',
          );
          return [];
        });
      });
      checkBackends(rule.backendRefs, [...path, 'backendRefs'], issues);
      return { matches, filters };
    });
    return {
      kind: 'GRPCRoute',
      spec: { group: gatewayGroup, servers, hosts: (spec.hostnames ?? []).map(convertHost), rules },
    };
  },
});

function convertMatch(written: z.input<typeof match>, path: Path, issues: Issues): GrpcRouteMatch[] {
  const { method } = written;
  const at = [...path, 'method'];
  const headers = convertHeaderMatches(written.headers, [...path, 'headers'], issues);
  if (method?.type === 'RegularExpression') {
    issues.error('DW0801', [...at, 'type'], 'unsupported GRPCRoute method match type: Some(RegularExpression)', {
      help: 'write a match for each method',
    });
    return [];
  }
  if (method && !method.service && !method.method) {
    issues.rule('DW0802', at, 'a method match needs `service` or `method`', {
      at: 'key',
      help: 'to match every method, leave out `method`',
    });
  }
  return [{ service: method?.service ?? '', method: method?.method ?? '', headers }];
}
