/**
 * One client under one policy. Its address and identity do not change, so what it may is worked out once and remembered; what is left for
 * a request is finding its entry.
 */
import type { CompiledPolicy } from './compiled-policy.js';
import { permit, type Allowed, type Denied, type DenialReason } from './decision.js';
import { DeniedOnDemand } from './denied-on-demand.js';
import { Misses } from './misses.js';
import { normalPath } from './normal-path.js';
import type { Authorization, Origin } from './policy.js';
import type { Client, HttpRequest } from './request.js';
import { MatchQuery } from './request-match.js';
import type { Entry } from './route-entry.js';

export class ClientStanding {
  readonly #policy: CompiledPolicy;
  readonly #client: Client;
  readonly #onRemember: () => void;
  /** The first of the server's authorizations that admits the client; `null` before it was sought. */
  #byServer: Authorization | undefined | null = null;
  #connection: Allowed | Denied | undefined;
  #noRule: Denied | undefined;
  readonly #byEntry = new Map<Entry, Allowed | Denied>();

  /** `onRemember` is called for each decision that is kept. */
  constructor(policy: CompiledPolicy, client: Client, onRemember: () => void) {
    this.#policy = policy;
    this.#client = client;
    this.#onRemember = onRemember;
  }

  connection(): Allowed | Denied {
    this.#connection ??= this.#policy.carriesConnections
      ? this.#authorized(undefined)
      : this.#denied('http-only', undefined, []);
    return this.#connection;
  }

  request(request: HttpRequest): Allowed | Denied {
    const { rules } = this.#policy;
    if (rules === undefined) return this.#unruled('not-http');
    const raw = rules.raw.find(new MatchQuery(request, request.path));
    const path = normalPath(request.path);
    if (rules.raw === rules.normal && path === request.path) return this.#entry(raw);
    // A request whose two readings fall under different rules gets the stricter outcome: the application may read either.
    const asNormal = this.#entry(rules.normal.find(new MatchQuery(request, path)));
    if (asNormal.verdict === 'denied') return asNormal;
    const asRaw = this.#entry(raw);
    // Audited is stricter than allowed: that it was let in for that reason alone must be said.
    return asRaw.verdict === 'denied' || (asRaw.audit && !asNormal.audit) ? asRaw : asNormal;
  }

  #entry(entry: Entry | undefined): Allowed | Denied {
    if (entry === undefined) return this.#unruled('no-route');
    let decision = this.#byEntry.get(entry);
    if (decision === undefined) {
      decision = this.#authorized(entry);
      this.#byEntry.set(entry, decision);
      this.#onRemember();
    }
    return decision;
  }

  #unruled(reason: DenialReason): Denied {
    this.#noRule ??= this.#denied(reason, undefined, []);
    return this.#noRule;
  }

  /** The first authorization of the entry's route, then of the server, that admits the client. */
  #authorized(entry: Entry | undefined): Allowed | Denied {
    const { server, authorizations } = this.#policy;
    const ofRoute = entry?.route.authorizations;
    const authorization = ofRoute?.first(this.#client) ?? this.#admittedByServer();
    const route = entry?.route.origin;
    if (authorization === undefined) {
      return this.#denied('unauthorized', route, [ofRoute?.all ?? [], authorizations.all]);
    }
    return {
      verdict: 'allowed',
      server,
      route,
      authorization,
      audit: isAudit(authorization.origin),
      filters: entry?.filters ?? [],
      pathMatch: entry?.pathMatch ?? { kind: 'other' },
      permit,
    };
  }

  #admittedByServer(): Authorization | undefined {
    if (this.#byServer === null) this.#byServer = this.#policy.authorizations.first(this.#client);
    return this.#byServer;
  }

  #denied(reason: DenialReason, route: Origin | undefined, lists: readonly (readonly Authorization[])[]): Denied {
    return new DeniedOnDemand(reason, this.#policy.server, route, new Misses(lists, this.#client));
  }
}

/** An authorization is in audit mode iff it is the default one of that name (docs/spec/data-plane.md §4.7). */
function isAudit(origin: Origin): boolean {
  return origin.kind === 'default' && origin.name === 'audit';
}
