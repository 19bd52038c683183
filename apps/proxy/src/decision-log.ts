/**
 * One log event for each decision, with the object that decided: denials and audited grants always, other grants at debug
 * level (docs/spec/data-plane.md §7.1). The fields are what `doorward up` shows live, so they are structured rather than
 * printed into the message.
 */
import type { Allowed, ClientTls, Decision, Denied, Miss, Origin } from '@doorward/core';
import { formatIp, formatNetwork } from '@doorward/core';
import type { Log } from '@doorward/telemetry';
import type { DecisionTarget, ExceededLimit } from './decision-metrics.js';

/** What was decided about: where, and for a request, which. */
export interface DecisionSubject {
  /** The client's `IP:PORT`. */
  readonly clientAddress: string;
  readonly clientIp: string;
  readonly tls: ClientTls;
  /** The address that the client wanted; its port is the one whose policy was asked. */
  readonly target: DecisionTarget;
  /** `GET /path`; absent for a connection. */
  readonly request?: string;
}

export class DecisionLog {
  constructor(
    private readonly log: Log,
    /** Log every grant, as `doorward up` wants for its live view. */
    private readonly everything: boolean,
  ) {}

  decided(decision: Decision, subject: DecisionSubject): void {
    if (decision.verdict === 'denied') {
      this.log.info(
        { event: 'decision', ...denialFields(decision), ...subjectFields(subject) },
        subject.request === undefined ? 'Connection denied' : 'Request denied',
      );
    } else if (decision.audit || this.everything) {
      this.log.info(
        { event: 'decision', ...grantFields(decision), ...subjectFields(subject) },
        decision.audit
          ? 'Request allowed'
          : subject.request === undefined
            ? 'Connection authorized'
            : 'Request authorized',
      );
    }
  }

  /** The policy permits it, its rate limit does not. */
  rateLimited(decision: Allowed, subject: DecisionSubject, { origin, message }: ExceededLimit): void {
    this.log.info(
      {
        event: 'decision',
        ...grantFields(decision),
        verdict: 'rate-limited',
        reason: message,
        rateLimit: originFields(origin),
        ...subjectFields(subject),
      },
      'Request rate-limited',
    );
  }

  terminated(decision: Denied, subject: DecisionSubject): void {
    this.log.info(
      { event: 'decision', ...denialFields(decision), verdict: 'terminated', ...subjectFields(subject) },
      'Connection terminated due to policy change',
    );
  }
}

function subjectFields({ clientAddress, clientIp, tls, target, request }: DecisionSubject): object {
  return {
    client: { address: clientAddress, ip: clientIp, tls: tls.kind, ...identityField(tls) },
    port: target.port,
    ...(request === undefined ? {} : { request }),
  };
}

function identityField(tls: ClientTls): object {
  return tls.kind === 'established' && tls.identity !== undefined ? { identity: tls.identity.name } : {};
}

function grantFields(decision: Allowed): object {
  return {
    verdict: 'allowed',
    audit: decision.audit,
    server: originFields(decision.server),
    ...(decision.route === undefined ? {} : { route: originFields(decision.route) }),
    authz: originFields(decision.authorization.origin),
  };
}

function denialFields(decision: Denied): object {
  return {
    verdict: 'denied',
    reason: decision.reason,
    server: originFields(decision.server),
    ...(decision.route === undefined ? {} : { route: originFields(decision.route) }),
    ...(decision.closest === undefined ? {} : { closest: missFields(decision.closest) }),
  };
}

/** Group, kind and name as Linkerd's labels spell them (docs/spec/data-plane.md §7.2). */
function originFields(origin: Origin): { group: string; kind: string; name: string } {
  return origin.kind === 'default'
    ? { group: '', kind: 'default', name: origin.name }
    : { group: origin.group, kind: origin.resourceKind.toLowerCase(), name: origin.name };
}

function missFields(miss: Miss): object {
  return {
    ...originFields(miss.authorization.origin),
    ...(miss.network === undefined
      ? {}
      : { network: miss.network.kind === 'excepted' ? `excepted by ${formatNetwork(miss.network.by)}` : 'outside' }),
    ...(miss.identity === undefined ? {} : { identity: miss.identity.kind }),
  };
}

/** The subject of a decision about a client. */
export function subjectOf(
  client: { readonly ip: Parameters<typeof formatIp>[0]; readonly tls: ClientTls },
  clientAddress: string,
  target: DecisionTarget,
  request?: string,
): DecisionSubject {
  return {
    clientAddress,
    clientIp: formatIp(client.ip),
    tls: client.tls,
    target,
    ...(request === undefined ? {} : { request }),
  };
}
