/** Objects that look as if they should matter to a port, and have no effect on it: what a person with a 403 has to know. */
import type { Decision } from '@doorward/core';
import type { Finding, ObjectStatus, PolicyIndex } from '@doorward/index';
import {
  didYouMean,
  matchesSelector,
  type GRPCRoute,
  type HTTPRoute,
  type PolicyObject,
  type Server,
} from '@doorward/resources';
import type { Part } from './explanation.js';
import { findingText } from './finding-text.js';
import type { Target } from './target.js';

/** `server`: the one that has the port. What only ever permits is no matter where the answer is that it is allowed. */
export function notInForce(
  index: PolicyIndex,
  target: Target,
  server: Server | undefined,
  verdict: Decision['verdict'],
): Part[] {
  const { namespace } = target.workload.ref;
  return index
    .statuses()
    .filter(({ object, state }) => state !== 'in-force' && object.metadata.namespace === namespace)
    .filter(({ object }) => verdict === 'denied' || object.kind === 'Server' || isRoute(object))
    .flatMap((status) => {
      const findings = relevantFindings(status, index, target, server);
      if (findings.length === 0) return [];
      const text = findings.map((finding) => findingText(finding, namespace, index)).join('; ');
      return [{ kind: status.object.kind, name: status.object.metadata.name, place: status.place, text }];
    });
}

function relevantFindings(
  { object, state, findings }: ObjectStatus,
  index: PolicyIndex,
  target: Target,
  server: Server | undefined,
): readonly Finding[] {
  switch (object.kind) {
    case 'Server':
      return findings.filter((finding) => concernsPort(finding, object, target, server));
    case 'HTTPRoute':
    case 'GRPCRoute':
      return findings.filter((finding) => concernsRoutes(finding, server));
    case 'AuthorizationPolicy':
      if (state !== 'not-in-force') return [];
      switch (object.spec.target.kind) {
        case 'Namespace':
          return server === undefined ? [] : findings;
        case 'Server':
          return isMeantServer(object.spec.target.name, server, findings) ? findings : [];
        case 'HTTPRoute':
        case 'GRPCRoute': {
          const routes = server === undefined ? [] : routesAt(index, server).map(({ metadata }) => metadata.name);
          return isMeant(object.spec.target.name, routes) ? findings : [];
        }
      }
      return [];
    case 'ServerAuthorization': {
      if (state !== 'not-in-force') return [];
      const wanted = object.spec.server;
      const isFor =
        wanted.kind === 'name'
          ? isMeantServer(wanted.name, server, findings)
          : server !== undefined && matchesSelector(wanted.selector, server.metadata.labels);
      return isFor ? findings : [];
    }
    // Reported with the policies that refer to them; and no rate limit denies for good.
    case 'MeshTLSAuthentication':
    case 'NetworkAuthentication':
    case 'HTTPLocalRateLimitPolicy':
      return [];
  }
}

/** A Server whose port name is unknown here; or, where no Server has the port, one that would if it selected the workload. */
function concernsPort(finding: Finding, object: Server, target: Target, server: Server | undefined): boolean {
  const { ref } = target.workload;
  if (finding.kind === 'no-port') {
    return finding.workloads.some(({ kind, name }) => kind === ref.kind && name === ref.name);
  }
  const { port } = object.spec;
  return finding.kind === 'no-workload' && server === undefined && (port === target.port || port === target.portName);
}

function concernsRoutes(finding: Finding, server: Server | undefined): boolean {
  const name = server?.metadata.name;
  if (finding.kind === 'conflicted' || finding.kind === 'protocol-without-routes') return finding.server === name;
  const missing = finding.kind === 'target-missing' ? finding.name : undefined;
  return missing !== undefined && name !== undefined && didYouMean(missing, [name]) !== undefined;
}

/** Where no Server has the port, one that does not exist may have been meant to. */
function isMeantServer(name: string, server: Server | undefined, findings: readonly Finding[]): boolean {
  return server === undefined
    ? findings.some(({ kind }) => kind === 'target-missing')
    : isMeant(name, [server.metadata.name]);
}

/** Whether a name is one of those, or was probably meant to be. */
function isMeant(name: string, names: readonly string[]): boolean {
  return names.includes(name) || didYouMean(name, names) !== undefined;
}

function routesAt(index: PolicyIndex, { metadata }: Server): (HTTPRoute | GRPCRoute)[] {
  return [...index.objects()]
    .filter(isRoute)
    .filter((route) => route.metadata.namespace === metadata.namespace && route.spec.servers.includes(metadata.name));
}

function isRoute(object: PolicyObject): object is HTTPRoute | GRPCRoute {
  return object.kind === 'HTTPRoute' || object.kind === 'GRPCRoute';
}
