/**
 * Reading the name that a TLS client wants, without taking part in the handshake (docs/spec/data-plane.md §2.2). The bytes
 * stay with the caller, who passes them on to whoever finishes or forwards the connection.
 */
import { isDnsName } from './dns-name.js';

export type ClientHello =
  /** All bytes so far fit a ClientHello; more are needed. Never said of more than {@link longestHello} bytes. */
  | { readonly kind: 'incomplete' }
  /** No TLS, or TLS that names nobody: to the proxy the same. */
  | { readonly kind: 'not-tls' }
  /** `sni` is in lower case. `alpn` is absent when the client offers none, or nothing readable. */
  | { readonly kind: 'tls'; readonly sni: string; readonly alpn?: readonly string[] };

/** No vector of an honest hello is longer: the largest, with post-quantum key shares and tickets, are below 4 KiB. */
const longestVector = 8192;
/** Libraries send one record; some split in two to get past old middleboxes. More are only work for us. */
const mostRecords = 16;
const recordHeader = 5;
const handshakeHeader = 4;
/** The most bytes for which the answer can be `incomplete`. */
export const longestHello = handshakeHeader + longestVector + mostRecords * recordHeader;

const incomplete: ClientHello = { kind: 'incomplete' };
const notTls: ClientHello = { kind: 'not-tls' };

/**
 * Look at the first bytes of a connection. A hello may come in any number of pieces and in several records. Unlike Linkerd's
 * proxy, which waits for more bytes when it meets a contradiction inside the record, this says `not-tls` as soon as no further
 * byte could change that.
 */
export function parseClientHello(bytes: Uint8Array): ClientHello {
  const handshake = joinRecords(bytes);
  if (handshake === undefined) return notTls;
  if (handshake === 'incomplete') return incomplete;
  try {
    return readHello(new Reader(handshake));
  } catch (error) {
    if (error instanceof OutOfBounds) return notTls;
    throw error;
  }
}

/**
 * The body of the handshake message that the records carry; `undefined` when these are no records with a ClientHello in them. What
 * follows the message in its last record is not part of it: a verdict must not depend on how much of that has arrived.
 */
function joinRecords(bytes: Uint8Array): Uint8Array | 'incomplete' | undefined {
  const fragments: Uint8Array[] = [];
  let have = 0;
  let wanted: number | undefined;
  let at = 0;
  for (let records = 0; records < mostRecords; records++) {
    // Type 22 (handshake), version 3.1 or 3.3: said as soon as one of the three is wrong.
    if (at < bytes.length && bytes[at] !== 22) return undefined;
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return undefined;
    if (at + 2 < bytes.length && bytes[at + 2] !== 1 && bytes[at + 2] !== 3) return undefined;
    if (at + recordHeader > bytes.length) return 'incomplete';
    const length = uint16(bytes, at + 3);
    // Handshake records may not be empty (RFC 8446 §5.1).
    if (length === 0 || length > longestVector) return undefined;
    const fragment = bytes.subarray(at + recordHeader, at + recordHeader + length);
    fragments.push(fragment);
    have += fragment.length;
    if (wanted === undefined) {
      const head = have >= handshakeHeader ? Buffer.concat(fragments) : fragments[0];
      // ClientHello is type 1, its length has 24 bits.
      if (head?.[0] !== undefined && head[0] !== 1) return undefined;
      if (head?.[1] !== undefined && fragments.length === 1 && head[1] !== 0) return undefined;
      if (head !== undefined && have >= handshakeHeader) {
        const body = uint16(head, 2);
        if (head[1] !== 0 || body > longestVector) return undefined;
        wanted = handshakeHeader + body;
      }
    }
    if (wanted !== undefined && have >= wanted) return Buffer.concat(fragments).subarray(handshakeHeader, wanted);
    if (fragment.length < length) return 'incomplete';
    at += recordHeader + length;
  }
  return undefined;
}

function readHello(hello: Reader): ClientHello {
  if (hello.uint16() !== 0x0303) return notTls;
  hello.take(32); // random
  hello.take(hello.uint8()); // session id
  hello.take(hello.length16()); // cipher suites
  hello.take(hello.uint8()); // compression methods
  // Without extensions there is no name.
  const extensions = hello.atEnd ? hello : hello.inner(hello.length16());
  let sni: string | undefined;
  let alpn: readonly string[] | undefined;
  while (!extensions.atEnd) {
    const type = extensions.uint16();
    const body = extensions.inner(extensions.length16());
    if (type === 0 && sni === undefined) {
      sni = serverName(body);
      if (sni === undefined) return notTls;
    } else if (type === 16 && alpn === undefined) {
      alpn = protocols(body);
    }
  }
  if (sni === undefined) return notTls;
  return alpn === undefined ? { kind: 'tls', sni } : { kind: 'tls', sni, alpn };
}

/** Only the first entry is looked at, and only a host name counts. */
function serverName(body: Reader): string | undefined {
  const list = body.inner(body.length16());
  if (list.uint8() !== 0) return undefined;
  const name = Buffer.from(list.take(list.length16())).toString('latin1');
  return isDnsName(name) ? name.toLowerCase() : undefined;
}

/** A list that cannot be read is none: whether that matters is for the handshake to say. */
function protocols(body: Reader): readonly string[] | undefined {
  try {
    const list = body.inner(body.length16());
    const names: string[] = [];
    while (!list.atEnd) names.push(Buffer.from(list.take(list.uint8())).toString('latin1'));
    return names;
  } catch (error) {
    if (error instanceof OutOfBounds) return undefined;
    throw error;
  }
}

class OutOfBounds extends Error {}

/** Takes bytes from the front of a complete message; a length that points past its end is an error. */
class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new OutOfBounds();
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  inner(length: number): Reader {
    return new Reader(this.take(length));
  }

  uint8(): number {
    return this.take(1)[0] ?? 0;
  }

  uint16(): number {
    return uint16(this.take(2), 0);
  }

  length16(): number {
    const length = this.uint16();
    if (length > longestVector) throw new OutOfBounds();
    return length;
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
