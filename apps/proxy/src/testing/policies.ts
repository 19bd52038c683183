/** Short ways to write a policy in a test. */
import {
  allNetworks,
  defaultHttpRoute,
  parseNetwork,
  type Authorization,
  type ClientAuthentication,
  type GrpcRoute,
  type HttpRoute,
  type InboundPolicy,
  type InboundProtocol,
  type Origin,
} from '@doorward/core';

export function origin(resourceKind: string, name: string): Origin {
  return { kind: 'resource', group: 'policy.linkerd.io', resourceKind, name };
}

function authorization(
  name: string,
  authentication: ClientAuthentication,
  networks: Authorization['networks'] = allNetworks.map((network) => ({ network, except: [] })),
): Authorization {
  return { origin: origin('authorizationpolicy', name), networks, authentication };
}

export const anyone = authorization('anyone', { kind: 'unauthenticated' });
export const anyMesh = authorization('any-mesh', { kind: 'mesh-tls-unauthenticated' });
/** `*`: any DNS identity. */
export const anyName = authorization('any-name', { kind: 'mesh-tls', identities: [{ kind: 'suffix', labels: [] }] });
export const nobodyHere = authorization(
  'elsewhere',
  { kind: 'unauthenticated' },
  [parseNetwork('192.0.2.0/24')].flatMap((network) => (network === undefined ? [] : [{ network, except: [] }])),
);
export const audit: Authorization = { ...anyone, origin: { kind: 'default', name: 'audit' } };

export function only(...identities: string[]): Authorization {
  return authorization('only', {
    kind: 'mesh-tls',
    identities: identities.map((identity) => ({ kind: 'exact', identity })),
  });
}

/** A route for one path and below. */
export function route(path: string, authorizations: readonly Authorization[] = []): HttpRoute {
  return {
    origin: origin('HTTPRoute', path.slice(1)),
    hosts: [],
    authorizations,
    rules: [{ matches: [{ path: { kind: 'prefix', path }, headers: [], queryParams: [] }], filters: [] }],
  };
}

const anyCall: GrpcRoute = {
  origin: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [], filters: [] }],
};

/** A protocol with the one route that matches everything. `timeoutMs` is that of `detect`. */
export function protocol(kind: InboundProtocol['kind'], timeoutMs = 200): InboundProtocol {
  switch (kind) {
    case 'detect':
      return { kind, timeoutMs, routes: [defaultHttpRoute] };
    case 'http1':
    case 'http2':
      return { kind, routes: [defaultHttpRoute] };
    case 'grpc':
      return { kind, routes: [anyCall] };
    case 'opaque':
    case 'tls':
      return { kind };
  }
}

/** The policy of the Server `web`. */
export function policy(
  of: InboundProtocol | InboundProtocol['kind'],
  ...authorizations: Authorization[]
): InboundPolicy {
  return {
    server: origin('server', 'web'),
    protocol: typeof of === 'string' ? protocol(of) : of,
    authorizations,
  };
}
