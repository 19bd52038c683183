import type { HttpRouteMatch } from '@doorward/core';
import { z } from 'zod';
import { boundedList } from '../bounded-list.js';
import { durationSchema, parseGoDurationSec } from '../duration.js';
import type { Issues, Path } from '../issue.js';
import { ageColumn, defineKind } from '../kind.js';
import type { ConvertContext, PrinterColumn } from '../kind.js';
import { gatewayGroup, policyGroup } from '../reference.js';
import { backendRefsSchema, checkBackends } from '../route-backend.js';
import { convertGatewayFilter, convertPolicyFilter, gatewayFilterSchema, policyFilterSchema } from '../route-filter.js';
import {
  convertHeaderMatches,
  convertHost,
  convertPath,
  convertQueryMatches,
  gatewayPathSchema,
  headerMatchesSchema,
  pathSchema,
  queryMatchesSchema,
} from '../route-match.js';
import { convertParents, hostnamesSchema, looseParentRefsSchema, parentRefsSchema } from '../route-parents.js';
import { routeStatusSchema } from '../status-schema.js';
import type { HTTPRoute } from '../types.js';
import { pathText, shown } from '../words.js';

const slash = { type: 'PathPrefix', value: '/' } as const;

const rule = (path: typeof pathSchema) => ({
  matches: boundedList(
    z.object({
      path: path.default(slash),
      headers: headerMatchesSchema,
      queryParams: queryMatchesSchema,
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']).optional(),
    }),
    8,
  )
    .default([{ path: slash }])
    .meta({ description: 'Which requests the rule is about: those that match any one of these.' }),
  backendRefs: backendRefsSchema,
  timeouts: z
    .object({ request: durationSchema.optional(), backendRequest: durationSchema.optional() })
    .optional()
    .meta({ description: 'Of outbound requests; without meaning for inbound policy.' }),
});
const policyRule = rule(pathSchema);
const filtersDescription = 'What is done with the request before it goes on.';

const rulesDescription = 'Nothing means one rule for every request.';

const policySpec = {
  hostnames: hostnamesSchema,
  rules: boundedList(
    z.object({
      ...policyRule,
      filters: boundedList(policyFilterSchema, 16).optional().meta({ description: filtersDescription }),
    }),
    16,
  )
    .default([{ matches: [{ path: slash }] }])
    .meta({ description: rulesDescription }),
};
const description = 'Requests of a Server that policies can speak of.';

/** docs/spec/control-plane.md §1.7. */
const policyHttpRouteBody = z
  .object({ spec: z.object({ parentRefs: parentRefsSchema(policyGroup), ...policySpec }) })
  .meta({ description });
const oldestPolicyHttpRouteBody = z
  .object({ spec: z.object({ parentRefs: looseParentRefsSchema(policyGroup), ...policySpec }) })
  .meta({ description });

const gatewayHttpRouteBody = z
  .object({
    spec: z.object({
      parentRefs: parentRefsSchema(gatewayGroup),
      hostnames: hostnamesSchema,
      rules: boundedList(
        z.object({
          ...rule(gatewayPathSchema),
          name: z.string().optional(),
          filters: boundedList(gatewayFilterSchema, 16).optional().meta({ description: filtersDescription }),
          sessionPersistence: z.looseObject({}).optional(),
          retry: z.looseObject({}).optional(),
        }),
        16,
      )
        .default([{ matches: [{ path: slash }] }])
        .meta({ description: rulesDescription }),
    }),
  })
  .meta({ description });

const rulesPath = ['spec', 'rules'];
const timeouts = ['spec', 'rules', '*', 'timeouts'];
const backendFilters = ['spec', 'rules', '*', 'backendRefs', '*', 'filters'];

