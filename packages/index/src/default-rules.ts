/** What holds on ports that no Server selects (docs/spec/control-plane.md §4.3). */
import type { DefaultPolicyName, InboundPolicy } from '@doorward/core';
import { defaultAuthorizations } from './authorization.js';
import type { ClusterConfig } from './config.js';
import type { DefaultHttpRoutes } from './routes.js';

/**
 * Six policies, opaque or not, times the sets of probe paths: this many hold those of several hundred templates. When more are met
 * the sharing starts anew; nothing else changes.
 */
const sharedMax = 4096;

export class DefaultRules {
  readonly #shared = new Map<string, InboundPolicy>();

  constructor(
    readonly config: ClusterConfig,
    readonly routes: DefaultHttpRoutes,
  ) {}

  policy(name: DefaultPolicyName, opaque: boolean, probes: readonly string[]): InboundPolicy {
    const { config, routes } = this;
    const relevant = opaque || !routes.hasProbes ? [] : probes;
    const key = [name, opaque ? 'opaque' : 'detect', ...relevant].join('\n');
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const policy: InboundPolicy = {
      server: { kind: 'default', name },
      protocol: opaque
        ? { kind: 'opaque' }
        : {
            kind: 'detect',
            timeoutMs: config.detectTimeoutMs,
            routes: routes.of(relevant),
          },
      authorizations: defaultAuthorizations(name, config.clusterNetworks),
    };
    if (this.#shared.size >= sharedMax) this.#shared.clear();
    this.#shared.set(key, policy);
    return policy;
  }
}
