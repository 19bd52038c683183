/**
 * The path that the application is likely to see, whatever detours the client wrote: percent-encoded unreserved characters
 * decoded (RFC 3986 §6.2.2.2), other escapes in upper case (§6.2.2.1), duplicate slashes merged, dot segments removed
 * (§5.2.4). Policy is decided on it, so that `/public/../admin` is no way round a rule for `/admin`.
 */
export function normalPath(path: string): string {
  if (!path.startsWith('/') || !needsWork(path)) return path;
  const segments: string[] = [];
  const parts = decodeUnreserved(path).split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === '..') {
      segments.pop();
      if (last) segments.push('');
    } else if (part === '.' || part === '') {
      if (last) segments.push('');
    } else {
      segments.push(part);
    }
  }
  return `/${segments.join('/')}`;
}

function needsWork(path: string): boolean {
  return path.includes('%') || path.includes('//') || path.includes('/.');
}

const escape = /%([0-9A-Fa-f]{2})/g;
const unreserved = /^[A-Za-z0-9\-._~]$/;

function decodeUnreserved(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(escape, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(character) ? character : whole.toUpperCase();
  });
}
