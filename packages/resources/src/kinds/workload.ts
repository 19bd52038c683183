import { z } from 'zod';
import { checkAnnotations } from '../annotations.js';
import type { Path } from '../issue.js';
import { defineKind } from '../kind.js';
import type { ConvertContext, Kind } from '../kind.js';
import { readTextMap } from '../metadata.js';
import type { Workload } from '../types.js';
import { convertPodSpec, podSpecSchema } from './pod.js';

const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels: z.unknown().optional(), annotations: z.unknown().optional() }).optional(),
  spec: podSpecSchema,
});

/** Deployment, StatefulSet, DaemonSet, ReplicaSet and Job: a pod template at `spec.template`. */
const workloadBody = z.looseObject({ spec: z.looseObject({ template: podTemplate }) });

/** CronJob: the template of the job's template. */
const cronJobBody = z.looseObject({
  spec: z.looseObject({ jobTemplate: z.looseObject({ spec: z.looseObject({ template: podTemplate }) }) }),
});

type WorkloadKind = Workload['spec']['workloadKind'];

function convertWorkload(
  workloadKind: WorkloadKind,
  template: z.input<typeof podTemplate>,
  path: Path,
  { issues }: ConvertContext,
): Pick<Workload, 'kind' | 'spec'> {
  const labels = readTextMap(template.metadata?.labels, [...path, 'metadata', 'labels'], issues);
  const annotations = readTextMap(template.metadata?.annotations, [...path, 'metadata', 'annotations'], issues);
  checkAnnotations(annotations, [...path, 'metadata', 'annotations'], issues);
  return {
    kind: 'Workload',
    spec: { workloadKind, template: { labels, annotations, spec: convertPodSpec(template.spec) } },
  };
}

const withTemplate = (group: string, kind: Exclude<WorkloadKind, 'CronJob'>): Kind =>
  defineKind({
    group,
    kind,
    versions: { v1: {} },
    body: workloadBody,
    convert: ({ spec }, context) => convertWorkload(kind, spec.template, ['spec', 'template'], context),
  });

export const workloads: readonly Kind[] = [
  withTemplate('apps', 'Deployment'),
  withTemplate('apps', 'StatefulSet'),
  withTemplate('apps', 'DaemonSet'),
  withTemplate('apps', 'ReplicaSet'),
  withTemplate('batch', 'Job'),
  defineKind({
    group: 'batch',
    kind: 'CronJob',
    versions: { v1: {} },
    body: cronJobBody,
    convert: ({ spec }, context) =>
      convertWorkload('CronJob', spec.jobTemplate.spec.template, ['spec', 'jobTemplate', 'spec', 'template'], context),
  }),
];
