import { z } from 'zod';
import { boundedList } from './bounded-list.js';
import type { Issues } from './issue.js';
import { coreGroup, gatewayGroup, groupSchema, kindSchema, nameSchema, policyGroup, refersTo } from './reference.js';
import { checkRetryAnnotations } from './retry-annotations.js';
import { shown } from './words.js';

const parentRefSchema = z.object({
  group: groupSchema.optional(),
  kind: kindSchema.default('Gateway').meta({ description: 'To attach to a Server, write `Server`.' }),
  namespace: z.string().min(1).max(63).optional(),
  name: nameSchema,
  sectionName: z.string().min(1).max(253).optional(),
  port: z.int().min(1).max(65_535).optional(),
});

/** Of two parents, in CEL. Written so that the API server can estimate its cost by the lengths of the fields. */
const same = (field: string): string => `a.${field} == b.${field}`;
const sameOrAbsent = (field: string): string =>
  `has(a.${field}) == has(b.${field}) && (!has(a.${field}) || ${same(field)})`;

/** The Gateway API's CRDs refuse a parent that is listed twice; `checkUniqueParents` is the same rule. */
const uniqueParents = {
  'x-kubernetes-validations': [
    {
      rule: `self.all(a, self.exists_one(b, ${[
        ...['group', 'kind', 'name'].map(same),
        // `namespace` is a word of CEL, and has to be escaped.
        ...['__namespace__', 'sectionName', 'port'].map(sameOrAbsent),
      ].join(' && ')}))`,
      message: 'parentRefs must be unique',
    },
  ],
};

const parentsDescription = 'What the route belongs to: for inbound policy, Servers of its namespace.';

/**
 * Room for Gateway API's limits (docs/spec/control-plane.md §1.7).
 * @param group that a parent without one belongs to
 */
export const parentRefsSchema = (group: string) =>
  boundedList(parentRefSchema.extend({ group: groupSchema.default(group) }), 32)
    .optional()
    .meta({ description: parentsDescription, ...(group === gatewayGroup && { crd: uniqueParents }) });

/** Of the oldest versions of Linkerd's HTTPRoute, whose CRDs do not bound the port. */
export const looseParentRefsSchema = (group: string) =>
  boundedList(parentRefSchema.extend({ group: groupSchema.default(group), port: z.int().optional() }), 32)
    .optional()
    .meta({ description: parentsDescription });

export const hostnamesSchema = boundedList(
  z
    .string()
    .min(1)
    .max(253)
    .regex(
      /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
      'a host name in lower case, or `*.` before one',
    ),
  16,
)
  .optional()
  .meta({ description: 'Hosts that requests may be for; nothing means every host.' });

interface RouteContext {
  readonly issues: Issues;
  readonly metadata: { readonly namespace: string; readonly annotations: Readonly<Record<string, string>> };
  /** Of the route: the group that a parent without one belongs to. */
  readonly group: string;
  /** Absent for routes that have no retries. */
  readonly protocol: 'http' | 'grpc' | undefined;
}

/**
 * The Servers a route attaches to. The default of `group` differs: policy.linkerd.io in that group's HTTPRoute, the Gateway
 * API's in its own routes. The default of `kind` is Gateway in both (docs/spec/control-plane.md §1.7).
 */
export function convertParents(
  written: z.input<ReturnType<typeof parentRefsSchema>>,
  { issues, metadata, group, protocol }: RouteContext,
): string[] {
  const servers: string[] = [];
  let isOutbound = false;
  for (const [i, ref] of (written ?? []).entries()) {
    const path = ['spec', 'parentRefs', i];
    const parent = { group: ref.group ?? group, kind: ref.kind ?? 'Gateway' };
    const isEgress = refersTo(parent, policyGroup, 'EgressNetwork');
    isOutbound ||= isEgress || refersTo(parent, coreGroup, 'Service');
    if (isEgress && ref.port === undefined) {
      issues.rule('DW0701', path, 'cannot target an EgressNetwork without specifying a port', { help: 'add `port`' });
    }
    if (refersTo(parent, policyGroup, 'Server')) {
      const fault = serverFault(ref, metadata.namespace);
      if (fault) {
        issues.inert('DW0715', [...path, fault.field], `${fault.message}; the whole route has no effect`, {
          help: fault.help,
        });
      } else if (!servers.includes(ref.name)) servers.push(ref.name);
    } else {
      warnOfSlip(ref, parent, i, issues);
    }
  }
  if (group === gatewayGroup) checkUniqueParents(written ?? [], issues);
  if (isOutbound && protocol) checkRetryAnnotations(metadata.annotations, protocol, issues);
  return servers;
}

/** docs/spec/control-plane.md §1.7. Linkerd's own HTTPRoute has no such rule: there, twice the same Server is that Server. */
function checkUniqueParents(parents: readonly z.input<typeof parentRefSchema>[], issues: Issues): void {
  const seen = new Set<string>();
  for (const [i, parent] of parents.entries()) {
    const { group = gatewayGroup, kind = 'Gateway', name, namespace, sectionName, port } = parent;
    const key = JSON.stringify([group, kind, name, namespace, sectionName, port]);
    if (seen.has(key)) issues.rule('DW0123', ['spec', 'parentRefs', i], `parent ${shown(name)} is listed twice`);
    seen.add(key);
  }
}

/** Any of these makes Linkerd's index drop the entire route (docs/spec/control-plane.md §4.7). */
function serverFault(
  ref: z.input<typeof parentRefSchema>,
  ownNamespace: string,
): { field: string; message: string; help: string } | undefined {
  if (ref.namespace !== undefined && ref.namespace !== ownNamespace) {
    return {
      field: 'namespace',
      message: 'route resource may not reference a parent Server in an other namespace',
      help: `move the route to \`${ref.namespace}\``,
    };
  }
  if (ref.port !== undefined)
    return {
      field: 'port',
      message: 'route resource may not reference a parent Server by port',
      help: 'remove `port`; the Server has one',
    };
  if (ref.sectionName !== undefined) {
    return {
      field: 'sectionName',
      message: 'route resource may not reference a parent Server by section name',
      help: 'remove `sectionName`',
    };
  }
  return undefined;
}

/** A parent that says Server but, by the defaults, means something else. */
function warnOfSlip(
  ref: z.input<typeof parentRefSchema>,
  parent: { group: string; kind: string },
  i: number,
  issues: Issues,
): void {
  const path = ['spec', 'parentRefs', i];
  if (parent.kind.toLowerCase() === 'server') {
    issues.warning(
      'DW0716',
      path,
      `parent ${shown(ref.name)} is a Server of group \`${parent.group}\`, which does not exist`,
      { help: `write \`group: ${policyGroup}\`` },
    );
  } else if (ref.kind === undefined && parent.group === policyGroup) {
    issues.warning('DW0716', path, `parent ${shown(ref.name)} is a Gateway, because no \`kind\` is written`, {
      help: 'write `kind: Server`',
    });
  }
}
