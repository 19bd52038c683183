import {
  BodyReader,
  Field,
  HeadEdit,
  isHttp,
  Refusal,
  type RequestHead,
  type ResponseHead,
  ResponseReader,
} from '@doorward/http';
import type { Duplex } from 'node:stream';
import { httpDate } from '../answer/http-date.js';
import { hopByHopFields } from './forwarded-request.js';
import { joinedBodyLengthMax } from './options.js';

export type ResponseStep =
  | 'more'
  /** The response is complete. */
  | 'ended'
  /** The connection speaks something else from here on; {@link ResponsePass.rest} is its first bytes. */
  | 'switched'
  /** Not a response that can be passed on: {@link ResponsePass.problem}. */
  | 'bad';

/** Passes the application's responses to the client, one after the other, and keeps track of where they end. */
export class ResponsePass {
  problem = '';
  /** Bytes of the application behind the response's end: the start of a tunnel, or too much. */
  rest: Buffer | undefined;
  readonly #client: Duplex;
  readonly #draining: AbortSignal;
  readonly #reader = new ResponseReader();
  readonly #body = new BodyReader();
  #request: RequestHead | undefined;
  #switches = false;
  #touched = false;
  #started = false;
  #ended = false;
  #continued = false;
  #closing = false;
  #appKeepAlive = false;
  #chunking = false;

  constructor(client: Duplex, draining: AbortSignal) {
    this.#client = client;
    this.#draining = draining;
  }

  /** Expect the response to `request`. `switches`: 101, or 2xx to CONNECT, is welcome. */
  begin(request: RequestHead, switches: boolean): void {
    this.#request = request;
    this.#switches = switches;
    this.#touched = false;
    this.#started = false;
    this.#ended = false;
    this.#continued = false;
    this.#closing = false;
    this.#chunking = false;
    this.rest = undefined;
    this.problem = '';
  }

  /** Whether the application has sent anything at all. */
  get touched(): boolean {
    return this.#touched;
  }

