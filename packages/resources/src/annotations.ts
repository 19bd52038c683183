import { isDefaultPolicyName } from '@doorward/core';
import { defaultPolicyHelp } from './default-policy-help.js';
import type { Issues, Path } from './issue.js';
import { parsePortSet } from './port-set.js';
import { shown } from './words.js';

/** docs/spec/control-plane.md §1.11. */
export const annotationNames = {
  defaultInboundPolicy: 'config.linkerd.io/default-inbound-policy',
  opaquePorts: 'config.linkerd.io/opaque-ports',
  requireIdentityPorts: 'config.linkerd.io/proxy-require-identity-inbound-ports',
} as const;

/** Tell of annotation values that the controller will not use. They never refuse the object: Linkerd only logs them. */
export function checkAnnotations(annotations: Readonly<Record<string, string>>, path: Path, issues: Issues): void {
  const policy = annotations[annotationNames.defaultInboundPolicy];
  if (policy !== undefined && !isDefaultPolicyName(policy)) {
    issues.warning(
      'DW1001',
      [...path, annotationNames.defaultInboundPolicy],
      `${shown(policy)} is no default policy; the cluster's default is used`,
      { help: defaultPolicyHelp(policy) },
    );
  }
  for (const name of [annotationNames.opaquePorts, annotationNames.requireIdentityPorts]) {
    const bad = parsePortSet(annotations[name] ?? '').bad[0];
    if (bad !== undefined) {
      issues.warning('DW1002', [...path, name], `${shown(bad)} is no port`, {
        help: 'write ports and ranges from 1 to 65535, separated by commas: `25,4000-4010`',
      });
    }
  }
}
