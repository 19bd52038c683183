/**
 * Finds the first authorization of a list whose networks admit an address, among those that the client's identity satisfies already.
 * Few are tried one after the other. Many are found by the blocks that contain the address: one look-up for each prefix length in use,
 * of which there are at most 33 of IPv4 and 129 of IPv6.
 */
import { networkContains, type IpAddress, type IpV6 } from './ip.js';
import type { NetworkMatch } from './policy.js';

/** Where in a list something is that is nowhere in it. */
export const nowhere = Number.MAX_SAFE_INTEGER;

interface PlacedNetwork {
  readonly place: number;
  readonly match: NetworkMatch;
}

/** Trying this many costs less than the look-ups. */
const fewNetworks = 16;

export class AddressGroup {
  readonly #networks: PlacedNetwork[] = [];
  #blocks: AddressBlocks | undefined;

  /** Members are added in the order of their places. */
  add(place: number, networks: readonly NetworkMatch[]): void {
    for (const match of networks) this.#networks.push({ place, match });
  }

  /** The first place before `before` that admits the address; `before` when there is none. */
  first(ip: IpAddress, before: number): number {
    if (this.#networks.length <= fewNetworks) return firstOf(this.#networks, ip, before);
    this.#blocks ??= new AddressBlocks(this.#networks);
    return this.#blocks.first(ip, before);
  }
}

function firstOf(networks: readonly PlacedNetwork[] | undefined, ip: IpAddress, before: number): number {
  if (networks === undefined) return before;
  for (const { place, match } of networks) {
    if (place >= before) break;
    if (networkContains(match.network, ip) && !match.except.some((exception) => networkContains(exception, ip)))
      return place;
  }
  return before;
}

class AddressBlocks {
  readonly #v4 = new Map<number, Map<number, PlacedNetwork[]>>();
  readonly #v6 = new Map<number, Map<bigint, PlacedNetwork[]>>();

  constructor(networks: readonly PlacedNetwork[]) {
    for (const placed of networks) {
      const { address, prefixLength } = placed.match.network;
      if (address.family === 4) addTo(this.#v4, prefixLength, blockV4(address.value, prefixLength), placed);
      else addTo(this.#v6, prefixLength, blockV6(bitsOf(address), prefixLength), placed);
    }
  }

  first(ip: IpAddress, before: number): number {
    let first = before;
    if (ip.family === 4) {
      for (const [prefixLength, blocks] of this.#v4) {
        first = firstOf(blocks.get(blockV4(ip.value, prefixLength)), ip, first);
      }
    } else {
      const bits = bitsOf(ip);
      for (const [prefixLength, blocks] of this.#v6) {
        first = firstOf(blocks.get(blockV6(bits, prefixLength)), ip, first);
      }
    }
    return first;
  }
}

/** The address without its host bits. A shift by 32 is a shift by 0 in JavaScript, so /0 is its own case. */
function blockV4(value: number, prefixLength: number): number {
  return prefixLength === 0 ? 0 : value >>> (32 - prefixLength);
}

function blockV6(bits: bigint, prefixLength: number): bigint {
  return bits >> BigInt(128 - prefixLength);
}

function bitsOf({ high, low }: IpV6): bigint {
  return (high << 64n) | low;
}

function addTo<Block>(
  lengths: Map<number, Map<Block, PlacedNetwork[]>>,
  prefixLength: number,
  block: Block,
  placed: PlacedNetwork,
): void {
  let blocks = lengths.get(prefixLength);
  if (blocks === undefined) {
    blocks = new Map();
    lengths.set(prefixLength, blocks);
  }
  const networks = blocks.get(block);
  if (networks === undefined) blocks.set(block, [placed]);
  else networks.push(placed);
}
