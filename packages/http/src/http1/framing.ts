import { equalsIgnoringCase } from './characters.js';
import { Field } from './field-name.js';
import { chunkedBody, type Framing, type Head, noBody } from './head.js';
import { Refusal } from './refusal.js';

/**
 * The framing that a head declares. RFC 9112 §6.3 tells a lenient reader how to repair contradictory lengths; two readers that
 * repair differently are a smuggling attack, so whatever would need repair is refused here.
 */
export function declaredFraming(head: Head, repeated: number): Framing | undefined | Refusal {
  const lengths = Field.contentLength | Field.transferEncoding;
  if ((head.seen & lengths) === 0) return undefined;
  if ((head.seen & lengths) === lengths) return new Refusal(400, 'both content-length and transfer-encoding');
  if ((head.seen & Field.transferEncoding) !== 0) {
    if (head.minorVersion === 0) return new Refusal(400, 'transfer-encoding in HTTP/1.0');
    if ((repeated & Field.transferEncoding) !== 0) return new Refusal(400, 'more than one transfer-encoding');
    const index = head.indexOf(Field.transferEncoding);
    return equalsIgnoringCase(head.bytes, head.valueStart(index), head.valueEnd(index), 'chunked')
      ? chunkedBody
      : new Refusal(400, 'a transfer coding other than a single `chunked`');
  }
  if ((repeated & Field.contentLength) !== 0) return new Refusal(400, 'more than one content-length');
  const index = head.indexOf(Field.contentLength);
  const length = decimal(head.bytes, head.valueStart(index), head.valueEnd(index));
  if (length === undefined) return new Refusal(400, 'content-length is not a plain decimal number');
  return length === 0 ? noBody : { kind: 'content-length', length };
}

/**
 * Digits only, no sign, no list, no leading zero (some readers take those for octal), and exactly representable: 16 digits at
 * most.
 */
function decimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  const digits = end - start;
  if (digits < 1 || digits > 16 || (digits > 1 && bytes[start] === 0x30)) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
