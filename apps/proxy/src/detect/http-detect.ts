/**
 * Whether the first bytes of a connection begin like HTTP.
 *
 * Linkerd's proxy judges one read and hands everything it cannot parse to the application as opaque bytes, past every route
 * rule (docs/spec/data-plane.md §2.4). Here what begins like HTTP is HTTP, malformed or not, and however it is cut into
 * segments: the strict parser then answers 400. Known differences are listed in docs/compatibility.md.
 */

export type HttpVerdict = 'http1' | 'http2' | 'not-http' | 'undecided';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** A request line longer than this is refused by the HTTP/1 parser too, so there is no use in waiting for its end. */
export const detectBytesMax = 65_536;

const registeredMethod = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) /;
const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const tokenPrefix = new RegExp(`^${token}(?: |$)`);
const tokenAndSpace = new RegExp(`^${token} `);
const version = /http\//i;
/** No server takes a line that begins otherwise for a request. TLS does, and names `http/1.1` further on. */
const printable = /^[\t\x20-\x7e]/;

/** `bytes`: all that has arrived so far, at least one byte. */
export function detectHttp(bytes: Buffer): HttpVerdict {
  const shared = Math.min(bytes.length, preface.length);
  if (bytes.subarray(0, shared).equals(preface.subarray(0, shared))) {
    return shared === preface.length ? 'http2' : 'undecided';
  }
  const start = afterBlankLines(bytes);
  const end = bytes.indexOf(0x0a, start);
  const line = bytes.subarray(start, end === -1 ? bytes.length : end).toString('latin1');
  if (line !== '' && !printable.test(line)) return 'not-http';
  if (registeredMethod.test(line) || version.test(line)) return 'http1';
  if (end !== -1) return 'not-http';
  // Applications take longer request lines than we are willing to hold: these must not be a way past the route rules.
  if (bytes.length >= detectBytesMax) return line === '' || tokenPrefix.test(line) ? 'http1' : 'not-http';
  // Behind a method's space the target may have any byte, and the version is yet to come.
  return isText(line) || tokenAndSpace.test(line) ? 'undecided' : 'not-http';
}

/**
 * What to make of bytes that were still undecided when the time was up. What could yet become a request is handled as one:
 * otherwise a client that sends one letter and waits would get past the route rules.
 */
export function detectHttpAtTimeout(bytes: Buffer): 'http1' | 'http2' | 'not-http' {
  const verdict = detectHttp(bytes);
  if (verdict !== 'undecided') return verdict;
  if (bytes.length >= 4 && preface.subarray(0, bytes.length).equals(bytes)) return 'http2';
  const line = bytes.subarray(afterBlankLines(bytes)).toString('latin1');
  return line === '' || tokenPrefix.test(line) ? 'http1' : 'not-http';
}

/** RFC 9112 §2.2 lets a server skip blank lines before the request line. */
function afterBlankLines(bytes: Buffer): number {
  let start = 0;
  while (start < bytes.length && (bytes[start] === 0x0d || bytes[start] === 0x0a)) start++;
  return start;
}

/** Printable ASCII, or the CR of a line end that is being waited for. */
function isText(line: string): boolean {
  return /^[\t\x20-\x7e]*\r?$/.test(line);
}
