/**
 * What the splices (HTTP/1, HTTP/2, TCP) may ask of the rest of the proxy about the connection they carry. They move bytes;
 * whether bytes may move is decided behind this interface, by the policy that is in force at that moment.
 */
import type { Allowed, Client, Decision, Denied, HttpRequest, Permit } from '@doorward/core';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Session {
  readonly client: Client;
  /** The client's `IP:PORT`, as logs and error texts print it. */
  readonly clientAddress: string;
  /** The `IP:PORT` that the client wanted: the listener's, or the original destination. */
  readonly serverAddress: string;
  /** The client's proven name, for `l5d-client-id`; `undefined` for unmeshed clients. */
  readonly clientId: string | undefined;

  /**
   * Decide one request by the newest policy, and record the decision (log, metrics). Rate limits are part of it. Call once for each
   * request; the verdict holds until the request has ended.
   */
  decideRequest(request: HttpRequest): RequestDecision;

  /** Dial the application. Rejects with an {@link AppUnreachable}. */
  connectApp(permit: Permit): Promise<Socket>;

  /** A synthetic answer was sent, or the connection had to be closed for what the peer did: counted and logged. */
  reportError(error: SessionError): void;

  /** Aborted when the proxy drains: finish what is open, take nothing new. */
  readonly draining: AbortSignal;
}

export type RequestDecision = Allowed | Denied | RateLimited;

/** The policy allows it, its rate limit does not: 429. */
export interface RateLimited {
  readonly verdict: 'rate-limited';
  readonly decision: Decision;
  /** `total rate limit exceeded: 10rps` (docs/spec/data-plane.md §5.1). */
  readonly message: string;
}

export interface SessionError {
  /** HTTP status that the client got; absent when the connection was just closed. */
  readonly status?: number;
  /** For people, without secrets: `client sent both content-length and transfer-encoding`. */
  readonly message: string;
}

export class AppUnreachable extends Error {
  override readonly name = 'AppUnreachable';
  constructor(
    /** 502 refused or I/O error, 504 timed out (docs/spec/data-plane.md §5.1). */
    readonly status: 502 | 504,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A client connection as a splice gets it: decrypted if it was mesh TLS, with what was already read put back. */
export interface ClientConnection {
  readonly stream: Duplex;
  readonly session: Session;
}
