import type { Http2Field } from './header-list.js';
import { staticTable } from './static-table.js';

/** `name` → first index with that name; `name: value` → index of the whole field. */
const nameIndex = new Map<string, number>();
const fieldIndex = new Map<string, number>();
staticTable.forEach(([name, value], at) => {
  if (!nameIndex.has(name)) nameIndex.set(name, at + 1);
  fieldIndex.set(`${name}: ${value}`, at + 1);
});

/** A dynamic table size update to 0 (RFC 7541 §6.3). */
export const tableSizeZero = Buffer.from([0x20]);

/** Whether a block begins with a table size update. */
export const beginsWithSizeUpdate = (block: Buffer): boolean => block.length > 0 && (block[0] & 0xe0) === 0x20;

/**
 * Encode fields without any state: references to the static table and literals that no table remembers. Such a block means the
 * same wherever it is put, so it can be cached, appended to another block and sent on any connection.
 */
export const encodeFields = (fields: readonly Http2Field[]): Buffer => {
  let room = 0;
  // Index and two lengths: at most 1 + 5 + 5 bytes.
  for (const { name, value } of fields) room += name.length + value.length + 11;
  const bytes = Buffer.allocUnsafe(room);
  let at = 0;
  for (const field of fields) at = writeField(bytes, at, field);
  return bytes.subarray(0, at);
};

const writeField = (bytes: Buffer, at: number, { name, value, neverIndexed }: Http2Field): number => {
  const whole = neverIndexed ? undefined : fieldIndex.get(`${name}: ${value}`);
  if (whole !== undefined) return writeInteger(bytes, at, 0x80, 7, whole);
  const pattern = neverIndexed ? 0x10 : 0x00;
  const known = nameIndex.get(name) ?? 0;
  let next = writeInteger(bytes, at, pattern, 4, known);
  if (known === 0) next = writeString(bytes, next, name);
  return writeString(bytes, next, value);
};

/** RFC 7541 §5.1. */
const writeInteger = (bytes: Buffer, at: number, pattern: number, prefixBits: number, value: number): number => {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) {
    bytes[at] = pattern | value;
    return at + 1;
  }
  bytes[at] = pattern | mask;
  let rest = value - mask;
  let next = at + 1;
  while (rest >= 0x80) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
};

/** Not Huffman coded: it would cost more time than the few bytes are worth between a proxy and its application. */
const writeString = (bytes: Buffer, at: number, text: string): number => {
  const next = writeInteger(bytes, at, 0, 7, text.length);
  return next + bytes.write(text, next, 'latin1');
};
