import { z } from 'zod';
import type { Issues, Path } from './issue.js';

/** Backends mean nothing for inbound policy; only what the webhook checks is read. */
export const backendRefsSchema = z
  .array(
    z.looseObject({
      group: z.string().optional(),
      kind: z.string().optional(),
      name: z.string(),
      port: z.int().optional(),
    }),
  )
  .max(16)
  .optional();

/** Group and kind are compared by case here, unlike everywhere else (docs/spec/control-plane.md §2.2). */
export function checkBackends(backends: z.input<typeof backendRefsSchema>, path: Path, issues: Issues): void {
  for (const [i, { group = '', kind = 'Service', port }] of (backends ?? []).entries()) {
    if ((group === '' || group === 'core') && kind === 'Service' && (port === undefined || port === 0)) {
      issues.rule('DW0712', [...path, i], 'invalid backendRef', { help: 'a Service is referred to with its `port`' });
    }
  }
}
