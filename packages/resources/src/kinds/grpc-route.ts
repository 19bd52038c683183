import type { GrpcFilter, GrpcRouteMatch } from '@doorward/core';
import { z } from 'zod';
import { boundedList } from '../bounded-list.js';
import type { Issues, Path } from '../issue.js';
import { ageColumn, defineKind } from '../kind.js';
import type { PrinterColumn } from '../kind.js';
import { gatewayGroup } from '../reference.js';
import { backendRefsSchema, checkBackends } from '../route-backend.js';
import { convertGatewayFilter, gatewayFilterSchema } from '../route-filter.js';
import { convertHeaderMatches, convertHost, headerMatchesSchema } from '../route-match.js';
import { convertParents, hostnamesSchema, parentRefsSchema } from '../route-parents.js';
import { routeStatusSchema } from '../status-schema.js';
import type { GRPCRoute } from '../types.js';

const match = z.object({
  method: z
    .object({
      // The webhook refuses regular expressions, so editors do not offer them.
      type: z
        .enum(['Exact', 'RegularExpression'])
        .default('Exact')
        .meta({ editor: { enum: ['Exact'] } }),
      service: z
        .string()
        .max(1024)
        .optional()
        .meta({ description: 'Full name of the service, as `emojivoto.v1.VotingService`.' }),
      method: z.string().max(1024).optional().meta({ description: 'Name of the method, as `VoteDoughnut`.' }),
    })
    .optional()
    .meta({
      description: 'The call; nothing means every call.',
      crd: {
        'x-kubernetes-validations': [
          {
            rule: "has(self.service) && self.service != '' || has(self.method) && self.method != ''",
            message: 'a method match needs `service` or `method`',
          },
        ],
      },
      editor: { anyOf: [{ required: ['service'] }, { required: ['method'] }] },
    }),
  headers: headerMatchesSchema,
});

/** docs/spec/control-plane.md §1.8. */
const grpcRouteBody = z
  .object({
    spec: z.object({
      parentRefs: parentRefsSchema(gatewayGroup),
      hostnames: hostnamesSchema,
      rules: boundedList(
        z.object({
          name: z.string().optional(),
          matches: boundedList(match, 8).optional(),
          filters: boundedList(gatewayFilterSchema, 16).optional(),
          backendRefs: backendRefsSchema,
          sessionPersistence: z.looseObject({}).optional(),
        }),
        16,
      ).optional(),
    }),
  })
  .meta({ description: 'gRPC calls of a Server that policies can speak of.' });

const routeColumns: readonly PrinterColumn[] = [
  { name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames' },
  ageColumn,
];
const published = { status: routeStatusSchema(gatewayGroup), columns: routeColumns };

export const grpcRoute = defineKind({
  group: gatewayGroup,
  kind: 'GRPCRoute',
  resource: { plural: 'grpcroutes', categories: ['gateway-api'], storage: 'v1' },
  versions: {
    v1: published,
    v1alpha2: {
      ...published,
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
