/**
 * A list of authorizations, prepared for many clients: the first that admits a client decides (docs/spec/data-plane.md §4.1), and
 * finding it must not take a new connection through thousands that are not for it.
 */
import { AddressGroup, nowhere } from './address-group.js';
import { admits } from './authorization-match.js';
import type { Authorization, IdentityMatch } from './policy.js';
import type { Client, ClientIdentity } from './request.js';
import type { IpAddress } from './ip.js';

export interface AuthorizationList {
  readonly all: readonly Authorization[];
  /** The first that admits the client. */
  first(client: Client): Authorization | undefined;
}

/** Identities and networks of a list that is tried one after the other: most routes have no more, and an index would be larger than they. */
const smallList = 32;

export function authorizationList(all: readonly Authorization[]): AuthorizationList {
  let size = 0;
  for (const { networks, authentication } of all) {
    size += networks.length + (authentication.kind === 'mesh-tls' ? authentication.identities.length : 0);
  }
  return size <= smallList ? new ShortList(all) : new IndexedList(all);
}

class ShortList implements AuthorizationList {
  constructor(readonly all: readonly Authorization[]) {}

  first(client: Client): Authorization | undefined {
    for (const authorization of this.all) if (admits(authorization, client)) return authorization;
    return undefined;
  }
}

/** Who is asked first, since an identity leaves few; then, of those, whose networks have the address. */
export class IndexedList implements AuthorizationList {
  readonly #anybody = new AddressGroup();
  readonly #anyMeshed = new AddressGroup();
  readonly #byIdentity = new Map<string, AddressGroup>();
  /** By the suffix with its leading dot; empty for every DNS name. */
  readonly #bySuffix = new Map<string, AddressGroup>();

  constructor(readonly all: readonly Authorization[]) {
    for (const [place, { networks, authentication }] of all.entries()) {
      switch (authentication.kind) {
        case 'unauthenticated':
          this.#anybody.add(place, networks);
          break;
        case 'mesh-tls-unauthenticated':
          this.#anyMeshed.add(place, networks);
          break;
        case 'mesh-tls':
          for (const match of authentication.identities) this.#groupOf(match).add(place, networks);
          break;
      }
    }
  }

  #groupOf(match: IdentityMatch): AddressGroup {
    const exact = match.kind === 'exact';
    const groups = exact ? this.#byIdentity : this.#bySuffix;
    const key = exact ? match.identity : match.labels.map((label) => `.${label}`).join('');
    let group = groups.get(key);
    if (group === undefined) {
      group = new AddressGroup();
      groups.set(key, group);
    }
    return group;
  }

  first({ ip, tls }: Client): Authorization | undefined {
    let place = this.#anybody.first(ip, nowhere);
    if (tls.kind === 'established') {
      place = this.#anyMeshed.first(ip, place);
      if (tls.identity !== undefined) place = this.#firstNamed(tls.identity, ip, place);
    }
    return this.all[place];
  }

  #firstNamed({ kind, name }: ClientIdentity, ip: IpAddress, before: number): number {
    let place = this.#byIdentity.get(name)?.first(ip, before) ?? before;
    if (kind !== 'dns' || this.#bySuffix.size === 0) return place;
    place = this.#bySuffix.get('')?.first(ip, place) ?? place;
    // The `*` stands for at least one character.
    for (let dot = name.indexOf('.', 1); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      place = this.#bySuffix.get(name.slice(dot))?.first(ip, place) ?? place;
    }
    return place;
  }
}
