/** What the property tests ask of a policy: few clients and requests, so that they meet the arbitraries' rules. */
import {
  decide,
  parseIp,
  type Client,
  type Decision,
  type HttpRequest,
  type InboundPolicy,
  type Wanted,
} from '@doorward/core';

function client(ip: string, identity?: string): Client {
  const parsed = parseIp(ip);
  if (parsed === undefined) throw new TypeError(ip);
  if (identity === undefined) return { ip: parsed, tls: { kind: 'none', reason: 'no-client-hello' } };
  const kind = identity.includes('://') ? 'uri' : 'dns';
  return { ip: parsed, tls: { kind: 'established', identity: { kind, name: identity } } };
}

const clients: readonly Client[] = [
  client('10.1.9.9'),
  client('192.0.2.1'),
  client('fd00::1', 'spiffe://id/web'),
  client('10.1.9.9', 'a.b.serviceaccount.identity.linkerd.cluster.local'),
];

function request(method: string, path: string, more: Partial<HttpRequest> = {}): Wanted {
  const none = (): readonly string[] => [];
  return { kind: 'request', request: { method, path, query: undefined, authority: undefined, header: none, ...more } };
}

const wanted: readonly Wanted[] = [
  { kind: 'connection' },
  request('GET', '/'),
  request('GET', '/a/../b', { authority: 'b.a.test:80', query: 'q=1' }),
  request('POST', '/s/M', { header: (name) => (name === 'x' ? ['1'] : []) }),
  request('CONNECT', '', { authority: 'a.test' }),
  request('GET', '/live', { authority: 'x' }),
];

/** Every decision, in one order. */
export const decisions = (policy: InboundPolicy): Decision[] =>
  clients.flatMap((client) => wanted.map((asked) => decide(policy, client, asked)));

/** What a client notices of a decision, and whom it owes it to. */
export function essence(decision: Decision): object {
  const { verdict, server, route } = decision;
  return verdict === 'allowed'
    ? { verdict, server, route, by: decision.authorization.origin, audit: decision.audit, filters: decision.filters }
    : { verdict, server, route, reason: decision.reason };
}
