import { z } from 'zod';
import { checkAnnotations } from '../annotations.js';
import { defineKind } from '../kind.js';
import type { ExternalWorkload } from '../types.js';

const meshTls = z.object({ identity: z.string().min(1).max(253), serverName: z.string().min(1).max(253) });

/** docs/spec/control-plane.md §1.10. v1alpha1 spells the field `meshTls`. */
const externalWorkloadBody = z.object({
  spec: z.object({
    meshTLS: meshTls.optional(),
    meshTls: meshTls.optional(),
    ports: z
      .array(
        z.object({
          name: z.string().optional(),
          port: z.int().min(1).max(65_535),
          protocol: z.string().default('TCP'),
        }),
      )
      .optional(),
    workloadIPs: z
      .array(z.object({ ip: z.string() }))
      .max(2)
      .optional(),
  }),
});

export const externalWorkload = defineKind({
  group: 'workload.linkerd.io',
  kind: 'ExternalWorkload',
  versions: { v1beta1: { lacks: [['spec', 'meshTls']] }, v1alpha1: { lacks: [['spec', 'meshTLS']] } },
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
        meshTLS,
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
