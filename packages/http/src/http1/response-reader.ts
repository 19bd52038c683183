import { carriageReturn, fieldValueBytes, lineFeed, space } from './characters.js';
import { FieldSection } from './field-section.js';
import { HeadReader } from './head-reader.js';
import { reasonLengthMax } from './limits.js';
import { Refusal } from './refusal.js';
import { ResponseHead } from './response-head.js';

const inVersion = 0;
const inStatus = 1;
const afterStatus = 2;
const inReason = 3;
const atLineFeed = 4;
const inFields = 5;

const version = Buffer.from('HTTP/1.x ', 'latin1');
const minorAt = 7;
const statusEnd = version.length + 3;

/** Reads response heads (RFC 9112 §4) as strictly as request heads, but for a missing space before an empty reason. */
export class ResponseReader extends HeadReader<ResponseHead> {
  #state = inVersion;
  #position = 0;
  #status = 0;
  #section: FieldSection | undefined;
  #end = 0;

  protected scan(bytes: Buffer, end: number): ResponseHead | Refusal | undefined {
    let at = this.#position;
    if (this.#state === inVersion) {
      for (; at < version.length; at++) {
        if (at === end) return this.#wait(at);
        const byte = bytes[at];
        if (at === minorAt ? byte !== 0x30 && byte !== 0x31 : byte !== version[at]) {
          return new Refusal(400, 'the response does not begin with HTTP/1.0 or HTTP/1.1');
        }
      }
      this.#state = inStatus;
    }
    if (this.#state === inStatus) {
      for (; at < statusEnd; at++) {
        if (at === end) return this.#wait(at);
        const digit = bytes[at] - 0x30;
        if (digit < 0 || digit > 9) return new Refusal(400, 'the response has no valid status');
        this.#status = this.#status * 10 + digit;
      }
      if (this.#status < 100) return new Refusal(400, 'the response has no valid status');
      this.#state = afterStatus;
    }
    if (this.#state === afterStatus) {
      if (at === end) return this.#wait(at);
      if (bytes[at] !== space && bytes[at] !== carriageReturn) {
        return new Refusal(400, 'the status is not followed by a space');
      }
      this.#state = bytes[at] === space ? inReason : atLineFeed;
      at++;
    }
    if (this.#state === inReason) {
      const limit = statusEnd + reasonLengthMax;
      while (at < end && at <= limit && fieldValueBytes[bytes[at]] === 1) at++;
      if (at > limit) return new Refusal(431, `a reason longer than ${reasonLengthMax} bytes`);
      if (at === end) return this.#wait(at);
      if (bytes[at] !== carriageReturn) return new Refusal(400, 'the status line does not end in CR LF');
      at++;
      this.#state = atLineFeed;
    }
    if (this.#state === atLineFeed) {
      if (at === end) return this.#wait(at);
      if (bytes[at] !== lineFeed) return new Refusal(400, 'the status line does not end in CR LF');
      this.#section = new FieldSection(at + 1);
      this.#state = inFields;
    }
    const section = this.#section;
    if (section === undefined) return this.#wait(at);
    const complete = section.read(bytes, end);
    if (complete instanceof Refusal) return complete;
    if (!complete) return this.#wait(at);
    this.#end = section.position;
    return ResponseHead.from(
      this.#end === bytes.length ? bytes : bytes.subarray(0, this.#end),
      bytes[minorAt] === 0x30 ? 0 : 1,
      section,
      this.#status,
    );
  }

  protected restart(): number {
    const length = this.#end;
    this.#state = inVersion;
    this.#position = 0;
    this.#status = 0;
    this.#section = undefined;
    this.#end = 0;
    return length;
  }

  #wait(at: number): undefined {
    this.#position = at;
    return undefined;
  }
}
