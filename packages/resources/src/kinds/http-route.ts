import type { HttpRouteMatch } from '@doorward/core';
import { z } from 'zod';
import { parseGoDurationSec } from '../duration.js';
import type { Issues, Path } from '../issue.js';
import { defineKind } from '../kind.js';
import type { ConvertContext } from '../kind.js';
import { gatewayGroup, policyGroup } from '../reference.js';
import { backendRefsSchema, checkBackends } from '../route-backend.js';
import { convertGatewayFilter, convertPolicyFilter, gatewayFilterSchema, policyFilterSchema } from '../route-filter.js';
import { convertHeaderMatches, convertHost, convertPath, convertQueryMatches } from '../route-match.js';
import { convertParents, hostnamesSchema, parentRefsSchema } from '../route-parents.js';
import type { HTTPRoute } from '../types.js';
import { pathText, shown } from '../words.js';

const headerMatch = z.object({
  type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
  name: z.string().min(1).max(256),
  value: z.string().min(1).max(4096),
});
const queryMatch = z.object({
  type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
  name: z.string().min(1).max(256),
  value: z.string().min(1).max(1024),
});

const match = z.object({
  path: z
    .object({
      type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']).default('PathPrefix'),
      value: z.string().max(1024).default('/'),
    })
    .default({ type: 'PathPrefix', value: '/' }),
  headers: z.array(headerMatch).max(16).optional(),
  queryParams: z.array(queryMatch).max(16).optional(),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']).optional(),
});

const rule = {
  matches: z
    .array(match)
    .max(8)
    .default([{ path: { type: 'PathPrefix', value: '/' } }]),
  backendRefs: backendRefsSchema,
  timeouts: z.object({ request: z.string().optional(), backendRequest: z.string().optional() }).optional(),
};

const policyRule = z.object({ ...rule, filters: z.array(policyFilterSchema).max(16).optional() });
const gatewayRule = z.object({
  ...rule,
  name: z.string().optional(),
  filters: z.array(gatewayFilterSchema).max(16).optional(),
  sessionPersistence: z.looseObject({}).optional(),
  retry: z.looseObject({}).optional(),
});

const prefixSlash = { path: { type: 'PathPrefix', value: '/' } } as const;

/** docs/spec/control-plane.md §1.7. */
const policyHttpRouteBody = z.object({
  spec: z.object({
    parentRefs: parentRefsSchema,
    hostnames: hostnamesSchema,
    rules: z
      .array(policyRule)
      .max(16)
      .default([{ matches: [prefixSlash] }]),
  }),
});
const gatewayHttpRouteBody = z.object({
  spec: z.object({
    parentRefs: parentRefsSchema,
    hostnames: hostnamesSchema,
    rules: z
      .array(gatewayRule)
      .max(16)
      .default([{ matches: [prefixSlash] }]),
  }),
});

const rulesPath = ['spec', 'rules'];
const timeouts = ['spec', 'rules', '*', 'timeouts'];

export const policyHttpRoute = defineKind({
  group: policyGroup,
  kind: 'HTTPRoute',
  versions: {
    v1beta3: {},
    v1beta2: { lacks: [timeouts] },
    v1beta1: { lacks: [timeouts] },
    v1alpha1: { lacks: [timeouts] },
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
  versions: { v1: {}, v1beta1: {} },
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
  spec: { readonly parentRefs?: z.input<typeof parentRefsSchema>; readonly hostnames?: readonly string[] | undefined },
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
  written: z.input<typeof rule.matches>,
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
function checkTimeouts(written: z.input<typeof rule.timeouts>, path: Path, issues: Issues): void {
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
