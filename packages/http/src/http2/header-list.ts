/**
 * A decoded header list. Strings hold one byte a character (Latin-1), so that whatever arrived can be written again unchanged.
 */
export interface Http2Field {
  readonly name: string;
  readonly value: string;
  /** The sender asked that no hop compress it (RFC 7541 §6.2.3): kept when it is encoded again. */
  readonly neverIndexed: boolean;
}

export const http2Field = (name: string, value: string): Http2Field => ({ name, value, neverIndexed: false });

/** What a field counts for in MAX_HEADER_LIST_SIZE and in the dynamic table (RFC 7541 §4.1). */
export const fieldSize = (name: string, value: string): number => name.length + value.length + 32;

export type FieldProblem =
  | { readonly kind: 'ok' }
  /** RFC 9113 §8.1.1: a stream error. `upperCase` is told apart because Linkerd's proxy ends the connection (docs/spec/data-plane.md §6.7). */
  | { readonly kind: 'malformed'; readonly upperCase: boolean; readonly message: string };

export const ok: FieldProblem = { kind: 'ok' };

export const malformed = (message: string, upperCase = false): FieldProblem => ({
  kind: 'malformed',
  upperCase,
  message,
});

const lowerToken = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const anyToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5: no controls but tab, and neither space nor tab at the ends (RFC 9113 §8.2.1). Latin-1 bytes are allowed. */
const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

export const isToken = (text: string): boolean => anyToken.test(text);
export const isLowerCaseToken = (text: string): boolean => lowerToken.test(text);
export const isFieldValue = (text: string): boolean => fieldValue.test(text);

/** RFC 9113 §8.2.2: fields about one HTTP/1 connection have no meaning here, and mislead whoever translates back. */
const connectionSpecific: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a field may only be spoken on HTTP/1. */
export const isConnectionSpecific = (name: string): boolean => connectionSpecific.has(name);

/** RFC 9113 §8.2 for one regular field (no pseudo-header). */
export const checkField = (name: string, value: string): FieldProblem => {
  if (!isLowerCaseToken(name)) {
    const upperCase = isToken(name);
    return malformed(
      upperCase ? 'header name with upper-case letters' : 'header name with characters that are not allowed',
      upperCase,
    );
  }
  if (!isFieldValue(value)) return malformed(`value of \`${name}\` with characters that are not allowed`);
  if (connectionSpecific.has(name)) return malformed(`connection-specific header \`${name}\``);
  if (name === 'te' && value !== 'trailers') return malformed('`te` with another value than `trailers`');
  return ok;
};

/** Trailers: regular fields only (RFC 9113 §8.1). */
export const checkTrailers = (fields: readonly Http2Field[]): FieldProblem => {
  for (const { name, value } of fields) {
    if (name.startsWith(':')) return malformed(`pseudo-header \`${name}\` in trailers`);
    const problem = checkField(name, value);
    if (problem.kind !== 'ok') return problem;
  }
  return ok;
};

/** Bytes as a string of one byte a character; for text that is not from the network (header values of a policy). */
export const latin1OfText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/**
 * `content-length` of a head: `undefined` when absent, `'invalid'` when it is no number or given more than once — equal values too, because
 * whoever reads the forwarded bytes may not read them as we do.
 */
export const contentLengthOf = (fields: readonly Http2Field[]): number | undefined | 'invalid' => {
  let found: number | undefined;
  for (const { name, value } of fields) {
    if (name !== 'content-length') continue;
    // 15 digits stay exact in a double and are far above any real body.
    if (found !== undefined || !/^[0-9]{1,15}$/.test(value)) return 'invalid';
    found = Number(value);
  }
  return found;
};
