/** What controllers write into `status`. Published in the CRDs; nothing of it is read from manifests. */
import { z } from 'zod';
import { dnsLabelSchema, groupSchema, kindSchema, nameSchema, policyGroup } from './reference.js';

/** As Kubernetes' own `metav1.Condition`. */
const condition = z.object({
  type: z
    .string()
    .max(316)
    .regex(
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
    ),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/),
  message: z.string().max(32_768),
  lastTransitionTime: z.string().meta({ crd: { format: 'date-time' } }),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .meta({ crd: { format: 'int64' } }),
});
const mapByType = { crd: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] } };

/** docs/spec/control-plane.md §1.10. */
export const conditionsStatusSchema = z.object({ conditions: z.array(condition).optional().meta(mapByType) });

/** docs/spec/control-plane.md §1.9. */
export const targetStatusSchema = z.object({
  conditions: z.array(condition).optional().meta(mapByType),
  targetRef: z.object({
    group: groupSchema.default(policyGroup),
    kind: kindSchema.default('Server'),
    name: nameSchema,
  }),
});

/**
 * docs/spec/control-plane.md §1.7: what becomes of the route at each parent.
 * @param group that a parent without one belongs to, as in the route's spec
 */
export const routeStatusSchema = (group: string) =>
  z.object({
    parents: z
      .array(
        z.object({
          parentRef: z.object({
            group: groupSchema.default(group),
            kind: kindSchema.default('Gateway'),
            namespace: dnsLabelSchema.min(1).max(63).optional(),
            name: nameSchema,
            sectionName: z.string().min(1).max(253).optional(),
            port: z.int().min(1).max(65_535).optional(),
          }),
          controllerName: z.string().min(1).max(253),
          conditions: z.array(condition).min(1).max(8).optional().meta(mapByType),
        }),
      )
      .max(32),
  });
