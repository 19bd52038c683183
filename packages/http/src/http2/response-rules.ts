import { checkField, contentLengthOf, type FieldProblem, type Http2Field } from './header-list.js';

/** The head of a response that keeps RFC 9113 §8.3.2. */
export interface Http2ResponseHead {
  readonly status: number;
  /** 1xx: the final head is still to come. */
  readonly informational: boolean;
  readonly hasDate: boolean;
  readonly contentLength: number | undefined;
  readonly fields: readonly Http2Field[];
}

export type ResponseHeadResult =
  | { readonly kind: 'response'; readonly head: Http2ResponseHead }
  | Exclude<FieldProblem, { kind: 'ok' }>;

export const readResponseHead = (fields: readonly Http2Field[]): ResponseHeadResult => {
  let status: string | undefined;
  let regularSeen = false;
  let hasDate = false;
  for (const { name, value } of fields) {
    if (name.startsWith(':')) {
      if (name !== ':status') return bad('pseudo-header other than `:status` in a response');
      if (regularSeen) return bad('`:status` after a regular header');
      if (status !== undefined) return bad('`:status` twice');
      status = value;
      continue;
    }
    regularSeen = true;
    const problem = checkField(name, value);
    if (problem.kind !== 'ok') return problem;
    hasDate ||= name === 'date';
  }
  if (status === undefined) return bad('no `:status`');
  if (!/^[1-9][0-9]{2}$/.test(status)) return bad('`:status` is not a number of three digits');
  // RFC 9113 §8.6.
  if (status === '101') return bad('`:status` is 101, which HTTP/2 does not have');
  const contentLength = contentLengthOf(fields);
  if (contentLength === 'invalid') return bad('`content-length` is not one number');
  return {
    kind: 'response',
    head: { status: Number(status), informational: status.startsWith('1'), hasDate, contentLength, fields },
  };
};

const bad = (message: string): Exclude<FieldProblem, { kind: 'ok' }> => ({
  kind: 'malformed',
  upperCase: false,
  message,
});
