import { DynamicTable } from './dynamic-table.js';
import { fieldSize, http2Field, type Http2Field } from './header-list.js';
import { decodeHuffman, huffmanExpansion } from './huffman.js';
import { staticTable } from './static-table.js';

export type HeaderBlockResult =
  | { readonly kind: 'fields'; readonly fields: Http2Field[] }
  /** The list is larger than allowed. The block was read to its end, so the decoder can go on. */
  | { readonly kind: 'too-large' }
  /** RFC 9113 §4.3: a connection error of type COMPRESSION_ERROR. The decoder must not be used again. */
  | { readonly kind: 'error'; readonly message: string };

const staticFields: readonly Http2Field[] = staticTable.map(([name, value]) => http2Field(name, value));

/**
 * More than an encoder ever needs: the smallest size in between and the final one (RFC 7541 §4.2). Without a limit a block could consist
 * of nothing else.
 */
const sizeUpdatesMax = 2;

/** Decodes the header blocks of one direction of one connection, in order (RFC 7541 §3). */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #listSizeMax: number;
  /** The largest table that the encoder may use. */
  #announced: number;

  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** Where Huffman coded strings are unpacked; grows to what the longest needed. */
  #scratch = Buffer.alloc(0);

  /** `tableSize`: the dynamic table's limit at the start; `listSizeMax`: of a header list, as MAX_HEADER_LIST_SIZE counts. */
  constructor(tableSize: number, listSizeMax: number) {
    this.#table = new DynamicTable(tableSize);
    this.#announced = tableSize;
    this.#listSizeMax = listSizeMax;
  }

  /** The peer has acknowledged a SETTINGS_HEADER_TABLE_SIZE of `size`: from here on it may not use more. */
  limitTable(size: number): void {
    this.#announced = size;
    if (this.#table.maxSize > size) this.#table.resize(size);
  }

  decode(block: Buffer): HeaderBlockResult {
    this.#bytes = block;
    this.#at = 0;
    this.#end = block.length;
    try {
      return this.#block();
    } catch (error) {
      if (error instanceof Malformed) return { kind: 'error', message: error.message };
      throw error;
    } finally {
      this.#bytes = empty;
    }
  }

  #block(): HeaderBlockResult {
    const fields: Http2Field[] = [];
    let listSize = 0;
    let sizeUpdates = 0;
    let fieldSeen = false;
    while (this.#at < this.#end) {
      const first = this.#bytes[this.#at];
      if ((first & 0xe0) === 0x20) {
        // RFC 7541 §4.2: only in front of the first field.
        if (fieldSeen) throw new Malformed('table size update after a field');
        if (++sizeUpdates > sizeUpdatesMax) throw new Malformed(`more than ${sizeUpdatesMax} table size updates`);
        const size = this.#integer(5);
        if (size > this.#announced)
          throw new Malformed(`table size update to ${size}; at most ${this.#announced} is allowed`);
        this.#table.resize(size);
        continue;
      }
      fieldSeen = true;
      const field = this.#field(first);
      listSize += fieldSize(field.name, field.value);
      // Go on to the end, for the table's sake, but keep nothing: a byte that refers to a long entry must not cost its length.
      if (listSize <= this.#listSizeMax) fields.push(field);
    }
    return listSize <= this.#listSizeMax ? { kind: 'fields', fields } : { kind: 'too-large' };
  }

  #field(first: number): Http2Field {
    // Indexed field (§6.1).
    if ((first & 0x80) !== 0) return this.#entry(this.#integer(7));
    // Literal with incremental indexing (§6.2.1).
    if ((first & 0x40) !== 0) {
      const field = this.#literal(6, false);
      this.#table.add(field);
      return field;
    }
    // Literal without indexing (§6.2.2), never indexed (§6.2.3).
    return this.#literal(4, (first & 0x10) !== 0);
  }

  #literal(prefixBits: number, neverIndexed: boolean): Http2Field {
    const nameIndex = this.#integer(prefixBits);
    const name = nameIndex === 0 ? this.#string() : this.#entry(nameIndex).name;
    return { name, value: this.#string(), neverIndexed };
  }

  #entry(index: number): Http2Field {
    const field =
      index <= staticFields.length ? staticFields[index - 1] : this.#table.get(index - staticFields.length - 1);
    if (field === undefined) throw new Malformed(`index ${index} is in no table`);
    return field;
  }

  /** RFC 7541 §5.1. Four continuation bytes reach 2^28, which is more than any length or index here; leading zeros are counted too. */
  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#bytes[this.#at++] & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) throw new Malformed('integer is cut off');
      const byte = this.#bytes[this.#at++];
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new Malformed('integer is too large');
  }

  /** RFC 7541 §5.2. */
  #string(): string {
    if (this.#at >= this.#end) throw new Malformed('field is cut off');
    const huffman = (this.#bytes[this.#at] & 0x80) !== 0;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#end) throw new Malformed('string is cut off');
    this.#at = to;
    if (!huffman) return this.#bytes.toString('latin1', from, to);
    const room = Math.ceil(length * huffmanExpansion);
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafeSlow(room);
    const written = decodeHuffman(this.#bytes, from, to, this.#scratch);
    if (written < 0) throw new Malformed('string is not Huffman coded as RFC 7541 demands');
    return this.#scratch.toString('latin1', 0, written);
  }
}

const empty = Buffer.alloc(0);

/** Ends the reading of one block; never leaves this file. */
class Malformed extends Error {}
