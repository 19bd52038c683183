import {
  checkTrailers,
  defaultHeaderTableSize,
  encodeFields,
  HpackDecoder,
  http2Field,
  type Http2Field,
  type Http2ResponseHead,
  readResponseHead,
} from '@doorward/http';
import { httpDate } from '../answer/http-date.js';
import { BlockMemo } from './block-memo.js';
import type { Rejected, TrailersBlock } from './request-blocks.js';

export type ResponseBlock =
  | { readonly kind: 'response'; readonly head: Http2ResponseHead; readonly encoded: Buffer }
  | Rejected;

/** Reads the header blocks of an application, in order. */
export class ResponseBlocks {
  readonly #decoder: HpackDecoder;
  readonly #heads = new BlockMemo<ResponseBlock>();
  readonly #trailers = new BlockMemo<TrailersBlock>();
  #stateless = false;

  constructor(headerListMax: number) {
    this.#decoder = new HpackDecoder(defaultHeaderTableSize, headerListMax);
  }

  /** The application has acknowledged a dynamic table of size 0. */
  becomeStateless(): void {
    this.#stateless = true;
    this.#decoder.limitTable(0);
  }

  head(block: Buffer): ResponseBlock {
    return this.#stateless ? this.#heads.get(block, this.#readHead) : this.#readHead(block);
  }

  trailers(block: Buffer): TrailersBlock {
    return this.#stateless ? this.#trailers.get(block, this.#readTrailers) : this.#readTrailers(block);
  }

  readonly #readHead = (block: Buffer): ResponseBlock => {
    const decoded = this.#decoder.decode(block);
    if (decoded.kind !== 'fields') return decoded;
    const read = readResponseHead(decoded.fields);
    if (read.kind === 'malformed') return read;
    return { kind: 'response', head: read.head, encoded: this.#encode(block, decoded.fields) };
  };

  readonly #readTrailers = (block: Buffer): TrailersBlock => {
    const decoded = this.#decoder.decode(block);
    if (decoded.kind !== 'fields') return decoded;
    const problem = checkTrailers(decoded.fields);
    if (problem.kind === 'malformed') return problem;
    return { kind: 'trailers', encoded: this.#encode(block, decoded.fields) };
  };

  #encode(block: Buffer, fields: readonly Http2Field[]): Buffer {
    return this.#stateless ? Buffer.from(block) : encodeFields(fields);
  }
}

/** The `date` of now, as field and encoded. */
export class DateField {
  #field = http2Field('date', '');
  #encoded: Buffer = encodeFields([this.#field]);

  get field(): Http2Field {
    this.#refresh();
    return this.#field;
  }

  get encoded(): Buffer {
    this.#refresh();
    return this.#encoded;
  }

  #refresh(): void {
    const now = httpDate();
    if (now === this.#field.value) return;
    this.#field = http2Field('date', now);
    this.#encoded = encodeFields([this.#field]);
  }
}
