/**
 * Counters of decisions, with the names and labels of Linkerd's proxy (docs/spec/data-plane.md §7.2, §7.3), so that its dashboards
 * and alerts work here.
 */
import type { Allowed, ClientTls, Decision, Denied, Origin } from '@doorward/core';
import type { Family, Labels, Metrics, Series } from '@doorward/telemetry';

export interface DecisionTarget {
  readonly host: string;
  readonly port: number;
}

export interface ExceededLimit {
  readonly origin: Origin;
  readonly scope: 'total' | 'identity';
  /** `total rate limit exceeded: 10rps` */
  readonly message: string;
}

export class DecisionMetrics {
  readonly #httpAllow: Family;
  readonly #httpDeny: Family;
  readonly #httpNotFound: Family;
  readonly #httpRateLimit: Family;
  readonly #tcpAllow: Family;
  readonly #tcpDeny: Family;
  readonly #tcpTerminate: Family;
  /** `decide()` gives one client the same value for the same outcome, so a series is found once for each. */
  readonly #found = new WeakMap<Decision, Series>();

  constructor(metrics: Metrics) {
    this.#httpAllow = metrics.family(
      'inbound_http_authz_allow_total',
      'The total number of inbound HTTP requests that were authorized',
    );
    this.#httpDeny = metrics.family(
      'inbound_http_authz_deny_total',
      'The total number of inbound HTTP requests that could not be processed due to being unauthorized',
    );
    this.#httpNotFound = metrics.family(
      'inbound_http_route_not_found_total',
      'The total number of inbound HTTP requests that matched no route',
    );
    this.#httpRateLimit = metrics.family(
      'inbound_http_local_ratelimit_total',
      'The total number of inbound HTTP requests that were rate-limited',
    );
    this.#tcpAllow = metrics.family(
      'inbound_tcp_authz_allow_total',
      'The total number of inbound TCP connections that were authorized',
    );
    this.#tcpDeny = metrics.family(
      'inbound_tcp_authz_deny_total',
      'The total number of inbound TCP connections that were denied',
    );
    this.#tcpTerminate = metrics.family(
      'inbound_tcp_authz_terminate_total',
      'The total number of inbound TCP connections that were ended because they were no longer authorized',
    );
  }

  request(decision: Decision, target: DecisionTarget, tls: ClientTls): void {
    this.#count(decision, () => {
      if (decision.verdict === 'allowed') return this.#httpAllow.series(allowLabels(decision, target, tls));
      return decision.reason === 'unauthorized'
        ? this.#httpDeny.series([...common(decision, target), ...routeLabels(decision), ...tlsLabels(tls)])
        : this.#httpNotFound.series([...common(decision, target), ...tlsLabels(tls)]);
    });
  }

  connection(decision: Decision, target: DecisionTarget, tls: ClientTls): void {
    this.#count(decision, () =>
      decision.verdict === 'allowed'
        ? this.#tcpAllow.series(allowLabels(decision, target, tls))
        : this.#tcpDeny.series([...common(decision, target), ...tlsLabels(tls)]),
    );
  }

  /** Counted besides the grant: a limited request was authorized. */
  rateLimited(decision: Allowed, { origin, scope }: ExceededLimit, target: DecisionTarget, tls: ClientTls): void {
    this.#httpRateLimit.series([
      ...common(decision, target),
      ...originLabels('ratelimit', origin),
      ['ratelimit_scope', scope],
      ...tlsLabels(tls),
    ]).value += 1;
  }

  terminated(decision: Denied, target: DecisionTarget, tls: ClientTls): void {
    this.#tcpTerminate.series([...common(decision, target), ...tlsLabels(tls)]).value += 1;
  }

  #count(decision: Decision, find: () => Series): void {
    let series = this.#found.get(decision);
    if (series === undefined) {
      series = find();
      this.#found.set(decision, series);
    }
    series.value += 1;
  }
}

function common(decision: Decision, { host, port }: DecisionTarget): Labels {
  return [
    ['target_addr', host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`],
    ['target_ip', host],
    ['target_port', String(port)],
    ...originLabels('srv', decision.server),
    ['srv_port', String(port)],
  ];
}

function allowLabels(decision: Allowed, target: DecisionTarget, tls: ClientTls): Labels {
  return [
    ...common(decision, target),
    ...routeLabels(decision),
    ...originLabels('authz', decision.authorization.origin),
    ...tlsLabels(tls),
  ];
}

function routeLabels({ route }: Decision): Labels {
  return route === undefined ? [] : originLabels('route', route);
}

function originLabels(prefix: string, origin: Origin): Labels {
  const [group, kind] = origin.kind === 'default' ? ['', 'default'] : [origin.group, origin.resourceKind.toLowerCase()];
  return [
    [`${prefix}_group`, group],
    [`${prefix}_kind`, kind],
    [`${prefix}_name`, origin.name],
  ];
}

function tlsLabels(tls: ClientTls): Labels {
  switch (tls.kind) {
    case 'none':
      return [
        ['tls', 'no_identity'],
        ['no_tls_reason', tls.reason === 'port-skipped' ? 'port_skipped' : 'no_tls_from_remote'],
      ];
    case 'passthru':
      return [
        ['tls', 'opaque'],
        ['sni', tls.sni],
      ];
    case 'established':
      return [
        ['tls', 'true'],
        ['client_id', tls.identity?.name ?? ''],
      ];
  }
}
