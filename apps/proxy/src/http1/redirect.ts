import type { HttpRequest, PathMatched, RequestRedirect } from '@doorward/core';

export type Redirected =
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
  if (authority === undefined) return { kind: 'invalid', reason: 'missing authority' };
  const query = request.query === undefined ? '' : `?${request.query}`;
  const target = newTarget(filter, request.path, query, pathMatch);
  if (target === undefined) {
    return {
      kind: 'invalid',
      reason: 'redirects may only replace the path prefix when a path prefix match applied',
    };
  }
  const location = `${toScheme}://${authority}${target}`;
  return location === `${scheme}://${request.authority ?? ''}${request.path}${query}`
    ? { kind: 'same' }
    : { kind: 'to', location };
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

function newAuthority(filter: RequestRedirect, current: string | undefined, scheme: string): string | undefined {
  const { host, port } = filter;
  if (host !== undefined && port !== undefined) return `${host}:${port}`;
  if (current === undefined) return host;
  if (host === undefined && port === undefined) return current;
  // A `:` inside `[…]` belongs to the address.
  const colon = current.indexOf(':', current.lastIndexOf(']') + 1);
  const currentHost = colon === -1 ? current : current.slice(0, colon);
  const currentPort = colon === -1 ? undefined : Number(current.slice(colon + 1));
  const newHost = host ?? currentHost;
  const newPort = port ?? currentPort;
  return newPort === undefined || newPort === defaultPorts[scheme] ? newHost : `${newHost}:${newPort}`;
}

function newTarget(filter: RequestRedirect, path: string, query: string, pathMatch: PathMatched): string | undefined {
  if (filter.path === undefined) return path + query;
  const { kind, value } = filter.path;
  // Replacement paths start with `/` (docs/spec/data-plane.md §4.5); anything else would extend the host's name.
  if (!value.startsWith('/')) return undefined;
  if (kind === 'full') return value;
  if (pathMatch.kind !== 'prefix') return undefined;
  const prefix = withoutLastSlash(pathMatch.path);
  // The match was made on the normalised path; a path with detours in its prefix has nothing that could be cut off.
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  const start = withoutLastSlash(value);
  return (rest === '' || rest.startsWith('/') ? start + rest || '/' : `${start}/${rest}`) + query;
}

const withoutLastSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);
