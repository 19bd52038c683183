import { decide, type Client, type HttpRequest, type Permit } from '@doorward/core';
import { formatHostPort, type Log } from '@doorward/telemetry';
import type { Socket } from 'node:net';
import { subjectOf } from '../decision-log.js';
import type { DecisionTarget } from '../decision-metrics.js';
import type { DecisionRecorder } from '../decision-recorder.js';
import type { PolicyCell } from '../policy/policy-cell.js';
import { monotonicNs, rateLimiterOf } from '../policy/rate-limiters.js';
import type { AppConnector } from './app-connector.js';
import type { RequestDecision, Session, SessionError } from './session.js';

export interface SessionParts {
  readonly client: Client;
  readonly clientAddress: string;
  /** The address that the client wanted, with the port whose policy applies. */
  readonly target: DecisionTarget;
  readonly policy: PolicyCell;
  readonly app: AppConnector;
  readonly decisions: DecisionRecorder;
  readonly log: Log;
  readonly draining: AbortSignal;
}

/** One accepted connection, from the moment its client is known. */
export class InboundSession implements Session {
  readonly client: Client;
  readonly clientAddress: string;
  readonly serverAddress: string;
  readonly clientId: string | undefined;
  readonly draining: AbortSignal;
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.client = parts.client;
    this.clientAddress = parts.clientAddress;
    this.serverAddress = formatHostPort(parts.target);
    this.clientId = parts.client.tls.kind === 'established' ? parts.client.tls.identity?.name : undefined;
    this.draining = parts.draining;
  }

  decideRequest(request: HttpRequest): RequestDecision {
    const policy = this.#parts.policy.current;
    const decision = decide(policy, this.client, { kind: 'request', request });
    const subject = subjectOf(this.client, this.clientAddress, this.#parts.target, `${request.method} ${request.path}`);
    if (decision.verdict === 'allowed') {
      const limit = rateLimiterOf(policy);
      const exceeded = limit?.limiter.take(this.clientId, monotonicNs());
      if (limit !== undefined && exceeded !== undefined) {
        const { origin } = limit;
        const message = `${exceeded.scope} rate limit exceeded: ${exceeded.requestsPerSecond}rps`;
        const scope = exceeded.scope === 'total' ? 'total' : 'identity';
        this.#parts.decisions.rateLimited(decision, subject, { origin, scope, message });
        return { verdict: 'rate-limited', decision, message };
      }
    }
    this.#parts.decisions.request(decision, subject);
    return decision;
  }

  async connectApp(permit: Permit): Promise<Socket> {
    return this.#parts.app.connect(permit);
  }

  reportError({ status, message }: SessionError): void {
    this.#parts.log.info(
      {
        event: 'request.failed',
        client: this.clientAddress,
        port: this.#parts.target.port,
        ...(status === undefined ? {} : { status }),
      },
      message,
    );
  }
}
