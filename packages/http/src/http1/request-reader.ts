import { carriageReturn, lineFeed, space, targetBytes, tokenBytes } from './characters.js';
import { FieldSection } from './field-section.js';
import { HeadReader } from './head-reader.js';
import { methodLengthMax, targetLengthMax } from './limits.js';
import { Refusal } from './refusal.js';
import { RequestHead } from './request-head.js';

const atStart = 0;
const atBlankLineFeed = 1;
const inMethod = 2;
const inTarget = 3;
const inVersion = 4;
const inFields = 5;

/** What follows the target; the place of the minor version is checked by itself. */
const versionLine = Buffer.from('HTTP/1.x\r\n', 'latin1');
const minorAt = 7;

const methods = ['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT'] as const;
const knownMethods = methods.map((method) => ({ method, bytes: Buffer.from(method, 'latin1') }));

/** Reads request heads (RFC 9112 §3), strictly: CR LF only, single spaces, HTTP/1.0 and HTTP/1.1 only. */
export class RequestReader extends HeadReader<RequestHead> {
  #state = atStart;
  #position = 0;
  #start = 0;
  #target = 0;
  #version = 0;
  #section: FieldSection | undefined;
  #end = 0;

  protected scan(bytes: Buffer, end: number): RequestHead | Refusal | undefined {
    let at = this.#position;
    if (this.#state === atStart) {
      if (at === end) return undefined;
      // RFC 9112 §2.2: one empty line before the request line is forgiven; it is not forwarded.
      if (bytes[at] === carriageReturn) {
        at++;
        this.#state = atBlankLineFeed;
      } else {
        this.#state = inMethod;
      }
    }
    if (this.#state === atBlankLineFeed) {
      if (at === end) return this.#wait(at);
      if (bytes[at] !== lineFeed) return new Refusal(400, 'a CR without LF before the request line');
      at++;
      this.#start = at;
      this.#state = inMethod;
    }
    if (this.#state === inMethod) {
      const limit = this.#start + methodLengthMax;
      while (at < end && at <= limit && tokenBytes[bytes[at]] === 1) at++;
      if (at > limit) return new Refusal(400, `a method longer than ${methodLengthMax} characters`);
      if (at === end) return this.#wait(at);
      if (at === this.#start || bytes[at] !== space) return new Refusal(400, 'the request line has no valid method');
      at++;
      this.#target = at;
      this.#state = inTarget;
    }
    if (this.#state === inTarget) {
      const limit = this.#target + targetLengthMax;
      while (at < end && at <= limit && targetBytes[bytes[at]] === 1) at++;
      if (at > limit) return new Refusal(414, `a target longer than ${targetLengthMax} bytes`);
      if (at === end) return this.#wait(at);
      if (at === this.#target) return new Refusal(400, 'the request line has no target');
      if (bytes[at] !== space) return badTarget(bytes[at]);
      at++;
      this.#version = at;
      this.#state = inVersion;
    }
    if (this.#state === inVersion) {
      const stop = this.#version + versionLine.length;
      for (; at < stop; at++) {
        if (at === end) return this.#wait(at);
        const offset = at - this.#version;
        const byte = bytes[at];
        const fits = offset === minorAt ? byte === 0x30 || byte === 0x31 : byte === versionLine[offset];
        if (!fits) {
          return new Refusal(
            400,
            offset <= minorAt ? 'not HTTP/1.0 or HTTP/1.1' : 'the request line does not end in CR LF after the version',
          );
        }
      }
      this.#section = new FieldSection(at);
      this.#state = inFields;
    }
    const section = this.#section;
    if (section === undefined) return this.#wait(at);
    const complete = section.read(bytes, end);
    if (complete instanceof Refusal) return complete;
    return complete ? this.#finish(bytes, section) : this.#wait(at);
  }

  protected restart(): number {
    const length = this.#end;
    this.#state = atStart;
    this.#position = 0;
    this.#start = 0;
    this.#section = undefined;
    this.#end = 0;
    return length;
  }

  #wait(at: number): undefined {
    this.#position = at;
    return undefined;
  }

  #finish(bytes: Buffer, section: FieldSection): RequestHead | Refusal {
    this.#end = section.position;
    const start = this.#start;
    const targetEnd = this.#version - 1;
    if (start !== 0) section.shift(start);
    return RequestHead.from(
      start === 0 && section.position === bytes.length ? bytes : bytes.subarray(start, this.#end),
      bytes[this.#version + minorAt] === 0x30 ? 0 : 1,
      section,
      methodText(bytes, start, this.#target - 1),
      this.#target - start,
      targetEnd - start,
    );
  }
}

function badTarget(byte: number): Refusal {
  if (byte === carriageReturn || byte === lineFeed) return new Refusal(400, 'the request line has no HTTP version');
  return new Refusal(400, 'the target holds a character that is not allowed');
}

/** The usual methods as shared strings, so that none is made for each request. */
function methodText(bytes: Buffer, start: number, end: number): string {
  for (const known of knownMethods) {
    if (known.bytes.length === end - start && bytes[start] === known.bytes[0]) {
      let same = 1;
      while (same < known.bytes.length && bytes[start + same] === known.bytes[same]) same++;
      if (same === known.bytes.length) return known.method;
    }
  }
  return bytes.toString('latin1', start, end);
}
