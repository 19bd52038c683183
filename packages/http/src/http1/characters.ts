/** Character classes of RFC 9110 and RFC 9112 as lookup tables: 1 for a byte that belongs, one load per byte. */

function byteClass(belongs: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (belongs(byte) ? 1 : 0));
}

const among =
  (text: string) =>
  (byte: number): boolean =>
    text.includes(String.fromCharCode(byte));

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isAlpha = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

/** `tchar`, RFC 9110 §5.6.2: methods and header names. */
export const tokenBytes = byteClass((byte) => isDigit(byte) || isAlpha(byte) || among("!#$%&'*+-.^_`|~")(byte));

/** What may stand in a field value, a reason phrase or a chunk extension: visible, space, tab, obs-text (RFC 9110 §5.5). */
export const fieldValueBytes = byteClass((byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f));

/**
 * What may stand in a request target. RFC 3986 plus what clients send unescaped and no server reads as a separator
 * (``^`{|}``, and bytes of UTF-8). Not `"<>`, which Linkerd refuses too (docs/spec/data-plane.md §6.7); not `#`, which would
 * hide the rest of the path from one reader and not from the other; not `\`, which WHATWG URL parsers read as `/`.
 */
export const targetBytes = byteClass((byte) => byte >= 0x80 || (byte > 0x20 && byte < 0x7f && !among('"<>#\\')(byte)));

/** The name part of a host: a DNS name or an IPv4 address. */
export const hostNameBytes = byteClass((byte) => isDigit(byte) || isAlpha(byte) || among('-._~')(byte));

/** The inside of `[…]`. */
export const ipLiteralBytes = byteClass(
  (byte) => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66) || among(':.')(byte),
);

/** The value of a hexadecimal digit, 255 for other bytes. */
export const hexValues = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

export const tab = 0x09;
export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;
export const space = 0x20;
export const comma = 0x2c;
export const slash = 0x2f;
export const colon = 0x3a;
export const semicolon = 0x3b;
export const questionMark = 0x3f;

/** Whether `bytes` from `start` read `text`, which is in lower case and holds letters, digits and hyphens only. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    // Setting bit 5 lowers letters; of the bytes it changes otherwise, none is a character of a token.
    if ((bytes[start + i] | 0x20) !== text.charCodeAt(i)) return false;
  }
  return true;
}
