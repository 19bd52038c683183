import { hostEnd } from './authority.js';
import { Field } from './field-name.js';
import type { FieldSection } from './field-section.js';
import { declaredFraming } from './framing.js';
import { type Framing, Head, noBody } from './head.js';
import { Refusal } from './refusal.js';
import { readTarget, type RequestTarget } from './request-target.js';

/** The head of a request that is safe to forward. */
export class RequestHead extends Head {
  #path: string | undefined;
  #framing: Framing = noBody;

  private constructor(
    bytes: Buffer,
    minorVersion: 0 | 1,
    section: FieldSection,
    readonly method: string,
    readonly target: RequestTarget,
  ) {
    super(bytes, minorVersion, section);
  }

  /** Put a head together from its well-formed parts, or refuse what contradicts itself. */
  static from(
    bytes: Buffer,
    minorVersion: 0 | 1,
    section: FieldSection,
    method: string,
    targetStart: number,
    targetEnd: number,
  ): RequestHead | Refusal {
    const target = readTarget(bytes, targetStart, targetEnd, method);
    if (typeof target === 'string') return new Refusal(400, target);
    const head = new RequestHead(bytes, minorVersion, section, method, target);
    const host = checkHost(head, section.repeated);
    if (host !== undefined) return new Refusal(400, host);
    const framing = declaredFraming(head, section.repeated);
    if (framing instanceof Refusal) return framing;
    if (method === 'CONNECT') {
      if (minorVersion === 0) return new Refusal(400, 'CONNECT in HTTP/1.0');
      // A tunnel begins where the head ends; a reader that saw a body there would disagree (RFC 9110 §9.3.6).
      if (framing !== undefined) return new Refusal(400, 'CONNECT with a body');
    }
    head.#framing = framing ?? noBody;
    return head;
  }

  /** Never `until-close`: a request always says where it ends. */
  get framing(): Framing {
    return this.#framing;
  }

  /** As the client wrote it, one character a byte (latin-1), without the query; `/` when a URI has none; empty for CONNECT. */
  get path(): string {
    if (this.#path === undefined) {
      const { form, pathStart, pathEnd } = this.target;
      const empty = form === 'authority' ? '' : '/';
      this.#path = pathStart === pathEnd ? empty : this.bytes.toString('latin1', pathStart, pathEnd);
    }
    return this.#path;
  }

  /** Without the `?`, one character a byte; absent when there is none. */
  get query(): string | undefined {
    const { pathEnd, end } = this.target;
    return pathEnd === end ? undefined : this.bytes.toString('latin1', pathEnd + 1, end);
  }

  /** Host and port: of the target if it names them, else of `Host`; absent when neither does (HTTP/1.0 only). */
  get authority(): string | undefined {
    const { authorityStart, authorityEnd } = this.target;
    if (authorityStart !== authorityEnd) return this.bytes.toString('latin1', authorityStart, authorityEnd);
    const index = this.indexOf(Field.host);
    return index === -1 ? undefined : this.bytes.toString('latin1', this.valueStart(index), this.valueEnd(index));
  }

  /** Whether the client is willing to send another request on this connection (RFC 9112 §9.3). */
  get keepAlive(): boolean {
    return !this.saysClose && (this.minorVersion === 1 || this.saysKeepAlive);
  }

  /**
   * What the client would like to switch to, in lower case; empty when it doesn't. HTTP itself is left out (`h2c`, `HTTP/2.0`):
   * behind such a switch requests would go unseen (docs/spec/data-plane.md §6.1).
   */
  get upgrades(): readonly string[] {
    if (!this.saysUpgrade || this.minorVersion === 0) return [];
    const wishes: string[] = [];
    for (let index = 0; index < this.count; index++) {
      if (this.field(index) === Field.upgrade) wishes.push(...this.listItems(index));
    }
    return wishes.some(isHttp) ? [] : wishes;
  }

  /** Whether the client may wait for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
  get expectsContinue(): boolean {
    return (
      (this.seen & Field.expect) !== 0 &&
      this.minorVersion === 1 &&
      this.framing.kind !== 'none' &&
      this.values('expect').some((value) => value.toLowerCase() === '100-continue')
    );
  }
}

/** Whether an upgrade token means some HTTP. */
export function isHttp(token: string): boolean {
  return token.startsWith('http') || token.startsWith('h2') || token.startsWith('h3');
}

/** RFC 9112 §3.2: exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0, and the same as in an absolute target. */
function checkHost(head: RequestHead, repeated: number): string | undefined {
  const index = head.indexOf(Field.host);
  if (index === -1) return head.minorVersion === 1 ? 'no Host header' : undefined;
  if ((repeated & Field.host) !== 0) return 'more than one Host header';
  const start = head.valueStart(index);
  const end = head.valueEnd(index);
  const host = start < end ? hostEnd(head.bytes, start, end) : -1;
  if (host === -1) return 'the Host header is not valid';
  const { target } = head;
  if (target.authorityStart === target.authorityEnd) return undefined;
  // The decision is made for the target's host, but applications read the Host header: they have to be the same.
  const targetHost = hostEnd(head.bytes, target.authorityStart, target.authorityEnd);
  const samePort =
    port(head, targetHost, target.authorityEnd, target.defaultPort) === port(head, host, end, target.defaultPort) ||
    // Clients leave the port out of the Host of a CONNECT.
    (target.form === 'authority' && host === end);
  return samePort && text(head, target.authorityStart, targetHost) === text(head, start, host)
    ? undefined
    : 'the target and the Host header name different hosts';
}

const text = (head: Head, start: number, end: number): string =>
  head.bytes.toString('latin1', start, end).toLowerCase();

/** The port between the end of the host and the end of the authority. */
const port = (head: Head, hostEnd: number, end: number, otherwise: number): number =>
  hostEnd === end ? otherwise : Number(text(head, hostEnd + 1, end));
