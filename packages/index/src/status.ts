/** Of every policy object: whether it has an effect, and if not, why. A change that silently did nothing shows here. */
import { keyOf, type ObjectKey, type PolicyObject } from '@doorward/resources';
import { serverAuthorizationGrant } from './authorization.js';
import type { Finding, JudgedObject, Judgement, ObjectStatus } from './finding.js';
import type { IndexState } from './index-state.js';
import { judgeAuthorizationPolicy, judgeServerAuthorization } from './judge-grant.js';
import { judgeRateLimit, judgeRoute } from './judge-route.js';
import { judgeServer, workloadsByServer } from './judge-server.js';
import type { NamespaceState } from './namespace-state.js';
import { byText } from './order.js';
import type { PortValues } from './port-values.js';

/** In the order of their keys. */
export function objectStatuses(index: IndexState, values: PortValues): ObjectStatus[] {
  const statuses = new Statuses();
  for (const state of index.namespaces.values()) judgeNamespace(state, values, statuses);
  for (const object of index.objects.values()) {
    if (object.kind !== 'MeshTLSAuthentication' && object.kind !== 'NetworkAuthentication') continue;
    const referrers = [...index.referrers.get(keyOf(object))].map((grant) => grant.object);
    const works = referrers.some(statuses.inForce);
    const finding: Finding = { kind: referrers.length === 0 ? 'not-referenced' : 'referrers-not-in-force' };
    statuses.add(object, { works, findings: works ? [] : [finding] });
  }
  return statuses.all();
}

/** Each step asks for what the one before has found: servers, then routes, then who is permitted, then by what. */
function judgeNamespace(state: NamespaceState, values: PortValues, statuses: Statuses): void {
  const { inForce } = statuses;
  const workloads = workloadsByServer(state);
  for (const entry of state.servers.values()) {
    statuses.add(entry.object, judgeServer(state, entry, workloads.get(entry)));
  }
  for (const route of state.routes) statuses.add(route, judgeRoute(state, route, inForce));
  for (const limit of state.rateLimits.values()) statuses.add(limit, judgeRateLimit(state, limit, inForce));
  for (const authorization of state.serverAuthorizations.values()) {
    const resolution = serverAuthorizationGrant(authorization, values.config);
    statuses.add(authorization, judgeServerAuthorization(state, authorization, resolution, inForce));
  }
  for (const grant of state.grants) {
    statuses.add(grant.object, judgeAuthorizationPolicy(state, grant.object, values.resolve(grant), inForce));
  }
}

class Statuses {
  readonly #byKey = new Map<ObjectKey, ObjectStatus>();

  add(object: JudgedObject, { works, findings }: Judgement): void {
    const state = !works ? 'not-in-force' : findings.length === 0 ? 'in-force' : 'partly';
    const key = keyOf(object);
    this.#byKey.set(key, { key, object, place: object.place, state, findings });
  }

  readonly inForce = (object: PolicyObject): boolean => {
    const status = this.#byKey.get(keyOf(object));
    return status !== undefined && status.state !== 'not-in-force';
  };

  all(): ObjectStatus[] {
    return [...this.#byKey.values()].sort((a, b) => byText(a.key, b.key));
  }
}
