/**
 * The value of a decision. Enforcement, log line, metric labels, `why` and the dashboard all read this one value, so they
 * cannot tell different stories.
 */
import type { IpNetwork } from './ip.js';
import type { Authorization, GrpcFilter, HttpFilter, Origin } from './policy.js';

export type Decision = Allowed | Denied;

export interface Allowed {
  readonly verdict: 'allowed';
  readonly server: Origin;
  /** Absent for a connection. */
  readonly route: Origin | undefined;
  readonly authorization: Authorization;
  /** Let in only because the policy is in audit mode: say so in the log (docs/spec/data-plane.md §4.7). */
  readonly audit: boolean;
  /** To be applied in order before the request goes on; empty for a connection. */
  readonly filters: readonly (HttpFilter | GrpcFilter)[];
  /** How the path was matched: what a redirect that replaces a prefix has to know. */
  readonly pathMatch: PathMatched;
  /** Without it no byte reaches the application. */
  readonly permit: Permit;
}

export interface Denied {
  readonly verdict: 'denied';
  readonly reason: DenialReason;
  readonly server: Origin;
  /** The route that matched and whose authorizations all failed; absent when none matched, and for a connection. */
  readonly route: Origin | undefined;
  /** What was tried, in order. Empty when there was nothing to try. */
  readonly tried: readonly Miss[];
  /** The entry of `tried` that came nearest to permitting. */
  readonly closest: Miss | undefined;
}

export type DenialReason =
  /** No authorization applies: 403, or a refused connection. */
  | 'unauthorized'
  /** No route matches the request: 404. */
  | 'no-route'
  /** HTTP on a port whose policy is opaque or TLS: 404 (docs/spec/data-plane.md §4.3). */
  | 'not-http'
  /** A bare connection on a port whose policy is HTTP only: refused (docs/spec/data-plane.md §4.2). */
  | 'http-only';

export type PathMatched = { readonly kind: 'prefix'; readonly path: string } | { readonly kind: 'other' };

/** Why one authorization did not apply. At least one of the two parts is set. */
export interface Miss {
  readonly authorization: Authorization;
  /** Absent when the client's address is permitted. */
  readonly network: NetworkMiss | undefined;
  /** Absent when the client's identity is permitted. */
  readonly identity: IdentityMiss | undefined;
}

export type NetworkMiss =
  | { readonly kind: 'outside' }
  /** In a permitted network, but in an exception of it. */
  | { readonly kind: 'excepted'; readonly by: IpNetwork };

export type IdentityMiss =
  /** The client did not come with mesh TLS. */
  | { readonly kind: 'not-meshed' }
  /** Mesh TLS, but the certificate names nobody. */
  | { readonly kind: 'no-identity' }
  | { readonly kind: 'other-identity'; readonly identity: string };

class PermitValue {
  readonly #made = true;

  /** Keeps the private field, and with it the class's own type, in use. */
  static is(value: unknown): value is Permit {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }
}

/**
 * The right to forward. The type is exported, its constructor is not: a function that takes a `Permit` cannot be called by
 * code that did not ask for a decision first.
 */
export type Permit = PermitValue;

/** For `decide()` only; not exported from the package. */
export const permit: Permit = new PermitValue();

/** Whether a value from untyped code is a permit. */
export const isPermit = (value: unknown): value is Permit => PermitValue.is(value);
