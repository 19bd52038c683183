import { z } from 'zod';
import type { Issues } from './issue.js';
import { coreGroup, groupSchema, kindSchema, nameSchema, policyGroup, refersTo } from './reference.js';
import { checkRetryAnnotations } from './retry-annotations.js';
import { shown } from './words.js';

const parentRefSchema = z.object({
  group: groupSchema.optional(),
  kind: kindSchema.optional(),
  namespace: z.string().min(1).max(63).optional(),
  name: nameSchema,
  sectionName: z.string().min(1).max(253).optional(),
  port: z.int().min(1).max(65_535).optional(),
});

/** Room for Gateway API's limits; docs/spec/control-plane.md §1.7. */
export const parentRefsSchema = z.array(parentRefSchema).max(32).optional();

export const hostnamesSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(253)
      .regex(
        /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
        'a host name in lower case, or `*.` before one',
      ),
  )
  .max(16)
  .optional();

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
  written: z.input<typeof parentRefsSchema>,
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
  if (isOutbound && protocol) checkRetryAnnotations(metadata.annotations, protocol, issues);
  return servers;
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
