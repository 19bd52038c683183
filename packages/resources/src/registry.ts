import type { Kind } from './kind.js';
import { authorizationPolicy } from './kinds/authorization-policy.js';
import { externalWorkload } from './kinds/external-workload.js';
import { grpcRoute } from './kinds/grpc-route.js';
import { gatewayHttpRoute, policyHttpRoute } from './kinds/http-route.js';
import { meshTlsAuthentication } from './kinds/mesh-tls-authentication.js';
import { outboundKinds } from './kinds/outbound.js';
import { rateLimit } from './kinds/rate-limit.js';
import { namespace } from './kinds/namespace.js';
import { networkAuthentication } from './kinds/network-authentication.js';
import { pod } from './kinds/pod.js';
import { serverAuthorization } from './kinds/server-authorization.js';
import { server } from './kinds/server.js';
import { workloads } from './kinds/workload.js';

/** Every kind that is read. */
export const kinds: readonly Kind[] = [
  namespace,
  pod,
  ...workloads,
  externalWorkload,
  server,
  serverAuthorization,
  authorizationPolicy,
  meshTlsAuthentication,
  networkAuthentication,
  policyHttpRoute,
  gatewayHttpRoute,
  grpcRoute,
  rateLimit,
  ...outboundKinds,
];

const byName = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));

/** `group` is empty for the core group. */
export function findKind(group: string, kind: string): Kind | undefined {
  return byName.get(`${group}/${kind}`);
}

/** `policy.linkerd.io/v1beta3` → group and version; `v1` has the empty group. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash === -1
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
