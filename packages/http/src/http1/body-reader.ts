import { carriageReturn, fieldValueBytes, hexValues, lineFeed, semicolon } from './characters.js';
import { chunkExtensionLengthMax, chunkSizeDigitsMax } from './limits.js';
import type { Framing } from './head.js';
import { Trailers } from './trailers.js';

const ended = 0;
const counting = 1;
const untilClose = 2;
const atSize = 3;
const inSize = 4;
const inExtension = 5;
const atSizeLineFeed = 6;
const inData = 7;
const atDataReturn = 8;
const atDataLineFeed = 9;
const inTrailers = 10;

/**
 * Finds the end of a body in a stream of chunks; the bytes themselves are passed on as they are. Chunked framing is read as
 * strictly as heads (RFC 9112 §7.1): CR LF only, digits of the size right at the line's start, nothing but `;` behind them.
 */
export class BodyReader {
  /** Set when the body is malformed: its end can't be found any more, nothing further may be forwarded. */
  problem: string | undefined;
  #state = ended;
  /** Bytes left of the body (content-length) or of the current chunk. */
  #left = 0;
  #digits = 0;
  #extensions = 0;
  #trailers: Trailers | undefined;
  readonly #forbidden: readonly string[];

  /** `forbiddenTrailers`: names in lower case that may not occur as trailers, besides those that RFC 9110 §6.5.1 forbids. */
  constructor(forbiddenTrailers: readonly string[] = []) {
    this.#forbidden = forbiddenTrailers;
  }

  /** Whether the body has been read to its end. */
  get ended(): boolean {
    return this.#state === ended;
  }

  /** A body that is over when its connection is. */
  get untilClose(): boolean {
    return this.#state === untilClose;
  }

  /** Begin the next body. */
  begin(framing: Framing): void {
    this.problem = undefined;
    switch (framing.kind) {
      case 'none':
        this.#state = ended;
        break;
      case 'content-length':
        this.#left = framing.length;
        this.#state = framing.length === 0 ? ended : counting;
        break;
      case 'chunked':
        this.#state = atSize;
        this.#extensions = 0;
        break;
      case 'until-close':
        this.#state = untilClose;
        break;
    }
  }

  /** Read `chunk` from `from`: the position just behind the last byte that belongs to the body. Look at `problem` afterwards. */
  read(chunk: Uint8Array, from: number): number {
    switch (this.#state) {
      case ended:
        return from;
      case counting:
        return this.#count(chunk, from);
      case untilClose:
        return chunk.length;
      default:
        return this.#readChunked(chunk, from);
    }
  }

  #count(chunk: Uint8Array, from: number): number {
    const here = chunk.length - from;
    if (here < this.#left) {
      this.#left -= here;
      return chunk.length;
    }
    const end = from + this.#left;
    this.#left = 0;
    this.#state = ended;
    return end;
  }

  #readChunked(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#state === inData) {
        const here = chunk.length - at;
        if (here < this.#left) {
          this.#left -= here;
          return chunk.length;
        }
        at += this.#left;
        this.#left = 0;
        this.#state = atDataReturn;
        continue;
      }
      if (this.#state === inTrailers && this.#trailers !== undefined) {
        at = this.#trailers.read(chunk, at);
        this.problem = this.#trailers.problem;
        if (this.problem !== undefined) return at;
        if (this.#trailers.ended) {
          this.#trailers = undefined;
          this.#state = ended;
        }
        return at;
      }
      this.problem = this.#readByte(chunk[at]);
      if (this.problem !== undefined) return at;
      at++;
    }
    return at;
  }

  /** One byte between the data: a problem, or `undefined`. */
  #readByte(byte: number): string | undefined {
    switch (this.#state) {
      case atSize:
      case inSize:
        return this.#readSize(byte);
      case inExtension:
        if (byte === carriageReturn) {
          this.#state = atSizeLineFeed;
          return undefined;
        }
        if (fieldValueBytes[byte] !== 1) return 'a chunk extension holds a character that is not allowed';
        this.#extensions++;
        return this.#extensions > chunkExtensionLengthMax ? 'too many chunk extensions' : undefined;
      case atSizeLineFeed:
        if (byte !== lineFeed) return 'a chunk size has a CR without LF';
        this.#state = inData;
        if (this.#left === 0) {
          this.#trailers = new Trailers(this.#forbidden);
          this.#state = inTrailers;
        }
        return undefined;
      case atDataReturn:
        if (byte !== carriageReturn) return 'a chunk is longer than its size';
        this.#state = atDataLineFeed;
        return undefined;
      default:
        if (byte !== lineFeed) return 'a chunk is longer than its size';
        this.#state = atSize;
        return undefined;
    }
  }

  #readSize(byte: number): string | undefined {
    const value = hexValues[byte];
    if (this.#state === atSize) {
      if (value === 255) return 'a chunk has no hexadecimal size';
      this.#state = inSize;
      this.#left = value;
      this.#digits = 1;
      return undefined;
    }
    if (value !== 255) {
      this.#digits++;
      this.#left = this.#left * 16 + value;
      return this.#digits > chunkSizeDigitsMax || this.#left > Number.MAX_SAFE_INTEGER
        ? 'a chunk size is too large'
        : undefined;
    }
    if (byte === carriageReturn) this.#state = atSizeLineFeed;
    else if (byte === semicolon) this.#state = inExtension;
    else return 'a chunk size is followed by a character that is not allowed';
    return undefined;
  }
}
