/** Matching of headers, queries and patterns in its plainest form, for `decide.reference.ts` (docs/spec/data-plane.md §4.4). */
import type { HeaderMatch, QueryParamMatch } from './policy.js';
import type { HttpRequest } from './request.js';
import { byteText } from './text.js';

/** By JavaScript's own engine, as a second opinion; only for patterns that both engines read alike. */
export function whole(pattern: string, text: string | undefined): boolean {
  const match = text === undefined ? undefined : new RegExp(pattern, 'u').exec(text);
  return match?.index === 0 && match[0].length === text?.length;
}

export const headersHold = (matches: readonly HeaderMatch[], request: HttpRequest): boolean =>
  matches.every((match) =>
    request
      .header(match.name)
      .some((value) =>
        match.kind === 'exact'
          ? value === byteText(match.value)
          : /^[\t -~]*$/.test(value) && whole(match.pattern, value),
      ),
  );

export function queryHolds(matches: readonly QueryParamMatch[], query = ''): boolean {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return matches.every((match) =>
    pairs.some((pair) => {
      const [name = '', ...value] = pair.split('=');
      if (formDecoded(name) !== match.name) return false;
      const text = formDecoded(value.join('='));
      return match.kind === 'exact' ? text === match.value : whole(match.pattern, text);
    }),
  );
}

function formDecoded(text: string): string {
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
