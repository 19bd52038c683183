import { z } from 'zod';
import { boundedList } from '../bounded-list.js';
import { checkAnnotations } from '../annotations.js';
import { ageColumn, defineKind } from '../kind.js';
import { conditionsStatusSchema } from '../status-schema.js';
import type { ExternalWorkload } from '../types.js';

const meshTls = z
  .object({
    identity: z.string().min(1).max(253).meta({ description: "The identity in the workload's certificate." }),
    serverName: z.string().min(1).max(253).meta({ description: 'The name that clients ask for in TLS (SNI).' }),
  })
  .meta({ description: 'How the workload proves who it is.' });
const workloadIp = z.object({ ip: z.string().meta({ description: 'An IPv4 or IPv6 address.' }) });

/** docs/spec/control-plane.md §1.10. v1alpha1 spells the field `meshTls`. */
const fields = {
  meshTLS: meshTls.optional(),
  meshTls: meshTls.optional(),
  ports: z
    .array(
      z.object({
        name: z.string().optional().meta({ description: 'What a Server may call the port.' }),
        port: z.int().min(1).max(65_535),
        protocol: z.string().default('TCP'),
      }),
    )
    .optional()
    .meta({ description: 'Ports that the workload listens on.' }),
  workloadIPs: boundedList(workloadIp, 2).optional().meta({ description: 'Addresses of the workload.' }),
};
const description = 'A workload outside of the cluster: a machine, or a plain process.';
const externalWorkloadBody = z.object({ spec: z.object(fields) });
const v1beta1Body = z.object({ spec: z.object({ ...fields, meshTLS: meshTls }) }).meta({ description });
const v1alpha1Body = z
  .object({
    spec: z.object({ ...fields, meshTls, workloadIPs: boundedList(workloadIp, 1).optional() }),
  })
  .meta({ description });

export const externalWorkload = defineKind({
  group: 'workload.linkerd.io',
  kind: 'ExternalWorkload',
  resource: { plural: 'externalworkloads', categories: ['external'], storage: 'v1beta1' },
  versions: {
    v1beta1: {
      lacks: [['spec', 'meshTls']],
      body: v1beta1Body,
      status: conditionsStatusSchema,
      columns: [{ name: 'Identity', type: 'string', jsonPath: '.spec.meshTLS.identity' }, ageColumn],
    },
    v1alpha1: {
      lacks: [['spec', 'meshTLS']],
      body: v1alpha1Body,
      columns: [{ name: 'Identity', type: 'string', jsonPath: '.spec.meshTls.identity' }, ageColumn],
    },
  },
  body: externalWorkloadBody,
  convert({ spec }, { issues, metadata, version }): Pick<ExternalWorkload, 'kind' | 'spec'> | undefined {
    checkAnnotations(metadata.annotations, ['metadata', 'annotations'], issues);
    const meshTLS = spec.meshTLS ?? spec.meshTls;
    if (!meshTLS) {
      const name = version === 'v1alpha1' ? 'meshTls' : 'meshTLS';
      issues.error('DW0116', ['spec'], `\`spec.${name}\` is missing`, {
        at: 'key',
        help: `add \`${name}: {identity: …, serverName: …}\``,
      });
      return undefined;
    }
    if (version === 'v1alpha1' && (spec.workloadIPs?.length ?? 0) > 1) {
      issues.rule('DW0118', ['spec', 'workloadIPs'], '`spec.workloadIPs` has 2 entries; v1alpha1 takes one', {
        at: 'key',
      });
    }
    return {
      kind: 'ExternalWorkload',
      spec: {
        meshTLS: { identity: meshTLS.identity, serverName: meshTLS.serverName },
        ports: (spec.ports ?? []).map(({ name, port, protocol }) => ({
          port,
          protocol: protocol || 'TCP',
          ...(name !== undefined && name !== '' && { name }),
        })),
        workloadIPs: (spec.workloadIPs ?? []).map(({ ip }) => ip),
      },
    };
  },
});
