import type { Origin } from '@doorward/core';
import { keyOfParts, type ObjectKey } from '@doorward/resources';

/** The key of the object that an origin names. The wire's spelling of kinds is not Kubernetes' (docs/spec/control-plane.md §5.4). */
export function originKey(namespace: string, origin: Origin): ObjectKey | undefined {
  if (origin.kind === 'default') return undefined;
  const { group, name } = origin;
  switch (origin.resourceKind) {
    case 'server':
      return keyOfParts('Server', '', namespace, name);
    case 'serverauthorization':
      return keyOfParts('ServerAuthorization', '', namespace, name);
    case 'authorizationpolicy':
      return keyOfParts('AuthorizationPolicy', '', namespace, name);
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'HTTPLocalRateLimitPolicy':
      return keyOfParts(origin.resourceKind, group, namespace, name);
    default:
      return undefined;
  }
}
