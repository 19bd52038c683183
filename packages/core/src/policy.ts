/**
 * What is in force on one port of one workload. The index makes this value from the Kubernetes objects, the wire carries it
 * to the proxy, and `decide()` reads it. Its shape follows the `Server` message (docs/spec/control-plane.md §5.4), so that
 * nothing is lost or invented on the way.
 */
import type { IpNetwork } from './ip.js';

/** Where a server, route or authorization came from: a built-in, or an object in the workload's namespace. */
export type Origin =
  /** A default policy (`all-unauthenticated`), or a built-in such as `probe`, `localhost`, `default`, `invalid`. */
  | { readonly kind: 'default'; readonly name: string }
  /** `resourceKind` in the spelling that the wire uses: `server`, `authorizationpolicy`, `HTTPRoute`. */
  | { readonly kind: 'resource'; readonly group: string; readonly resourceKind: string; readonly name: string };

/** docs/spec/control-plane.md §4.2. */
export const defaultPolicyNames = [
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
  'deny',
  'audit',
] as const;
export type DefaultPolicyName = (typeof defaultPolicyNames)[number];

export interface InboundPolicy {
  /** The Server that selects the port, or the default policy's name. */
  readonly server: Origin;
  readonly protocol: InboundProtocol;
  /** In order; the first that permits decides. Route authorizations are not repeated here, nor these on routes. */
  readonly authorizations: readonly Authorization[];
}

export type InboundProtocol =
  | {
      readonly kind: 'detect';
      /** How long to wait for the first bytes before the connection counts as opaque. */
      readonly timeoutMs: number;
      readonly routes: readonly HttpRoute[];
      readonly rateLimit?: RateLimit;
    }
  | { readonly kind: 'http1'; readonly routes: readonly HttpRoute[]; readonly rateLimit?: RateLimit }
  | { readonly kind: 'http2'; readonly routes: readonly HttpRoute[]; readonly rateLimit?: RateLimit }
  | { readonly kind: 'grpc'; readonly routes: readonly GrpcRoute[] }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'tls' };

/** Permits a client that is in one of the networks AND satisfies the authentication. */
export interface Authorization {
  readonly origin: Origin;
  /** Never empty: an authorization without networks is not representable on the wire (docs/spec/control-plane.md §9 Q36). */
  readonly networks: readonly NetworkMatch[];
  readonly authentication: ClientAuthentication;
}

export interface NetworkMatch {
  readonly network: IpNetwork;
  readonly except: readonly IpNetwork[];
}

export type ClientAuthentication =
  | { readonly kind: 'unauthenticated' }
  /** Any mesh TLS, with or without a client identity. */
  | { readonly kind: 'mesh-tls-unauthenticated' }
  | { readonly kind: 'mesh-tls'; readonly identities: readonly IdentityMatch[] };

export type IdentityMatch =
  | { readonly kind: 'exact'; readonly identity: string }
  /** The labels after the `*`: `[]` is any DNS identity, `['a', 'b']` is anything ending in `.a.b`. */
  | { readonly kind: 'suffix'; readonly labels: readonly string[] };

export interface Route<Match, Filter> {
  readonly origin: Origin;
  /** Empty: any host. */
  readonly hosts: readonly HostMatch[];
  /** Tried before the server's authorizations. */
  readonly authorizations: readonly Authorization[];
  readonly rules: readonly RouteRule<Match, Filter>[];
}

export interface RouteRule<Match, Filter> {
  /** Empty: matches everything. */
  readonly matches: readonly Match[];
  readonly filters: readonly Filter[];
}

export type HttpRoute = Route<HttpRouteMatch, HttpFilter>;
export type GrpcRoute = Route<GrpcRouteMatch, GrpcFilter>;

export type HostMatch =
  | { readonly kind: 'exact'; readonly host: string }
  /** Labels from the right: `*.example.com` is `['com', 'example']`. */
  | { readonly kind: 'suffix'; readonly reverseLabels: readonly string[] };

export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'regex'; readonly pattern: string };

/** `name` is in lower case. */
export type HeaderMatch =
  | { readonly kind: 'exact'; readonly name: string; readonly value: string }
  | { readonly kind: 'regex'; readonly name: string; readonly pattern: string };

export type QueryParamMatch = HeaderMatch;

export interface HttpRouteMatch {
  /** Absent: any path. */
  readonly path?: PathMatch;
  readonly headers: readonly HeaderMatch[];
  readonly queryParams: readonly QueryParamMatch[];
  /** A method token, case-sensitive. Absent: any method. */
  readonly method?: string;
}

export interface GrpcRouteMatch {
  /** Empty string: any service, any method. */
  readonly service: string;
  readonly method: string;
  readonly headers: readonly HeaderMatch[];
}

export interface HeaderValue {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

export interface RequestHeaderModifier {
  readonly kind: 'request-header-modifier';
  readonly add: readonly HeaderValue[];
  readonly set: readonly HeaderValue[];
  /** In lower case. */
  readonly remove: readonly string[];
}

export interface RequestRedirect {
  readonly kind: 'request-redirect';
  readonly scheme?: string;
  readonly host?: string;
  readonly path?: { readonly kind: 'full' | 'prefix'; readonly value: string };
  readonly port?: number;
  /** 300…399; absent: 301 (docs/spec/data-plane.md §4.5). */
  readonly status?: number;
}

export interface FailureInjector {
  readonly kind: 'failure-injector';
  /** HTTP status, or gRPC code on a gRPC route. */
  readonly status: number;
  readonly message: string;
  readonly ratio: { readonly numerator: number; readonly denominator: number };
}

/** A filter of a kind this version does not know: the request is answered 500 rather than passed unfiltered. */
export interface UnknownFilter {
  readonly kind: 'unknown';
}

export type HttpFilter = RequestHeaderModifier | RequestRedirect | FailureInjector | UnknownFilter;
export type GrpcFilter = RequestHeaderModifier | FailureInjector | UnknownFilter;

/** docs/spec/data-plane.md §4.6. Rates are requests per second, at least 1. */
export interface RateLimit {
  readonly origin: Origin;
  readonly total?: number;
  readonly perIdentity?: number;
  readonly overrides: readonly { readonly requestsPerSecond: number; readonly identities: readonly string[] }[];
}
