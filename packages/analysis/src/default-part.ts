/** Which default policy counts on a port, and who set it (docs/spec/control-plane.md §4.2–§4.4). */
import type { PolicyIndex } from '@doorward/index';
import { shown, type Server, type SourcePlace } from '@doorward/resources';
import type { DefaultPart } from './explanation.js';
import type { Target } from './target.js';

const annotation = 'config.linkerd.io/default-inbound-policy';

export function defaultPart(
  index: PolicyIndex,
  target: Target,
  server: Server | undefined,
  inForce: string,
): DefaultPart {
  if (server !== undefined) {
    const { accessPolicy } = server.spec;
    if (accessPolicy === undefined || accessPolicy === 'deny') {
      const text = 'none: a Server selects this port, so what no policy permits is denied';
      return { policy: undefined, from: 'none', place: undefined, text };
    }
    const text = `${accessPolicy}: the accessPolicy of Server ${shown(server.metadata.name)}`;
    return { policy: accessPolicy, from: 'access-policy', place: server.place, text };
  }
  const { policy, from } = target.workload.defaultPolicy;
  const { namespace } = target.workload.ref;
  const authenticated =
    inForce === policy
      ? ''
      : `, made ${inForce} by the annotation config.linkerd.io/proxy-require-identity-inbound-ports`;
  const because = (who: string): string => `${policy}: ${who}${authenticated}; no Server selects this port`;
  switch (from) {
    case 'workload':
      return {
        policy: inForce,
        from,
        place: target.workload.place,
        text: because(`the annotation ${annotation} of ${target.name}`),
      };
    case 'namespace':
      return {
        policy: inForce,
        from,
        place: namespacePlace(index, namespace),
        text: because(`the annotation ${annotation} of namespace ${shown(namespace)}`),
      };
    case 'cluster':
      return {
        policy: inForce,
        from,
        place: undefined,
        text: because('the default of the cluster (--default-policy)'),
      };
  }
}

function namespacePlace(index: PolicyIndex, name: string): SourcePlace | undefined {
  return [...index.objects()].find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name)?.place;
}
