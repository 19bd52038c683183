import { checkField, contentLengthOf, type FieldProblem, type Http2Field, isToken } from './header-list.js';

/** The head of a request that keeps RFC 9113 §8.3.1. */
export interface Http2RequestHead {
  readonly method: string;
  /** Absent for CONNECT. */
  readonly scheme: string | undefined;
  /** As it was sent, with the query; empty for CONNECT. */
  readonly path: string;
  /** `:authority`, else `host`, else absent. */
  readonly authority: string | undefined;
  readonly contentLength: number | undefined;
  /** All of it, pseudo-headers first. */
  readonly fields: readonly Http2Field[];
}

export type RequestHeadResult =
  | { readonly kind: 'request'; readonly head: Http2RequestHead }
  | Exclude<FieldProblem, { kind: 'ok' }>;

const scheme = /^[A-Za-z][A-Za-z0-9+.-]*$/;
/**
 * RFC 3986 with what clients really send besides (`{`, `|`, `^`, backslash, bytes of UTF-8). Not a space or control, not `"<>`, and no `#`: a
 * fragment is never part of a request (RFC 9113 §8.3.1), and an application may cut it off after we have decided on the whole.
 */
const path = /^(?:\/[\x21\x24-\x3b\x3d\x3f-\x7e\x80-\xff]*|\*)$/;
/** `host[:port]`. No user information (RFC 9113 §8.3.1), no delimiter that would make another part of a URI of the rest. */
const authority = /^(?:\[[0-9A-Fa-f:.vV]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::[0-9]{0,5})?$/;

/**
 * Check a request's header list: what breaks a rule is malformed and must not be forwarded, because the application may read it
 * in another way than we did.
 */
export const readRequestHead = (fields: readonly Http2Field[]): RequestHeadResult => {
  const pseudo = new Map<string, string>();
  let host: string | undefined;
  let regularSeen = false;
  for (const { name, value } of fields) {
    if (name.startsWith(':')) {
      if (regularSeen) return bad(`pseudo-header \`${shown(name)}\` after a regular header`);
      if (!requestPseudo.has(name)) return bad(`pseudo-header \`${shown(name)}\` in a request`);
      if (pseudo.has(name)) return bad(`pseudo-header \`${name}\` twice`);
      pseudo.set(name, value);
      continue;
    }
    regularSeen = true;
    const problem = checkField(name, value);
    if (problem.kind !== 'ok') return problem;
    if (name === 'host') {
      if (host !== undefined) return bad('header `host` twice');
      host = value;
    }
  }

  const method = pseudo.get(':method');
  if (method === undefined) return bad('no `:method`');
  if (!isToken(method)) return bad('`:method` is not a token');
  const named = pseudo.get(':authority');
  if (named !== undefined && !authority.test(named)) return bad('`:authority` is not `host[:port]`');
  if (host !== undefined && !authority.test(host)) return bad('`host` is not `host[:port]`');
  // RFC 9113 §8.3.1: they must name the same; else we would decide for one host and the application serve another.
  if (named !== undefined && host !== undefined && named.toLowerCase() !== host.toLowerCase())
    return bad('`:authority` and `host` differ');

  const contentLength = contentLengthOf(fields);
  if (contentLength === 'invalid') return bad('`content-length` is not one number');
  const rest = { method, authority: named ?? host, contentLength, fields };

  if (method === 'CONNECT') {
    // RFC 9113 §8.5.
    if (pseudo.has(':scheme') || pseudo.has(':path')) return bad('CONNECT with `:scheme` or `:path`');
    if (named === undefined) return bad('CONNECT without `:authority`');
    return { kind: 'request', head: { ...rest, scheme: undefined, path: '' } };
  }
  const schemeGiven = pseudo.get(':scheme');
  if (schemeGiven === undefined) return bad('no `:scheme`');
  if (!scheme.test(schemeGiven)) return bad('`:scheme` is not a scheme');
  const pathGiven = pseudo.get(':path');
  if (pathGiven === undefined) return bad('no `:path`');
  if (!path.test(pathGiven)) return bad('`:path` does not begin with `/` or has characters that are not allowed');
  if (pathGiven === '*' && method !== 'OPTIONS') return bad('`:path` is `*` without OPTIONS');
  return { kind: 'request', head: { ...rest, scheme: schemeGiven, path: pathGiven } };
};

/** `:protocol` (RFC 8441) is not among them: extended CONNECT is not announced (docs/spec/data-plane.md §6.4). */
const requestPseudo: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority']);

const bad = (message: string): Exclude<FieldProblem, { kind: 'ok' }> => ({
  kind: 'malformed',
  upperCase: false,
  message,
});

/** A name from the network in a message for people: no controls, not long. */
const shown = (name: string): string => name.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 40);
