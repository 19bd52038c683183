import type { Head } from './head.js';
import type { RequestHead } from './request-head.js';

/** Frames the message or says whom it is for: no `connection` header and no list of names may take these away. */
const protectedNames: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'host']);

/**
 * What is to be different in a forwarded head. Where nothing is, the original bytes go out; what is appended stands before the
 * empty line; nothing is re-encoded.
 */
export class HeadEdit {
  #dropFields = 0;
  #dropNames: string[] | undefined;
  #appended: { readonly name: string; readonly value: string }[] | undefined;
  #target: string | undefined;
  #http11 = false;

  /** Leave out all headers that are one of these {@link Field} bits. */
  dropFields(fields: number): void {
    this.#dropFields |= fields;
  }

  /** Leave out every header with this name (in lower case; `_` counts as `-`), also those appended so far. */
  drop(name: string): void {
    (this.#dropNames ??= []).push(canonical(name));
    this.#appended = this.#appended?.filter((line) => canonical(line.name) !== canonical(name));
  }

  /** Leave out the headers that `connection` lists, except those that every recipient needs. */
  dropListed(names: readonly string[]): void {
    for (const name of names) if (!protectedNames.has(canonical(name))) this.drop(name);
  }

  /** Add a header at the end. Check text from elsewhere than a parsed head first: a line end in it would begin another header. */
  append(name: string, value: string): void {
    (this.#appended ??= []).push({ name, value });
  }

  /** Make `value` the only one of this header. */
  set(name: string, value: string): void {
    this.drop(name);
    this.append(name, value);
  }

  /** Requests: put another target into the request line. */
  replaceTarget(target: string): void {
    this.#target = target;
  }

  /** Responses: say HTTP/1.1 in the status line, whatever the application said. */
  sayHttp11(): void {
    this.#http11 = true;
  }

  /** The bytes to forward: the edited head, followed by `body`. */
  encodeRequest(head: RequestHead, body: Uint8Array | undefined): Buffer {
    if (this.#target === undefined) return this.#encode(head, 0, '', body);
    const { end } = head.target;
    return this.#encode(head, end, `${head.method} ${this.#target}`, body);
  }

  /** The bytes to forward: the edited head, followed by `body`. */
  encodeResponse(head: Head, body: Uint8Array | undefined): Buffer {
    return this.#http11 && head.minorVersion === 0
      ? this.#encode(head, 'HTTP/1.x'.length, 'HTTP/1.1', body)
      : this.#encode(head, 0, '', body);
  }

  /** `start` stands in the place of the first `replaced` bytes. */
  #encode(head: Head, replaced: number, start: string, body: Uint8Array | undefined): Buffer {
    const { bytes } = head;
    let extra = '';
    if (this.#appended !== undefined) for (const line of this.#appended) extra += `${line.name}: ${line.value}\r\n`;
    const drops = this.#dropNames !== undefined || (head.seen & this.#dropFields) !== 0;
    if (!drops && extra === '' && replaced === 0 && body === undefined) return bytes;
    const bodyLength = body?.length ?? 0;
    // A character of a string takes three bytes of UTF-8 at most.
    const out = Buffer.allocUnsafe(bytes.length + (start.length + extra.length) * 3 + bodyLength);
    let at = out.write(start, 0, 'utf8');
    const last = bytes.length - 2;
    let from = replaced;
    if (drops) {
      for (let index = 0; index < head.count; index++) {
        if (!this.#isDropped(head, index)) continue;
        at += bytes.copy(out, at, from, head.lineStart(index));
        from = head.lineEnd(index);
      }
    }
    at += bytes.copy(out, at, from, last);
    if (extra !== '') at += out.write(extra, at, 'utf8');
    out[at++] = 0x0d;
    out[at++] = 0x0a;
    if (body !== undefined) {
      out.set(body, at);
      at += bodyLength;
    }
    return out.subarray(0, at);
  }

  #isDropped(head: Head, index: number): boolean {
    if ((head.field(index) & this.#dropFields) !== 0) return true;
    return this.#dropNames !== undefined && this.#dropNames.includes(canonical(head.name(index)));
  }
}

/** Gateways that turn `-` into `_` read both spellings as one name, so both go. */
const canonical = (name: string): string => name.toLowerCase().replaceAll('_', '-');
