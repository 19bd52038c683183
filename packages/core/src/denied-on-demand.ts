import type { Denied, DenialReason, Miss } from './decision.js';
import type { Misses } from './misses.js';
import type { Origin } from './policy.js';

/**
 * A denial that works out its misses when they are read: most are not, and a list may have thousands.
 *
 * To everybody else it is the plain value of {@link Denied}: `tried` and `closest` are properties of its own, so that it can be spread,
 * compared and printed. All denials share their two getters; getters written in an object literal would be new ones for each.
 */
export class DeniedOnDemand implements Denied {
  readonly verdict = 'denied';
  declare readonly tried: readonly Miss[];
  declare readonly closest: Miss | undefined;
  readonly #misses: Misses;

  constructor(
    readonly reason: DenialReason,
    readonly server: Origin,
    readonly route: Origin | undefined,
    misses: Misses,
  ) {
    this.#misses = misses;
    Object.defineProperties(this, DeniedOnDemand.#onDemand);
  }

  static readonly #onDemand: PropertyDescriptorMap & ThisType<DeniedOnDemand> = {
    tried: {
      enumerable: true,
      get() {
        return this.#misses.all;
      },
    },
    closest: {
      enumerable: true,
      get() {
        return this.#misses.closest;
      },
    },
  };
}