const routeColumns: readonly PrinterColumn[] = [
  { name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames' },
  ageColumn,
];
const published = { status: routeStatusSchema(policyGroup), columns: routeColumns };
const gatewayPublished = { status: routeStatusSchema(gatewayGroup), columns: routeColumns };

export const policyHttpRoute = defineKind({
  group: policyGroup,
  kind: 'HTTPRoute',
  resource: { plural: 'httproutes', storage: 'v1beta3' },
  versions: {
    v1beta3: published,
    v1beta2: { ...published, lacks: [timeouts] },
    v1beta1: { ...published, lacks: [timeouts, backendFilters], body: oldestPolicyHttpRouteBody },
    v1alpha1: { ...published, lacks: [timeouts, backendFilters], body: oldestPolicyHttpRouteBody },
  },
  body: policyHttpRouteBody,
  convert({ spec }, context): Pick<HTTPRoute, 'kind' | 'spec'> {
    const { issues } = context;
    const head = convertHead(spec, policyGroup, context);
    const rules = (spec.rules ?? [{}]).map((written, i) => {
      const path = [...rulesPath, i];
      const matches = convertMatches(written.matches, policyGroup, path, issues);
      const filters = (written.filters ?? []).flatMap((filter, j) =>
        convertPolicyFilter(filter, [...path, 'filters', j], issues),
      );
      checkTimeouts(written.timeouts, [...path, 'timeouts'], issues);
      return { matches, filters };
    });
    return { kind: 'HTTPRoute', spec: { ...head, rules } };
  },
});

export const gatewayHttpRoute = defineKind({
  group: gatewayGroup,
  kind: 'HTTPRoute',
  resource: { plural: 'httproutes', categories: ['gateway-api'], storage: 'v1' },
  versions: { v1: gatewayPublished, v1beta1: gatewayPublished },
  body: gatewayHttpRouteBody,
  convert({ spec }, context): Pick<HTTPRoute, 'kind' | 'spec'> {
    const { issues } = context;
    const head = convertHead(spec, gatewayGroup, context);
    const rules = (spec.rules ?? [{}]).map((written, i) => {
      const path = [...rulesPath, i];
      const matches = convertMatches(written.matches, gatewayGroup, path, issues);
      const filters = (written.filters ?? []).flatMap((filter, j) =>
        convertGatewayFilter(filter, [...path, 'filters', j], issues),
      );
      checkBackends(written.backendRefs, [...path, 'backendRefs'], issues);
      return { matches, filters };
    });
    return { kind: 'HTTPRoute', spec: { ...head, rules } };
  },
});

function convertHead(
  spec: {
    readonly parentRefs?: z.input<ReturnType<typeof parentRefsSchema>>;
    readonly hostnames?: readonly string[] | undefined;
  },
  group: string,
  { issues, metadata }: ConvertContext,
): Pick<HTTPRoute['spec'], 'group' | 'servers' | 'hosts'> {
  return {
    group,
    servers: convertParents(spec.parentRefs, { issues, metadata, group, protocol: 'http' }),
    hosts: (spec.hostnames ?? []).map(convertHost),
  };
}

/** Without matches, and for a match without a path, every path (the CRDs' defaults). */
function convertMatches(
  written: z.input<typeof policyRule.matches>,
  group: string,
  at: Path,
  issues: Issues,
): HttpRouteMatch[] {
  return (written ?? [{}]).flatMap((match, i): HttpRouteMatch[] => {
    const path = [...at, 'matches', i];
    const pathMatch = convertPath(match.path, group, [...path, 'path'], issues);
    const headers = convertHeaderMatches(match.headers, [...path, 'headers'], issues);
    const queryParams = convertQueryMatches(match.queryParams, [...path, 'queryParams'], issues);
    return pathMatch ? [{ path: pathMatch, headers, queryParams, ...(match.method && { method: match.method }) }] : [];
  });
}

/** Inbound policy has no timeouts, but the webhook checks them. */
function checkTimeouts(written: z.input<typeof policyRule.timeouts>, path: Path, issues: Issues): void {
  const read = (field: 'request' | 'backendRequest'): number | undefined => {
    const text = written?.[field];
    if (text === undefined) return undefined;
    const seconds = parseGoDurationSec(text);
    if (seconds === undefined) {
      issues.error(
        'DW0710',
        [...path, field],
        `\`${pathText([...path, field])}\` is ${shown(text)}; expected a duration`,
        { help: 'write a number and a unit: `500ms`, `10s`, `1m30s`' },
      );
    } else if (seconds < 0) issues.rule('DW0711', [...path, field], `${field} timeout must not be negative`);
    return seconds;
  };
  const backendRequest = read('backendRequest');
  const request = read('request');
  if (backendRequest !== undefined && request !== undefined && backendRequest > request) {
    issues.rule(
      'DW0711',
      [...path, 'backendRequest'],
      `backendRequest timeout (${written?.backendRequest ?? ''}) must not be greater than request timeout (${written?.request ?? ''})`,
    );
  }
}
