/** What hangs on a Server and needs its protocol: routes and rate limits. */
import type { HTTPLocalRateLimitPolicy, ProxyProtocol } from '@doorward/resources';
import type { Finding, InForce, Judgement } from './finding.js';
import type { NamespaceState } from './namespace-state.js';
import { byText } from './order.js';
import type { RouteObject } from './routes.js';

export function judgeRoute(state: NamespaceState, route: RouteObject, inForce: InForce): Judgement {
  const findings: Finding[] = [];
  let works = false;
  if (route.spec.servers.length === 0) findings.push({ kind: 'no-parent' });
  for (const name of route.spec.servers) {
    const server = state.servers.get(name)?.object;
    const grpc = [...state.routes.grpcOf(name)].map((other) => other.metadata.name).sort(byText);
    if (server === undefined) {
      findings.push({ kind: 'target-missing', target: 'Server', name });
    } else if (route.kind === 'HTTPRoute' && grpc.length > 0) {
      findings.push({ kind: 'conflicted', server: name, with: grpc });
    } else if (!carries(server.spec.proxyProtocol, route.kind)) {
      findings.push({ kind: 'protocol-without-routes', server: name, protocol: server.spec.proxyProtocol });
    } else if (inForce(server)) {
      works = true;
    } else {
      findings.push({ kind: 'target-not-in-force', target: 'Server', name });
    }
  }
  return { works, findings };
}

export function judgeRateLimit(state: NamespaceState, limit: HTTPLocalRateLimitPolicy, inForce: InForce): Judgement {
  const name = limit.spec.server;
  const server = state.servers.get(name)?.object;
  if (server === undefined) return idle({ kind: 'target-missing', target: 'Server', name });
  const by = state.rateLimitsOf(name)[0]?.metadata.name;
  if (by !== undefined && by !== limit.metadata.name) return idle({ kind: 'rate-limit-exists', server: name, by });
  if (!carries(server.spec.proxyProtocol, 'HTTPRoute')) {
    return idle({ kind: 'protocol-without-rate-limit', server: name, protocol: server.spec.proxyProtocol });
  }
  return inForce(server)
    ? { works: true, findings: [] }
    : idle({ kind: 'target-not-in-force', target: 'Server', name });
}

const idle = (finding: Finding): Judgement => ({ works: false, findings: [finding] });

/** docs/spec/control-plane.md §5.4: which list is sent depends on the protocol alone. */
function carries(protocol: ProxyProtocol, kind: RouteObject['kind']): boolean {
  switch (protocol) {
    case 'unknown':
    case 'HTTP/1':
    case 'HTTP/2':
      return kind === 'HTTPRoute';
    case 'gRPC':
      return kind === 'GRPCRoute';
    case 'opaque':
    case 'TLS':
      return false;
  }
}
