import type { PathMatched, RequestRedirect } from '@doorward/core';
import { isFieldValue, latin1OfText, type Http2RequestHead } from '@doorward/http';
import { type Answer, unexpected } from './answers.js';

/** The answer of a redirect; `undefined` when it would lead to where the request already is. */
export const redirect = (
  filter: RequestRedirect,
  head: Http2RequestHead,
  pathMatch: PathMatched,
): Answer | undefined => {
  const scheme = filter.scheme ?? head.scheme ?? 'http';
  const authority = authorityOf(filter, head.authority, head.scheme ?? 'http', scheme);
  if (authority === undefined) return unexpected('invalid redirect: the request names no authority');
  const target = targetOf(filter, head.path, pathMatch);
  if (target === undefined) {
    return unexpected('invalid redirect: redirects may only replace the path prefix when a path prefix match applied');
  }
  const location = latin1OfText(`${scheme}://${authority}`) + target;
  if (location === `${head.scheme ?? 'http'}://${head.authority ?? ''}${head.path}`) return undefined;
  if (!target.startsWith('/') || !isFieldValue(location) || location.includes(' ')) {
    return unexpected('invalid redirect: the location is no URI');
  }
  return {
    status: filter.status ?? 301,
    grpcStatus: 5,
    message: 'redirected',
    logMessage: `request redirected to ${location}`,
    closes: false,
    location,
  };
};

const authorityOf = (
  { host, port }: RequestRedirect,
  requested: string | undefined,
  requestScheme: string,
  scheme: string,
): string | undefined => {
  if (host !== undefined && port !== undefined) return `${host}:${port}`;
  if (host === undefined && port === undefined) return requested;
  const split = requested === undefined ? undefined : splitPort(requested);
  if (host !== undefined) {
    const kept = split?.port;
    return kept === undefined || kept === defaultPort(requestScheme) ? host : `${host}:${kept}`;
  }
  if (split === undefined) return undefined;
  return port === defaultPort(scheme) ? split.host : `${split.host}:${port}`;
};

/** The port is what follows the last colon outside of an IPv6 address's brackets. */
const splitPort = (authority: string): { host: string; port: number | undefined } => {
  const colon = authority.lastIndexOf(':');
  if (colon === -1 || colon < authority.lastIndexOf(']')) return { host: authority, port: undefined };
  const digits = authority.slice(colon + 1);
  return { host: authority.slice(0, colon), port: digits === '' ? undefined : Number(digits) };
};

const defaultPort = (scheme: string): number | undefined =>
  scheme === 'http' ? 80 : scheme === 'https' ? 443 : undefined;

/** Path and query; `undefined` when a prefix is to be replaced that did not match. */
const targetOf = ({ path }: RequestRedirect, requested: string, pathMatch: PathMatched): string | undefined => {
  if (path === undefined) return requested;
  const value = latin1OfText(path.value);
  if (path.kind === 'full') return value;
  if (pathMatch.kind !== 'prefix') return undefined;
  const mark = requested.indexOf('?');
  const original = mark === -1 ? requested : requested.slice(0, mark);
  const query = mark === -1 ? '' : requested.slice(mark);
  // The match is on the normalised path; where the bytes begin otherwise there is no remainder to keep.
  if (!original.startsWith(pathMatch.path)) return undefined;
  const rest = original.slice(pathMatch.path.length).replace(/^\//, '');
  const base = value.endsWith('/') ? value.slice(0, -1) : value;
  return `${rest === '' ? value : `${base}/${rest}`}${query}`;
};
