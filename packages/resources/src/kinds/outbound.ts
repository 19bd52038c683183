/**
 * Kinds of outbound policy that share the webhook (docs/spec/control-plane.md §1.10, §2.2): they are checked, and nothing is
 * made of them.
 */
import { z } from 'zod';
import { defineKind } from '../kind.js';
import type { Kind } from '../kind.js';
import { convertNetworks, networkSchema } from '../network.js';
import { gatewayGroup, policyGroup } from '../reference.js';
import { backendRefsSchema } from '../route-backend.js';
import { conditionsStatusSchema } from '../status-schema.js';
import { convertParents, hostnamesSchema, parentRefsSchema } from '../route-parents.js';

const egressNetwork = defineKind({
  group: policyGroup,
  kind: 'EgressNetwork',
  resource: { plural: 'egressnetworks', categories: ['policy'], storage: 'v1alpha1' },
  versions: { v1alpha1: { status: conditionsStatusSchema } },
  body: z
    .object({
      spec: z.object({
        trafficPolicy: z.enum(['Allow', 'Deny']).meta({ description: 'What holds where no route says otherwise.' }),
        networks: z
          .array(networkSchema)
          .optional()
          // The CRD takes an empty list, the webhook does not.
          .meta({ description: 'Nothing means every address outside of the cluster.', editor: { minItems: 1 } }),
      }),
    })
    .meta({ description: 'Destinations outside of the cluster, for outbound routes.' }),
  convert({ spec }, { issues }) {
    const path = ['spec', 'networks'];
    if (spec.networks?.length === 0)
      issues.rule('DW0601', path, 'at least one network must be specified', {
        at: 'key',
        help: 'leave out `networks` for every address outside of the cluster',
      });
    convertNetworks(spec.networks ?? [], path, issues);
    return undefined;
  },
});

const singleRuleRoute = (kind: 'TLSRoute' | 'TCPRoute'): Kind =>
  defineKind({
    group: gatewayGroup,
    kind,
    versions: { v1alpha2: {} },
    body: z.object({
      spec: z.object({
        parentRefs: parentRefsSchema(gatewayGroup),
        hostnames: hostnamesSchema,
        rules: z.array(z.looseObject({ backendRefs: backendRefsSchema })),
      }),
    }),
    convert({ spec }, { issues, metadata }) {
      convertParents(spec.parentRefs, { issues, metadata, group: gatewayGroup, protocol: undefined });
      if (spec.rules.length !== 1) {
        issues.rule(
          'DW1003',
          ['spec', 'rules'],
          `${kind === 'TLSRoute' ? 'TlsRoute' : 'TcpRoute'} supports a single rule only`,
          { at: 'key', help: 'make a route for each rule' },
        );
      }
      return undefined;
    },
  });

export const outboundKinds: readonly Kind[] = [egressNetwork, singleRuleRoute('TLSRoute'), singleRuleRoute('TCPRoute')];
