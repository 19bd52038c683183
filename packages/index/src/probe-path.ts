/**
 * The path that the kubelet asks for, given what a probe says (docs/spec/control-plane.md §4.7): without scheme, host, query and
 * fragment. The kubelet puts a missing slash in front, so `healthz` is `/healthz` here; Linkerd's controller takes it for a host and
 * permits a path that is never asked for (docs/spec/control-plane.md §9 Q16).
 *
 * `undefined` for what cannot be part of a request line; such a probe is not permitted by a probe route.
 */
export function probePath(text: string): string | undefined {
  if (!/^[\x21-\x7e]*$/.test(text)) return undefined;
  const path = text.replace(/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*/, '').replace(/[?#].*$/, '');
  return path.startsWith('/') ? path : `/${path}`;
}
