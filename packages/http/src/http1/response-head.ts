import type { FieldSection } from './field-section.js';
import { declaredFraming } from './framing.js';
import { type Framing, Head, noBody, untilCloseBody } from './head.js';
import { Refusal } from './refusal.js';

/** The head of a response. Its framing also depends on the request it answers. */
export class ResponseHead extends Head {
  readonly status: number;
  #declared: Framing | undefined;

  private constructor(bytes: Buffer, minorVersion: 0 | 1, section: FieldSection, status: number) {
    super(bytes, minorVersion, section);
    this.status = status;
  }

  static from(bytes: Buffer, minorVersion: 0 | 1, section: FieldSection, status: number): ResponseHead | Refusal {
    const head = new ResponseHead(bytes, minorVersion, section, status);
    // A 1xx or 204 has no body whatever it declares (RFC 9112 §6.3), so its lengths can't contradict anything.
    if (status >= 200 && status !== 204) {
      const framing = declaredFraming(head, section.repeated);
      if (framing instanceof Refusal) return framing;
      head.#declared = framing;
    }
    return head;
  }

  /** 1xx: the real answer is still to come; but 101 is the last head of its connection. */
  get interim(): boolean {
    return this.status < 200 && this.status !== 101;
  }

  /** RFC 9112 §6.3: how the body ends when the request was made with `method`. */
  framing(method: string): Framing {
    const { status } = this;
    if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return noBody;
    if (method === 'CONNECT' && status < 300) return noBody;
    return this.#declared ?? untilCloseBody;
  }

  /** Whether the sender keeps the connection open after this response (RFC 9112 §9.3). */
  get keepAlive(): boolean {
    return !this.saysClose && (this.minorVersion === 1 || this.saysKeepAlive);
  }
}
