import { colon, hostNameBytes, ipLiteralBytes } from './characters.js';

const openBracket = 0x5b;
const closeBracket = 0x5d;
/** A DNS name has 253 characters at most; some more does no harm. */
const hostLengthMax = 255;

/**
 * Where the host of `host[:port]` ends, or −1 when it is not a valid authority. Narrower than RFC 3986 §3.2.2: no user
 * information (RFC 9110 §4.2.4), no percent-encoding and no sub-delimiters in the name, no empty name, no empty port. Policy compares host names as text, so
 * a name that somebody might decode into another one is refused.
 */
export function hostEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (bytes[at] === openBracket) {
    at++;
    const inside = at;
    while (at < end && ipLiteralBytes[bytes[at]] === 1) at++;
    if (at === end || bytes[at] !== closeBracket || at - inside < 2) return -1;
    at++;
  } else {
    while (at < end && hostNameBytes[bytes[at]] === 1) at++;
    if (at === start || at - start > hostLengthMax) return -1;
  }
  if (at === end) return at;
  return bytes[at] === colon && isPort(bytes, at + 1, end) ? at : -1;
}

function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 1 || end - start > 5) return false;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
  }
  return value <= 65_535;
}
