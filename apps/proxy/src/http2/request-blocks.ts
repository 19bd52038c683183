import type { HttpRequest } from '@doorward/core';
import {
  checkTrailers,
  defaultHeaderTableSize,
  encodeFields,
  HpackDecoder,
  http2Field,
  type Http2Field,
  type Http2RequestHead,
  readRequestHead,
} from '@doorward/http';
import { claimsClientId, clientIdHeader } from '../client-id.js';
import { BlockMemo } from './block-memo.js';

/** A request's header block, understood. Shared by equal blocks: nothing in it belongs to one stream. */
export type RequestBlock =
  | {
      readonly kind: 'request';
      readonly head: Http2RequestHead;
      /** One object for equal blocks, so that a decision may be remembered by it. */
      readonly request: HttpRequest;
      readonly grpc: boolean;
      /** HTTP/1 carried in HTTP/2 (docs/spec/data-plane.md §6.5). */
      readonly origProto: boolean;
      /** Without the client's `l5d-client-id`, with ours. */
      readonly fields: readonly Http2Field[];
      /** `fields`, encoded without state. */
      readonly encoded: Buffer;
    }
  | Rejected;

export type TrailersBlock = { readonly kind: 'trailers'; readonly encoded: Buffer } | Rejected;

export type Rejected =
  | { readonly kind: 'malformed'; readonly upperCase: boolean; readonly message: string }
  | { readonly kind: 'too-large' }
  /** The connection can't go on: the decoder's state is lost. */
  | { readonly kind: 'error'; readonly message: string };

/** Reads the header blocks of a client, in order: each must be read, also of streams that are refused, for the decoder's state. */
export class RequestBlocks {
  readonly #decoder: HpackDecoder;
  readonly #clientId: readonly Http2Field[];
  readonly #clientIdEncoded: Buffer;
  readonly #heads = new BlockMemo<RequestBlock>();
  readonly #trailers = new BlockMemo<TrailersBlock>();
  #stateless = false;

  constructor(clientId: string | undefined, headerListMax: number) {
    this.#decoder = new HpackDecoder(defaultHeaderTableSize, headerListMax);
    this.#clientId = clientId === undefined ? [] : [http2Field(clientIdHeader, clientId)];
    this.#clientIdEncoded = encodeFields(this.#clientId);
  }

  /** The client has acknowledged a dynamic table of size 0: a block means the same wherever it stands. */
  becomeStateless(): void {
    this.#stateless = true;
    this.#decoder.limitTable(0);
  }

  head(block: Buffer): RequestBlock {
    return this.#stateless ? this.#heads.get(block, this.#readHead) : this.#readHead(block);
  }

  trailers(block: Buffer): TrailersBlock {
    return this.#stateless ? this.#trailers.get(block, this.#readTrailers) : this.#readTrailers(block);
  }

  readonly #readHead = (block: Buffer): RequestBlock => {
    const decoded = this.#decoder.decode(block);
    if (decoded.kind !== 'fields') return decoded;
    const read = readRequestHead(decoded.fields);
    if (read.kind === 'malformed') return read;
    const { head } = read;
    const kept = head.fields.filter(({ name }) => !claimsClientId(name));
    // Policy reads what the application will: a claimed name must not match a rule for the proven one.
    const fields = [...kept, ...this.#clientId];
    const request = httpRequestOf(head, fields);
    return {
      kind: 'request',
      head,
      request,
      grpc: request.header('content-type')[0]?.startsWith('application/grpc') ?? false,
      origProto: request.header('l5d-orig-proto').length > 0,
      fields,
      encoded: Buffer.concat([this.#encode(block, head.fields, kept), this.#clientIdEncoded]),
    };
  };

  readonly #readTrailers = (block: Buffer): TrailersBlock => {
    const decoded = this.#decoder.decode(block);
    if (decoded.kind !== 'fields') return decoded;
    const problem = checkTrailers(decoded.fields);
    if (problem.kind === 'malformed') return problem;
    const kept = decoded.fields.filter(({ name }) => !claimsClientId(name));
    return { kind: 'trailers', encoded: this.#encode(block, decoded.fields, kept) };
  };

  /** The block as it came where it carries no state and nothing was taken out. Copied, because the memo outlives the chunk it is part of. */
  #encode(block: Buffer, fields: readonly Http2Field[], kept: readonly Http2Field[]): Buffer {
    return this.#stateless && kept.length === fields.length ? Buffer.from(block) : encodeFields(kept);
  }
}

const httpRequestOf = (head: Http2RequestHead, fields: readonly Http2Field[]): HttpRequest => {
  const mark = head.path.indexOf('?');
  return {
    method: head.method,
    path: mark === -1 ? head.path : head.path.slice(0, mark),
    query: mark === -1 ? undefined : head.path.slice(mark + 1),
    authority: head.authority,
    header: (name) => fields.filter((field) => field.name === name).map((field) => field.value),
  };
};
