import { z } from 'zod';
import { boundedList } from './bounded-list.js';
import type { Issues, Path } from './issue.js';

/** Backends mean nothing for inbound policy; only what the webhook checks is read. */
export const backendRefsSchema = boundedList(
  z.object({
    group: z.string().default(''),
    kind: z.string().default('Service'),
    name: z.string(),
    namespace: z.string().optional(),
    port: z.int().min(1).max(65_535).optional(),
    weight: z.int().min(0).max(1_000_000).default(1),
    filters: boundedList(z.looseObject({}), 16).optional(),
  }),
  16,
)
  .optional()
  .meta({ description: 'Where outbound requests go; without meaning for inbound policy.' });

/** Group and kind are compared by case here, unlike everywhere else (docs/spec/control-plane.md §2.2). */
export function checkBackends(backends: z.input<typeof backendRefsSchema>, path: Path, issues: Issues): void {
  for (const [i, { group = '', kind = 'Service', port }] of (backends ?? []).entries()) {
    if ((group === '' || group === 'core') && kind === 'Service' && (port === undefined || port === 0)) {
      issues.rule('DW0712', [...path, i], 'invalid backendRef', { help: 'a Service is referred to with its `port`' });
    }
  }
}
