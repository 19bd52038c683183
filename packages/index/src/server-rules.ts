/** What holds on the ports that a Server has (docs/spec/control-plane.md §4.4). */
import type { Authorization, GrpcRoute, HttpRoute, InboundPolicy, InboundProtocol, RateLimit } from '@doorward/core';
import type { Server } from '@doorward/resources';
import type { ClusterConfig } from './config.js';
import { deepEqual } from './deep-equal.js';
import { resourceOrigin } from './authorization.js';
import { defaultGrpcRoutes, type DefaultHttpRoutes } from './routes.js';

/** Everything but the probes, which differ from pod to pod. */
export interface ServerParts {
  readonly authorizations: readonly Authorization[];
  /** Empty: the default routes. */
  readonly httpRoutes: readonly HttpRoute[];
  readonly grpcRoutes: readonly GrpcRoute[];
  readonly rateLimit: RateLimit | undefined;
}

/** Pods made from one template probe the same paths; this many templates under one Server are not expected. */
const sharedMax = 256;

const none: ReadonlyMap<string, InboundPolicy> = new Map();

/** Gives every port of one Server its policy: one value for all ports that are probed alike. */
export class ServerRules {
  readonly #shared = new Map<string, InboundPolicy>();
  readonly #before: ReadonlyMap<string, InboundPolicy>;

  constructor(
    readonly server: Server,
    readonly parts: ServerParts,
    readonly config: ClusterConfig,
    readonly defaults: DefaultHttpRoutes,
    /** What these rules replace: a policy that did not change stays the same value, so it need not be encoded again. */
    before: ServerRules | undefined,
  ) {
    this.#before = before === undefined ? none : new Map(before.#shared);
  }

  policy(probes: readonly string[]): InboundPolicy {
    const relevant = this.#readsProbes() ? probes : [];
    const key = relevant.join('\n');
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made: InboundPolicy = {
      server: resourceOrigin('server', this.server.metadata.name),
      protocol: this.#protocol(relevant),
      authorizations: this.parts.authorizations,
    };
    const before = this.#before.get(key);
    const policy = before !== undefined && deepEqual(before, made) ? before : made;
    if (this.#shared.size >= sharedMax) this.#shared.clear();
    this.#shared.set(key, policy);
    return policy;
  }

  #readsProbes(): boolean {
    if (this.parts.httpRoutes.length > 0 || !this.defaults.hasProbes) return false;
    switch (this.server.spec.proxyProtocol) {
      case 'unknown':
      case 'HTTP/1':
      case 'HTTP/2':
        return true;
      case 'gRPC':
      case 'opaque':
      case 'TLS':
        return false;
    }
  }

  #protocol(probes: readonly string[]): InboundProtocol {
    const { rateLimit } = this.parts;
    // A gRPC, opaque or TLS port has no place for it on the wire (docs/spec/control-plane.md §9 Q8).
    const limit = rateLimit === undefined ? {} : { rateLimit };
    const routes = (): readonly HttpRoute[] =>
      this.parts.httpRoutes.length > 0 ? this.parts.httpRoutes : this.defaults.of(probes);
    switch (this.server.spec.proxyProtocol) {
      case 'unknown':
        return { kind: 'detect', timeoutMs: this.config.detectTimeoutMs, routes: routes(), ...limit };
      case 'HTTP/1':
        return { kind: 'http1', routes: routes(), ...limit };
      case 'HTTP/2':
        return { kind: 'http2', routes: routes(), ...limit };
      case 'gRPC':
        return { kind: 'grpc', routes: this.parts.grpcRoutes.length > 0 ? this.parts.grpcRoutes : defaultGrpcRoutes };
      case 'opaque':
        return { kind: 'opaque' };
      case 'TLS':
        return { kind: 'tls' };
    }
  }
}
