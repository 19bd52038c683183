import { comma, equalsIgnoringCase, space, tab } from './characters.js';
import { Field } from './field-name.js';
import type { FieldSection } from './field-section.js';

/** What a message's body is delimited by (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'content-length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Responses only: everything until the connection ends. */
  | { readonly kind: 'until-close' };

export const noBody: Framing = { kind: 'none' };
export const chunkedBody: Framing = { kind: 'chunked' };
export const untilCloseBody: Framing = { kind: 'until-close' };

const hyphen = 0x2d;
const underscore = 0x5f;
const isBlank = (byte: number): boolean => byte === space || byte === tab;
const noNames: readonly string[] = [];

/** The valid head of a message: its original bytes, and where things are in them. */
export class Head {
  /** {@link Field} bits of the headers that occur. */
  readonly seen: number;
  /** Whether `connection` says `close`. */
  readonly saysClose: boolean;
  readonly saysKeepAlive: boolean;
  readonly saysUpgrade: boolean;
  /** What else `connection` lists, in lower case: headers for this hop only. */
  readonly connectionNames: readonly string[];
  readonly #lines: readonly number[];

  constructor(
    /** From the first byte of the start line to the empty line's LF. */
    readonly bytes: Buffer,
    /** HTTP/1.0 or HTTP/1.1. */
    readonly minorVersion: 0 | 1,
    section: FieldSection,
  ) {
    this.#lines = section.lines;
    this.seen = section.seen;
    let close = false;
    let keepAlive = false;
    let upgrade = false;
    let names: string[] | undefined;
    if ((section.seen & Field.connection) !== 0) {
      for (let index = 0; index < this.count; index++) {
        if (this.field(index) !== Field.connection) continue;
        const start = this.valueStart(index);
        const end = this.valueEnd(index);
        if (equalsIgnoringCase(bytes, start, end, 'keep-alive')) {
          keepAlive = true;
        } else if (equalsIgnoringCase(bytes, start, end, 'close')) {
          close = true;
        } else {
          for (const option of this.listItems(index)) {
            if (option === 'close') close = true;
            else if (option === 'keep-alive') keepAlive = true;
            else if (option === 'upgrade') upgrade = true;
            else (names ??= []).push(option);
          }
        }
      }
    }
    this.saysClose = close;
    this.saysKeepAlive = keepAlive;
    this.saysUpgrade = upgrade;
    this.connectionNames = names ?? noNames;
  }

  /** Number of headers. */
  get count(): number {
    return this.#lines.length / 3;
  }

  /** Where the first header, or the empty line, begins. */
  get fieldsStart(): number {
    return this.#lines.length === 0 ? this.bytes.length - 2 : this.#lines[0];
  }

  /** Which {@link Field} the header at `index` is; 0 for all others. */
  field(index: number): number {
    return this.#lines[index * 3 + 2];
  }

  lineStart(index: number): number {
    return this.#lines[index * 3];
  }

  /** After the line's LF. */
  lineEnd(index: number): number {
    return index * 3 + 3 < this.#lines.length ? this.#lines[index * 3 + 3] : this.bytes.length - 2;
  }

  valueStart(index: number): number {
    const { bytes } = this;
    let at = this.#lines[index * 3 + 1] + 1;
    while (isBlank(bytes[at])) at++;
    return at;
  }

  valueEnd(index: number): number {
    const { bytes } = this;
    const colon = this.#lines[index * 3 + 1];
    let at = this.lineEnd(index) - 2;
    while (at - 1 > colon && isBlank(bytes[at - 1])) at--;
    return at;
  }

  /** The name at `index`, in lower case. */
  name(index: number): string {
    return this.bytes.toString('latin1', this.#lines[index * 3], this.#lines[index * 3 + 1]).toLowerCase();
  }

  /** The value at `index`, without the white space around it. One character a byte (latin-1). */
  value(index: number): string {
    const start = this.valueStart(index);
    const end = this.valueEnd(index);
    // An empty value has its start behind its end when it is all white space.
    return start >= end ? '' : this.bytes.toString('latin1', start, end);
  }

  /** Whether a header is called `name` (in lower case; letters, digits and hyphens only), or so with `_` for `-`. */
  has(name: string): boolean {
    const lines = this.#lines;
    for (let i = 0; i < lines.length; i += 3) {
      if (lines[i + 1] - lines[i] === name.length && resembles(this.bytes, lines[i], name)) return true;
    }
    return false;
  }

  /** All values of the header `name` (in lower case), in order. */
  values(name: string): readonly string[] {
    let found: string[] | undefined;
    for (let index = 0; index < this.count; index++) {
      if (this.#lines[index * 3 + 1] - this.#lines[index * 3] === name.length && this.name(index) === name) {
        (found ??= []).push(this.value(index));
      }
    }
    return found ?? noNames;
  }

  /** The header at `index` as a comma-separated list: items in lower case, empty ones dropped (RFC 9110 §5.6.1). */
  listItems(index: number): string[] {
    const { bytes } = this;
    const end = this.valueEnd(index);
    const items: string[] = [];
    let start = this.valueStart(index);
    for (let at = start; at <= end; at++) {
      if (at < end && bytes[at] !== comma) continue;
      // Not trim(): it would take away a no-break space, which is no white space in HTTP.
      let last = at;
      while (start < last && isBlank(bytes[start])) start++;
      while (start < last && isBlank(bytes[last - 1])) last--;
      if (start < last) items.push(bytes.toString('latin1', start, last).toLowerCase());
      start = at + 1;
    }
    return items;
  }

  /** The first index of a {@link Field}; −1 when it does not occur. */
  indexOf(field: number): number {
    if ((this.seen & field) === 0) return -1;
    for (let index = 0; index < this.count; index++) if (this.field(index) === field) return index;
    return -1;
  }
}

function resembles(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i];
    // Setting bit 5 lowers letters and leaves digits and hyphens as they are.
    const plain = byte === underscore ? hyphen : byte | 0x20;
    if (plain !== name.charCodeAt(i)) return false;
  }
  return true;
}
