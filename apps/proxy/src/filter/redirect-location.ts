import type { HttpRequest, PathMatched, RequestRedirect } from '@doorward/core';
import { latin1OfText } from '@doorward/http';

export type Redirected =
  /** One character a byte, as everything in a request. */
  | { readonly kind: 'to'; readonly location: string }
  /** It would lead to where the request already is: the request goes on. */
  | { readonly kind: 'same' }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Where a redirect leads (docs/spec/data-plane.md §4.5). `scheme`: the request's own. */
export function redirectLocation(
  filter: RequestRedirect,
  request: HttpRequest,
  pathMatch: PathMatched,
  scheme: string,
): Redirected {
  const toScheme = filter.scheme ?? scheme;
  const authority = newAuthority(filter, request.authority, toScheme);
  if (authority === undefined) return invalid('the request names no authority');
  const query = request.query === undefined ? '' : `?${request.query}`;
  const target = newTarget(filter.path, request.path, query, pathMatch);
  if (target.kind === 'invalid') return target;
  const location = `${latin1OfText(`${toScheme}://`)}${authority}${target.target}`;
  if (location === `${scheme}://${request.authority ?? ''}${request.path}${query}`) return { kind: 'same' };
  // `*` and CONNECT's missing path cannot stand behind an authority: they would extend the host's name.
  if (!target.target.startsWith('/') || !isUriText.test(location)) return invalid('the location is no URI');
  return { kind: 'to', location };
}

/** No line end, which would begin another header, and no space: a location is one word. */
const isUriText = /^[\x21-\x7e\x80-\xff]+$/;

const invalid = (reason: string): { kind: 'invalid'; reason: string } => ({ kind: 'invalid', reason });

function newAuthority(
  { host, port }: RequestRedirect,
  current: string | undefined,
  scheme: string,
): string | undefined {
  const newHost = host === undefined ? undefined : latin1OfText(host);
  if (newHost !== undefined && port !== undefined) return `${newHost}:${port}`;
  if (newHost === undefined && port === undefined) return current;
  if (current === undefined) return newHost;
  const { host: currentHost, port: currentPort } = splitPort(current);
  const keptHost = newHost ?? currentHost;
  const keptPort = port ?? currentPort;
  return keptPort === undefined || keptPort === defaultPort(scheme) ? keptHost : `${keptHost}:${keptPort}`;
}

/** The port is what follows the colon outside of an IPv6 address's brackets. */
function splitPort(authority: string): { host: string; port: number | undefined } {
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  if (colon === -1) return { host: authority, port: undefined };
  const digits = authority.slice(colon + 1);
  return { host: authority.slice(0, colon), port: digits === '' ? undefined : Number(digits) };
}

function defaultPort(scheme: string): number | undefined {
  if (scheme === 'http') return 80;
  return scheme === 'https' ? 443 : undefined;
}

type Target = { readonly kind: 'target'; readonly target: string } | { readonly kind: 'invalid'; reason: string };

/** Path and query. */
function newTarget(replaced: RequestRedirect['path'], path: string, query: string, pathMatch: PathMatched): Target {
  if (replaced === undefined) return { kind: 'target', target: path + query };
  const value = latin1OfText(replaced.value);
  if (!value.startsWith('/')) return invalid('a replacement path does not begin with `/`');
  if (replaced.kind === 'full') return { kind: 'target', target: value };
  if (pathMatch.kind !== 'prefix') {
    return invalid('redirects may only replace the path prefix when a path prefix match applied');
  }
  const prefix = latin1OfText(pathMatch.path).replace(/\/+$/, '');
  const rest = path.slice(prefix.length);
  // The match was made on the normalised path; a path with detours in its prefix has nothing that could be cut off.
  if (!path.startsWith(prefix) || (rest !== '' && !rest.startsWith('/'))) {
    return invalid('the path does not begin with the prefix that matched');
  }
  const start = value.endsWith('/') ? value.slice(0, -1) : value;
  return { kind: 'target', target: (start + rest || '/') + query };
}
