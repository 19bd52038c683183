import { z } from 'zod';
import { checkAnnotations } from '../annotations.js';
import { defineKind } from '../kind.js';
import type { Container, HttpProbe, Pod, PodSpec } from '../types.js';

const port = z.int().min(1).max(65_535);

const probe = z.looseObject({
  httpGet: z
    .looseObject({
      path: z.string().optional(),
      port: z.union([z.int(), z.string()], "a port number or a port's name"),
    })
    .optional(),
});

const container = z.looseObject({
  ports: z
    .array(z.looseObject({ name: z.string().optional(), containerPort: port, protocol: z.string().optional() }))
    .optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  startupProbe: probe.optional(),
});

/** What policy reads of a pod. The rest of the many fields is neither known nor checked here. */
export const podSpecSchema = z.looseObject({
  serviceAccountName: z.string().optional(),
  serviceAccount: z.string().optional(),
  containers: z.array(container).optional(),
  initContainers: z.array(container).optional(),
});

export const pod = defineKind({
  group: '',
  kind: 'Pod',
  versions: { v1: {} },
  body: z.looseObject({ spec: podSpecSchema }),
  convert({ spec }, { issues, metadata }): Pick<Pod, 'kind' | 'spec'> {
    checkAnnotations(metadata.annotations, ['metadata', 'annotations'], issues);
    return { kind: 'Pod', spec: convertPodSpec(spec) };
  },
});

/** With the defaults of the API server: account `default`, protocol TCP, probe path `/` (docs/spec/control-plane.md §4.1). */
export function convertPodSpec(spec: z.input<typeof podSpecSchema>): PodSpec {
  return {
    serviceAccountName: spec.serviceAccountName || spec.serviceAccount || 'default',
    // Init containers may be sidecars with ports of their own (docs/spec/control-plane.md §3).
    containers: [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(convertContainer),
  };
}

function convertContainer(written: z.input<typeof container>): Container {
  return {
    ports: (written.ports ?? [])
      .filter(({ containerPort }) => port.safeParse(containerPort).success)
      .map(({ name, containerPort, protocol }) => ({
        port: containerPort,
        protocol: protocol || 'TCP',
        ...(name !== undefined && name !== '' && { name }),
      })),
    httpProbes: [written.livenessProbe, written.readinessProbe, written.startupProbe].flatMap((written): HttpProbe[] =>
      written?.httpGet ? [{ port: written.httpGet.port, path: written.httpGet.path || '/' }] : [],
    ),
  };
}