  /** Whether the client has got the final head. */
  get started(): boolean {
    return this.#started;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the client was told to go on with its body. */
  get continued(): boolean {
    return this.#continued;
  }

  /** Whether the client's connection ends behind this response. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Whether the application waits for another request. */
  get appKeepAlive(): boolean {
    return this.#appKeepAlive && this.rest === undefined;
  }

  /** Whether only the connection's end tells the client where the body ends. */
  get endsWithConnection(): boolean {
    return this.#started && this.#body.untilClose && !this.#chunking;
  }

  /** Pass on bytes of the application. Backpressure is the caller's: look at the client's `writableNeedDrain`. */
  feed(chunk: Buffer): ResponseStep {
    this.#touched = true;
    if (this.#started) return this.#feedBody(chunk);
    let bytes = chunk;
    for (;;) {
      const head = this.#reader.read(bytes);
      if (head === undefined) return 'more';
      if (head instanceof Refusal) return this.#bad(head.reason);
      const { end } = this.#reader;
      bytes = end === bytes.length ? none : bytes.subarray(end);
      if (head.status === 101) return this.#switch(head, bytes);
      if (!head.interim) return this.#passHead(head, bytes);
      this.#passInterim(head);
      if (bytes.length === 0) return 'more';
    }
  }

  /** The application has finished sending: what that means for the response. */
  finish(): 'ended' | 'truncated' | 'unanswered' {
    if (!this.#started) return 'unanswered';
    if (!this.#body.untilClose) return 'truncated';
    if (this.#chunking) this.#client.write('0\r\n\r\n', 'latin1');
    this.#ended = true;
    return 'ended';
  }

  #passInterim(head: ResponseHead): void {
    if (head.status === 100) this.#continued = true;
    // HTTP/1.0 knows no interim responses (RFC 9110 §15.2).
    if (this.#request?.minorVersion !== 1) return;
    const edit = this.#edit(head);
    edit.dropFields(Field.contentLength | Field.transferEncoding);
    this.#client.write(edit.encodeResponse(head, undefined));
  }

  #passHead(head: ResponseHead, bytes: Buffer): ResponseStep {
    const request = this.#request;
    if (request === undefined) return this.#bad('a response to no request');
    if (request.method === 'CONNECT' && head.status < 300) return this.#switch(head, bytes);
    const framing = head.framing(request.method);
    const edit = this.#edit(head);
    if (head.status === 204) edit.dropFields(Field.contentLength | Field.transferEncoding);
    this.#chunking = framing.kind === 'until-close' && request.minorVersion === 1;
    if (this.#chunking) edit.append('transfer-encoding', 'chunked');
    // An HTTP/1.0 client can't tell where a chunked body ends, nor one that ends with the connection.
    const endless = request.minorVersion === 0 && (framing.kind === 'until-close' || framing.kind === 'chunked');
    this.#closing = !request.keepAlive || endless || this.#draining.aborted;
    if (this.#closing) {
      if (request.minorVersion === 1) edit.append('connection', 'close');
    } else if (request.minorVersion === 0) {
      edit.append('connection', 'keep-alive');
    }
    if ((head.seen & Field.date) === 0) edit.append('date', httpDate());
    this.#appKeepAlive = head.keepAlive && request.minorVersion === 1;
    this.#started = true;
    this.#body.begin(framing);
    if (this.#body.ended) {
      this.#client.write(edit.encodeResponse(head, undefined));
      return this.#end(bytes, 0);
    }
    if (this.#chunking || bytes.length === 0) {
      this.#client.write(edit.encodeResponse(head, undefined));
      return bytes.length === 0 ? 'more' : this.#feedBody(bytes);
    }
    const end = this.#body.read(bytes, 0);
    if (this.#body.problem !== undefined) {
      this.#client.write(edit.encodeResponse(head, undefined));
      return this.#bad(this.#body.problem);
    }
    const body = end === bytes.length ? bytes : bytes.subarray(0, end);
    if (end <= joinedBodyLengthMax) {
      this.#client.write(edit.encodeResponse(head, body));
    } else {
      this.#client.write(edit.encodeResponse(head, undefined));
      this.#client.write(body);
    }
    return this.#body.ended ? this.#end(bytes, end) : 'more';
  }

  #feedBody(chunk: Buffer): ResponseStep {
    if (this.#chunking) {
      // Three writes that leave as one.
      this.#client.cork();
      this.#client.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      this.#client.write(chunk);
      this.#client.write('\r\n', 'latin1');
      this.#client.uncork();
      return 'more';
    }
    const end = this.#body.read(chunk, 0);
    if (this.#body.problem !== undefined) return this.#bad(this.#body.problem);
    if (end > 0) this.#client.write(end === chunk.length ? chunk : chunk.subarray(0, end));
    return this.#body.ended ? this.#end(chunk, end) : 'more';
  }

  #switch(head: ResponseHead, bytes: Buffer): ResponseStep {
    const request = this.#request;
    if (request === undefined || !this.#switches) return this.#bad('a switch of protocols that nobody asked for');
    const edit = new HeadEdit();
    if (head.status === 101) {
      // Behind a switch to some HTTP, requests would go undecided.
      const chosen = head.values('upgrade').map((value) => value.toLowerCase());
      if (request.method === 'CONNECT' || chosen.length === 0 || chosen.some(isHttp)) {
        return this.#bad('a switch to a protocol that nobody asked for');
      }
    } else {
      edit.dropFields(Field.contentLength | Field.transferEncoding);
    }
    this.#client.write(edit.encodeResponse(head, undefined));
    this.#started = true;
    this.#ended = true;
    this.rest = bytes.length === 0 ? undefined : bytes;
    return 'switched';
  }

  #edit(head: ResponseHead): HeadEdit {
    const edit = new HeadEdit();
    edit.dropFields(hopByHopFields);
    if (head.connectionNames.length > 0) edit.dropListed(head.connectionNames);
    if (this.#request?.minorVersion === 1) edit.sayHttp11();
    return edit;
  }

  #end(chunk: Buffer, end: number): ResponseStep {
    this.#ended = true;
    if (end < chunk.length) this.rest = chunk.subarray(end);
    return 'ended';
  }

  #bad(problem: string): ResponseStep {
    this.problem = problem;
    return 'bad';
  }
}

const none: Buffer = Buffer.alloc(0);
