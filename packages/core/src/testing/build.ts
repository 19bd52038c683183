/** Short ways to write the values of a test. */
import { parseIp, parseNetwork, type IpAddress, type IpNetwork } from '../ip.js';
import type {
  Authorization,
  ClientAuthentication,
  HttpRoute,
  HttpRouteMatch,
  IdentityMatch,
  InboundPolicy,
  InboundProtocol,
  NetworkMatch,
  Origin,
} from '../policy.js';
import type { Client, ClientTls, HttpRequest, Wanted } from '../request.js';

/** The address, from text that is known to be one. */
export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new TypeError(`not an address: ${text}`);
  return address;
}

/** The network, from text that is known to be one. */
export function net(text: string): IpNetwork {
  const network = parseNetwork(text);
  if (network === undefined) throw new TypeError(`not a network: ${text}`);
  return network;
}

/** `10.0.0.0/8 except 10.1.0.0/16 10.2.0.0/16` */
export function network(text: string): NetworkMatch {
  const [cidr = '', exceptions] = text.split(' except ');
  return { network: net(cidr), except: exceptions === undefined ? [] : exceptions.split(' ').map(net) };
}

export function origin(resourceKind: string, name: string): Origin {
  return { kind: 'resource', group: 'policy.linkerd.io', resourceKind, name };
}

/** `*`, `*.bank.id`, or the identity itself. */
export function identity(text: string): IdentityMatch {
  if (text === '*') return { kind: 'suffix', labels: [] };
  return text.startsWith('*.')
    ? { kind: 'suffix', labels: text.slice(2).split('.') }
    : { kind: 'exact', identity: text };
}

/** `who`: identities, or a kind of authentication without any. `where`: networks, everywhere where nothing is said. */
export function authorization(
  name: string,
  who: readonly string[] | 'unauthenticated' | 'mesh-tls-unauthenticated',
  where: readonly string[] = ['0.0.0.0/0', '::/0'],
): Authorization {
  const authentication: ClientAuthentication =
    typeof who === 'string' ? { kind: who } : { kind: 'mesh-tls', identities: who.map(identity) };
  return { origin: origin('authorizationpolicy', name), networks: where.map(network), authentication };
}

/** An HTTP route with one rule. */
export function route(
  name: string,
  matches: readonly Partial<HttpRouteMatch>[],
  authorizations: readonly Authorization[] = [],
): HttpRoute {
  return {
    origin: origin('HTTPRoute', name),
    hosts: [],
    authorizations,
    rules: [{ matches: matches.map((match) => ({ headers: [], queryParams: [], ...match })), filters: [] }],
  };
}

export const serverOrigin = origin('server', 'srv');

export function policy(protocol: InboundProtocol, authorizations: readonly Authorization[] = []): InboundPolicy {
  return { server: serverOrigin, protocol, authorizations };
}

export function unmeshed(address: string): Client {
  return { ip: ip(address), tls: { kind: 'none', reason: 'no-client-hello' } };
}

/** Mesh TLS; a name with a scheme is a URI, none is a certificate that names nobody. */
export function meshed(address: string, name?: string): Client {
  const tls: ClientTls = {
    kind: 'established',
    identity: name === undefined ? undefined : { kind: name.includes('://') ? 'uri' : 'dns', name },
  };
  return { ip: ip(address), tls };
}

export const connection: Wanted = { kind: 'connection' };

type Head = Partial<Omit<HttpRequest, 'header'>>;
type Headers = readonly (readonly [name: string, value: string])[];

export function requestOf(head: Head, headers: Headers = []): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: undefined,
    authority: undefined,
    ...head,
    header: (name) => headers.filter(([other]) => other === name).map(([, value]) => value),
  };
}

export function request(head: Head, headers: Headers = []): Wanted {
  return { kind: 'request', request: requestOf(head, headers) };
}
