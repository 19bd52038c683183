/**
 * Which texts may become part of an HTTP message. A controller is trusted to decide, not to be free of bugs: a line break in
 * a header that the proxy writes would be a request of its own to the application.
 */
import { ConversionError } from './conversion-error.js';

/** `token` of RFC 9110 §5.6.2: header names and methods. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Header values: no control characters but the tab. */
// oxlint-disable-next-line no-control-regex
const fieldValue = /^[^\x00-\x08\x0a-\x1f\x7f]*$/;
/** Parts of a URI that go into a `location`: neither spaces nor control characters. */
// oxlint-disable-next-line no-control-regex
const uriPart = /^[^\x00-\x20\x7f]+$/;

const encoder = new TextEncoder();
// A byte order mark is part of the value, not decoration.
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function headerName(text: string): string {
  if (!token.test(text)) throw new ConversionError('invalid HTTP header name');
  return text.toLowerCase();
}

/** Policy is Unicode; bytes that are no UTF-8 cannot come from a Kubernetes object, and are refused. */
export function headerValue(bytes: Uint8Array): string {
  let text: string;
  try {
    text = strictDecoder.decode(bytes);
  } catch {
    // The decoder's only error is the one that is told here.
    throw new ConversionError('invalid HTTP header value');
  }
  if (!fieldValue.test(text)) throw new ConversionError('invalid HTTP header value');
  return text;
}

export function headerBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function methodToken(text: string): string {
  if (!token.test(text)) throw new ConversionError('invalid HTTP method');
  return text;
}

export function isUriPart(text: string): boolean {
  return uriPart.test(text);
}
