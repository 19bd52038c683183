import { carriageReturn, colon, fieldValueBytes, lineFeed, space, tab, tokenBytes } from './characters.js';
import { fieldOf } from './field-name.js';
import { headerCountMax, headerSectionLengthMax } from './limits.js';
import { Refusal } from './refusal.js';

const atLine = 0;
const inName = 1;
const inValue = 2;
const atValueLineFeed = 3;
const atLastLineFeed = 4;

/**
 * Reads a header section byte by byte and can stop anywhere. Strict as RFC 9112 §2.2 and §5 permit: CR LF only, no folded
 * lines, no space before the colon, no control characters.
 *
 * Where the lines are is noted as numbers, three for each header: start of the name, its colon, which {@link Field} it is. No
 * object is made for a header that nobody asks for.
 */
export class FieldSection {
  /** Start, colon and field of each header. */
  lines: number[] = [];
  /** The {@link Field} bits that occur. */
  seen = 0;
  /** The {@link Field} bits that occur more than once. */
  repeated = 0;
  /** Position after the empty line, once the section is complete. */
  position: number;
  #start: number;
  #state = atLine;
  #name = 0;
  #colon = 0;

  constructor(start: number) {
    this.#start = start;
    this.position = start;
  }

  /** Move all positions, once complete: the head's own bytes begin `by` bytes later than those that were read. */
  shift(by: number): void {
    for (let i = 0; i < this.lines.length; i += 3) {
      this.lines[i] -= by;
      this.lines[i + 1] -= by;
    }
  }

  /** Read on in `bytes` up to `end`. `true`: complete; `false`: more bytes are needed. */
  read(bytes: Uint8Array, end: number): boolean | Refusal {
    const limit = this.#start + headerSectionLengthMax;
    const stop = end < limit ? end : limit;
    let at = this.position;
    for (;;) {
      if (this.#state === atLine) {
        if (at === stop) break;
        const byte = bytes[at];
        if (byte === carriageReturn) {
          at++;
          this.#state = atLastLineFeed;
        } else if (byte === space || byte === tab) {
          return new Refusal(400, 'a header line is folded or begins with a space');
        } else {
          if (this.lines.length === headerCountMax * 3) return new Refusal(431, `more than ${headerCountMax} headers`);
          this.#name = at;
          this.#state = inName;
        }
      }
      if (this.#state === atLastLineFeed) {
        if (at === stop) break;
        if (bytes[at] !== lineFeed) return new Refusal(400, 'a CR without LF ends the headers');
        this.position = at + 1;
        return true;
      }
      if (this.#state === inName) {
        while (at < stop && tokenBytes[bytes[at]] === 1) at++;
        if (at === stop) break;
        if (bytes[at] !== colon) return badName(bytes[at]);
        if (at === this.#name) return new Refusal(400, 'a header line has no name');
        this.#colon = at;
        at++;
        this.#state = inValue;
      }
      if (this.#state === inValue) {
        while (at < stop && fieldValueBytes[bytes[at]] === 1) at++;
        if (at === stop) break;
        if (bytes[at] !== carriageReturn) return badValue(bytes[at]);
        at++;
        this.#state = atValueLineFeed;
      }
      if (at === stop) break;
      if (bytes[at] !== lineFeed) return new Refusal(400, 'a header value holds a CR without LF');
      at++;
      const field = fieldOf(bytes, this.#name, this.#colon);
      this.lines.push(this.#name, this.#colon, field);
      this.repeated |= this.seen & field;
      this.seen |= field;
      this.#state = atLine;
    }
    this.position = at;
    // The section would need at least one more byte than it may have.
    return at === limit ? new Refusal(431, `more than ${headerSectionLengthMax} bytes of headers`) : false;
  }
}

function badName(byte: number): Refusal {
  if (byte === space || byte === tab) return new Refusal(400, 'a header name has a space before its colon');
  if (byte === lineFeed) return new Refusal(400, 'a line ends in LF without CR');
  if (byte === carriageReturn) return new Refusal(400, 'a header line has no colon');
  return new Refusal(400, 'a header name holds a character that is not allowed');
}

function badValue(byte: number): Refusal {
  return new Refusal(
    400,
    byte === lineFeed ? 'a line ends in LF without CR' : 'a header value holds a control character',
  );
}
