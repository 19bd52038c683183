/** Clients and requests as values, for tests of what is made of a decision. */
import { decide, parseIp, type Client, type ClientTls, type Decision, type InboundPolicy } from '@doorward/core';
import { subjectOf, type DecisionSubject } from '../decision-log.js';

export function clientWith(tls: ClientTls, address = '127.0.0.1'): Client {
  const ip = parseIp(address);
  if (ip === undefined) throw new Error(`${address} is no address`);
  return { ip, tls };
}

export const plain = clientWith({ kind: 'none', reason: 'no-client-hello' });
export const skipped = clientWith({ kind: 'none', reason: 'port-skipped' });
export const passthru = clientWith({ kind: 'passthru', sni: 'other.example.com' });
export const anonymous = clientWith({ kind: 'established', identity: undefined });
export const emoji = 'client.emojivoto.serviceaccount.identity.linkerd.cluster.local';
export const meshed = clientWith({ kind: 'established', identity: { kind: 'dns', name: emoji } });

/** The address of the samples in docs/spec/data-plane.md §7.3. */
export const target = { host: '127.0.0.1', port: 9100 };

/** What is decided about a request for a path, or about a connection. */
export function decided(policy: InboundPolicy, client: Client, path?: string): Decision {
  if (path === undefined) return decide(policy, client, { kind: 'connection' });
  const request = { method: 'GET', path, query: undefined, authority: 'web.test', header: () => [] };
  return decide(policy, client, { kind: 'request', request });
}

export function subject(client: Client, path?: string): DecisionSubject {
  return subjectOf(client, '127.0.0.1:45678', target, path === undefined ? undefined : `GET ${path}`);
}
