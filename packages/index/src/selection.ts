/** Who is meant by a selector, a name or a port (docs/spec/control-plane.md §3). */
import { matchesSelector, type Server, type ServerAuthorization } from '@doorward/resources';
import type { Selectable } from './template.js';

/** Whether a Server is about this workload at all: kind and labels. */
export function serverSelects(server: Server, workload: Selectable): boolean {
  return server.spec.selects === workload.selects && matchesSelector(server.spec.selector, workload.labels);
}

/** The numbers that a Server claims on a workload that it selects. */
export function claimedPorts(server: Server, { facts }: Pick<Selectable, 'facts'>): readonly number[] {
  const wanted = server.spec.port;
  // A number needs no declaration; a text is always a name, also `8080`.
  return typeof wanted === 'number' ? [wanted] : (facts.named.get(wanted) ?? []);
}

/** By exact name, or by the Server's labels. */
export function authorizesServer(authorization: ServerAuthorization, server: Server): boolean {
  const wanted = authorization.spec.server;
  return wanted.kind === 'name'
    ? wanted.name === server.metadata.name
    : matchesSelector(wanted.selector, server.metadata.labels);
}
