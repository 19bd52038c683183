/** The value of an explanation: a decision, and everything that a person needs to see why it is so. */
import type { Decision, DenialReason, InboundPolicy } from '@doorward/core';
import type { SourcePlace } from '@doorward/resources';
import type { ClientSubject } from './client.js';
import type { Target } from './target.js';

/** An object, or a built-in, that has a part in the decision. */
export interface Part {
  /** As Kubernetes spells it: `Server`, `AuthorizationPolicy`; `default` for a built-in. */
  readonly kind: string;
  readonly name: string;
  /** Absent for built-ins, and for objects from an API server. */
  readonly place: SourcePlace | undefined;
  /** What it has to do with it, in words. */
  readonly text: string;
}

/** An authorization that might have permitted, and why it does not. */
export interface Tried extends Part {
  /** Whether it came nearest to permitting. */
  readonly isClosest: boolean;
}

/** A request, as a person writes it. */
export interface Asked {
  /** `GET` where nothing is said, `POST` on gRPC ports. */
  readonly method?: string | undefined;
  /** With the query, if there is one. `/` where nothing is said, any call on gRPC ports. */
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  /** In any case of letters. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** What was decided: a connection as a whole, or a request. */
export type Question =
  | { readonly kind: 'connection' }
  | {
      readonly kind: 'request';
      /** Whether nobody asked for a path in particular. */
      readonly isAssumed: boolean;
      readonly method: string;
      readonly path: string;
      readonly host?: string | undefined;
      readonly headers?: Asked['headers'];
    };

/** The policy of ports that no Server selects, or the Server's own. */
export interface DefaultPart {
  /** The default policy that counts here; absent where a Server selects the port and has none of its own. */
  readonly policy: string | undefined;
  readonly from: 'access-policy' | 'workload' | 'namespace' | 'cluster' | 'none';
  readonly place: SourcePlace | undefined;
  readonly text: string;
}

export interface Explanation {
  readonly decision: Decision;
  /** The policy of the port. */
  readonly policy: InboundPolicy;
  readonly client: ClientSubject;
  readonly target: Target;
  readonly question: Question;
  /** What the client sees: `HTTP 403`, `a refused connection`, `reaches the application`. */
  readonly outcome: string;
  readonly reason: DenialReason | undefined;
  readonly server: Part;
  /** Absent for a connection, and where no route matches. */
  readonly route: Part | undefined;
  /** The routes there are, where none of them matches. */
  readonly otherRoutes: readonly Part[];
  /** Of an allowed question: what permits it. */
  readonly permittedBy: Part | undefined;
  /** Of a denied one: what might have, the closest first. */
  readonly tried: readonly Tried[];
  readonly default: DefaultPart;
  /** Servers that select the port too, and lose. */
  readonly overlapping: readonly Part[];
  /** Objects that look as if they should have mattered, and have no effect. */
  readonly notInForce: readonly Part[];
  /** What else is good to know: what was assumed, what comes after the decision. */
  readonly notes: readonly string[];
}
