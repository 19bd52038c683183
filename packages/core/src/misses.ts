/**
 * Why authorizations did not admit a client, and which came nearest: the fewest parts wrong; then an identity that shares most labels with
 * the client's; then the first. Worked out when read, since most denials are not explained. A log line reads `closest`, so that makes no
 * value for each miss: one pass over the lists, 0.1 to 0.4 ms for 10,000 authorizations, once
 * for each client and route. `all` takes ten times as long; explanations read it, the proxy does not.
 */
import { admitsAddress, admitsIdentity, missOf } from './authorization-match.js';
import type { Miss } from './decision.js';
import type { Authorization, IdentityMatch } from './policy.js';
import type { Client, ClientTls } from './request.js';

export class Misses {
  readonly #lists: readonly (readonly Authorization[])[];
  readonly #client: Client;
  #all: readonly Miss[] | undefined;
  /** `null` before it was sought. */
  #closest: { readonly place: number; readonly miss: Miss } | undefined | null = null;

  /** None of the authorizations in `lists` admits the client. */
  constructor(lists: readonly (readonly Authorization[])[], client: Client) {
    this.#lists = lists;
    this.#client = client;
  }

  /** In order. A value for each authorization: for explanations. */
  get all(): readonly Miss[] {
    if (this.#all === undefined) {
      const closest = this.#nearest();
      this.#all = this.#lists
        .flat()
        .flatMap((authorization, place) =>
          place === closest?.place ? [closest.miss] : (missOf(authorization, this.#client) ?? []),
        );
    }
    return this.#all;
  }

  /** One of the values of `all`. */
  get closest(): Miss | undefined {
    return this.#nearest()?.miss;
  }

  #nearest(): { readonly place: number; readonly miss: Miss } | undefined {
    if (this.#closest === null) {
      const nearest = nearestOf(this.#lists, this.#client);
      const miss = nearest && missOf(nearest.authorization, this.#client);
      this.#closest = miss && { place: nearest.place, miss };
    }
    return this.#closest;
  }
}

/** As many as a DNS name has at most. */
const labelsMax = 127;
/** Labels shared never outweigh it. */
const wholePart = 1000;

/** With its place in the lists, one after the other. */
function nearestOf(
  lists: readonly (readonly Authorization[])[],
  { ip, tls }: Client,
): { readonly authorization: Authorization; readonly place: number } | undefined {
  const tails = tailsOf(tls);
  let nearest: Authorization | undefined;
  let nearestPlace = 0;
  let nearness = -1;
  let place = 0;
  for (const list of lists) {
    for (const authorization of list) {
      const { networks, authentication } = authorization;
      const addressed = admitsAddress(networks, ip);
      // Where the address is right the identity is wrong, since nothing here admits the client: no need to ask.
      const identified = !addressed && nearness < wholePart && admitsIdentity(authentication, tls);
      const parts = addressed || identified ? wholePart : 0;
      // Sharing every label is the most there is: what could not come nearer with that is not looked into.
      const open = !identified && authentication.kind === 'mesh-tls' && parts + tails.length > nearness;
      const found = parts + (open ? sharedLabels(authentication.identities, tails, nearness - parts) : 0);
      if (found > nearness) {
        nearest = authorization;
        nearestPlace = place;
        nearness = found;
        // Nothing can come nearer, and the first counts.
        if (nearness === wholePart + tails.length) return { authorization, place };
      }
      place += 1;
    }
  }
  return nearest && { authorization: nearest, place: nearestPlace };
}

/** The client's last label, its last two, and so on. */
function tailsOf(tls: ClientTls): readonly string[] {
  if (tls.kind !== 'established' || tls.identity === undefined) return [];
  const labels = tls.identity.name.split('.').slice(-labelsMax);
  return labels.map((_, index) => labels.slice(-1 - index).join('.'));
}

/** The most labels that one of `identities` has in common with the client, if they are more than `known`; else 0. */
function sharedLabels(identities: readonly IdentityMatch[], tails: readonly string[], known: number): number {
  let shared = Math.max(known, 0);
  let more = false;
  for (const match of identities) {
    // To be of interest it has to share one label more than what is known, and most do not: one comparison is enough for those.
    if (shared >= tails.length) break;
    const name = match.kind === 'exact' ? match.identity : match.labels.join('.');
    while (shared < tails.length && endsInLabels(name, tails[shared] ?? '')) {
      shared += 1;
      more = true;
    }
  }
  return more ? shared : 0;
}

function endsInLabels(name: string, tail: string): boolean {
  const start = name.length - tail.length;
  return name.endsWith(tail) && (start === 0 || name.charCodeAt(start - 1) === 0x2e);
}
