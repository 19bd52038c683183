/** What `normalPath` must agree with, for tests: the steps of RFC 3986, one after the other. */
export function normalPathByReference(path: string): string {
  if (!path.startsWith('/')) return path;
  // §6.2.2.1 and §6.2.2.2
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (escape: string, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
  // §5.2.4, after repeated slashes became one
  let input = decoded.replace(/\/+/g, '/');
  let output = '';
  while (input !== '') {
    if (input.startsWith('/./') || input === '/.') {
      input = `/${input.slice(3)}`;
    } else if (input.startsWith('/../') || input === '/..') {
      input = `/${input.slice(4)}`;
      output = output.replace(/\/[^/]*$/, '');
    } else {
      const [segment = ''] = /^\/[^/]*/.exec(input) ?? [];
      output += segment;
      input = input.slice(segment.length);
    }
  }
  return output;
}
