import { carriageReturn, colon, fieldValueBytes, lineFeed, tokenBytes } from './characters.js';
import { headerCountMax, trailerLengthMax } from './limits.js';

const atLine = 0;
const inName = 1;
const inValue = 2;
const atValueLineFeed = 3;
const atLastLineFeed = 4;
const done = 5;

/** RFC 9110 §6.5.1: what frames or routes a message is not to come behind it. Some readers merge trailers into the headers. */
const neverTrailers: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'host',
  'connection',
  'upgrade',
  'te',
  'trailer',
]);

/** The trailer section behind the last chunk, up to and with the empty line (RFC 9112 §7.1.2). */
export class Trailers {
  problem: string | undefined;
  ended = false;
  #state = atLine;
  #name = '';
  #length = 0;
  #count = 0;
  readonly #forbidden: readonly string[];

  constructor(forbidden: readonly string[]) {
    this.#forbidden = forbidden;
  }

  /** Read on from `from`: the position behind what was read. */
  read(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      this.problem = ++this.#length > trailerLengthMax ? 'too long a trailer section' : this.#readByte(chunk[at]);
      if (this.problem !== undefined) return at;
      if (this.#state === done) {
        this.ended = true;
        return at + 1;
      }
    }
    return chunk.length;
  }

  #readByte(byte: number): string | undefined {
    switch (this.#state) {
      case atLine:
        if (byte === carriageReturn) {
          this.#state = atLastLineFeed;
          return undefined;
        }
        if (tokenBytes[byte] !== 1) return 'a trailer has no valid name';
        if (++this.#count > headerCountMax) return 'too many trailers';
        this.#name = String.fromCharCode(byte);
        this.#state = inName;
        return undefined;
      case inName:
        if (tokenBytes[byte] === 1) {
          this.#name += String.fromCharCode(byte);
          return undefined;
        }
        if (byte !== colon) return 'a trailer has no valid name';
        this.#state = inValue;
        return this.#isForbidden() ? 'a trailer that has to be a header' : undefined;
      case inValue:
        if (byte === carriageReturn) this.#state = atValueLineFeed;
        else if (fieldValueBytes[byte] !== 1) return 'a trailer value holds a character that is not allowed';
        return undefined;
      case atValueLineFeed:
        this.#state = atLine;
        return byte === lineFeed ? undefined : 'a trailer has a CR without LF';
      default:
        this.#state = done;
        return byte === lineFeed ? undefined : 'a CR without LF ends the trailers';
    }
  }

  #isForbidden(): boolean {
    // Gateways that turn `-` into `_` read both spellings as one name.
    const name = this.#name.toLowerCase().replaceAll('_', '-');
    return neverTrailers.has(name) || this.#forbidden.includes(name);
  }
}
