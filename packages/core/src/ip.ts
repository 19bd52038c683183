/**
 * Strict IP addresses and CIDR blocks.
 *
 * Strict, because a lenient reading is a door: `010.1.1.1` and `10.1` mean different hosts to different programs, so both
 * are refused. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) of a peer is IPv4 (docs/spec/data-plane.md §4.1).
 */

export type IpAddress = IpV4 | IpV6;

export interface IpV4 {
  readonly family: 4;
  /** The address as an unsigned 32-bit number, first octet highest. */
  readonly value: number;
}

export interface IpV6 {
  readonly family: 6;
  /** The upper and lower 64 bits, unsigned. */
  readonly high: bigint;
  readonly low: bigint;
}

/** A block of addresses. Host bits are kept as written (docs/spec/control-plane.md §4.5) and ignored when matching. */
export interface IpNetwork {
  readonly address: IpAddress;
  /** 0…32 for IPv4, 0…128 for IPv6. */
  readonly prefixLength: number;
}

const decimalOctet = /^(?:0|[1-9][0-9]{0,2})$/;
const hexGroup = /^[0-9a-fA-F]{1,4}$/;
const decimalPrefix = /^(?:0|[1-9][0-9]{0,2})$/;
const mask64 = 0xffff_ffff_ffff_ffffn;

function parseV4(text: string): IpV4 | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    if (!decimalOctet.test(octet)) return undefined;
    const number = Number(octet);
    if (number > 255) return undefined;
    value = value * 256 + number;
  }
  return { family: 4, value };
}

function parseV6Groups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      // An embedded IPv4 address may only come last (RFC 4291 §2.2).
      const v4 = index === parts.length - 1 ? parseV4(part) : undefined;
      if (v4 === undefined) return undefined;
      groups.push(Math.floor(v4.value / 65_536), v4.value % 65_536);
    } else {
      if (!hexGroup.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function parseV6(text: string): IpV6 | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const before = parseV6Groups(halves[0] ?? '');
  if (before === undefined) return undefined;
  let groups = before;
  if (halves.length === 2) {
    const after = parseV6Groups(halves[1] ?? '');
    // `a.b.c.d::` would put an IPv4 part before the end.
    if (after === undefined || (halves[0] ?? '').includes('.')) return undefined;
    const missing = 8 - before.length - after.length;
    // `::` stands for at least one group.
    if (missing < 1) return undefined;
    groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  }
  if (groups.length !== 8) return undefined;
  let bits = 0n;
  for (const group of groups) bits = (bits << 16n) | BigInt(group);
  return { family: 6, high: bits >> 64n, low: bits & mask64 };
}

/** Parse an address as written in policy; `undefined` when it is not one. Zone ids (`fe80::1%eth0`) are refused. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/** Parse the address of a socket's peer: as {@link parseIp}, with v4-mapped addresses read as IPv4 and a zone id dropped. */
export function parsePeerIp(text: string): IpAddress | undefined {
  const zone = text.indexOf('%');
  const ip = parseIp(zone === -1 ? text : text.slice(0, zone));
  if (ip?.family === 6 && ip.high === 0n && ip.low >> 32n === 0xffffn) {
    return { family: 4, value: Number(ip.low & 0xffff_ffffn) };
  }
  return ip;
}

/** Parse `ADDRESS/PREFIX`, or a bare address as a block of one (docs/spec/control-plane.md §2.1); `undefined` when it is neither. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) {
    const address = parseIp(text);
    return address && { address, prefixLength: address.family === 4 ? 32 : 128 };
  }
  const address = parseIp(text.slice(0, slash));
  const prefix = text.slice(slash + 1);
  if (address === undefined || !decimalPrefix.test(prefix)) return undefined;
  const prefixLength = Number(prefix);
  if (prefixLength > (address.family === 4 ? 32 : 128)) return undefined;
  return { address, prefixLength };
}

/** Whether `ip` lies in `network`. Addresses of the other family never do. */
export function networkContains(network: IpNetwork, ip: IpAddress): boolean {
  const { address, prefixLength } = network;
  if (address.family === 4) {
    if (ip.family !== 4) return false;
    // A shift by 32 is a shift by 0 in JavaScript, so /0 is its own case.
    return prefixLength === 0 || (address.value ^ ip.value) >>> (32 - prefixLength) === 0;
  }
  if (ip.family !== 6) return false;
  if (prefixLength <= 64) return (address.high ^ ip.high) >> BigInt(64 - prefixLength) === 0n;
  return address.high === ip.high && (address.low ^ ip.low) >> BigInt(128 - prefixLength) === 0n;
}

/** Whether every address of `inner` lies in `outer`. */
export function networkIncludes(outer: IpNetwork, inner: IpNetwork): boolean {
  return outer.prefixLength <= inner.prefixLength && networkContains(outer, inner.address);
}

export function formatIp(ip: IpAddress): string {
  if (ip.family === 4) {
    return [24, 16, 8, 0].map((shift) => (ip.value >>> shift) & 255).join('.');
  }
  const groups: number[] = [];
  for (const half of [ip.high, ip.low]) {
    for (const shift of [48n, 32n, 16n, 0n]) groups.push(Number((half >> shift) & 0xffffn));
  }
  return compressV6(groups);
}

/** RFC 5952 §4: lower case, no leading zeros, `::` for the first longest run of at least two zero groups. */
function compressV6(groups: readonly number[]): string {
  let best = { start: -1, length: 1 };
  let start = -1;
  for (let i = 0; i <= groups.length; i++) {
    if (i < groups.length && groups[i] === 0) {
      if (start === -1) start = i;
    } else if (start !== -1) {
      if (i - start > best.length) best = { start, length: i - start };
      start = -1;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start === -1) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

export function formatNetwork(network: IpNetwork): string {
  return `${formatIp(network.address)}/${network.prefixLength}`;
}

/** 0.0.0.0/0 and ::/0. */
export const allNetworks: readonly IpNetwork[] = [
  { address: { family: 4, value: 0 }, prefixLength: 0 },
  { address: { family: 6, high: 0n, low: 0n }, prefixLength: 0 },
];
