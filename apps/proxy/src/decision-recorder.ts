import type { Allowed, Decision, Denied } from '@doorward/core';
import type { DecisionLog, DecisionSubject } from './decision-log.js';
import type { DecisionMetrics, ExceededLimit } from './decision-metrics.js';

/** Every decision is logged and counted, here and nowhere else, so that the two cannot differ. */
export class DecisionRecorder {
  constructor(
    private readonly log: DecisionLog,
    private readonly metrics: DecisionMetrics,
  ) {}

  request(decision: Decision, subject: DecisionSubject): void {
    this.metrics.request(decision, subject.target, subject.tls);
    this.log.decided(decision, subject);
  }

  connection(decision: Decision, subject: DecisionSubject): void {
    this.metrics.connection(decision, subject.target, subject.tls);
    this.log.decided(decision, subject);
  }

  /** The policy permits the request, its rate limit does not. An override counts as `identity` (docs/spec/data-plane.md §7.3). */
  rateLimited(decision: Allowed, subject: DecisionSubject, limit: ExceededLimit): void {
    this.metrics.request(decision, subject.target, subject.tls);
    this.metrics.rateLimited(decision, limit, subject.target, subject.tls);
    this.log.rateLimited(decision, subject, limit);
  }

  /** An open connection that a new policy no longer permits. */
  terminated(decision: Denied, subject: DecisionSubject): void {
    this.metrics.terminated(decision, subject.target, subject.tls);
    this.log.terminated(decision, subject);
  }
}
