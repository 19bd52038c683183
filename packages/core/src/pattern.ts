/**
 * Regular expressions of routes. Linkerd's proxy uses Rust's `regex`: RE2 syntax, linear time, no look-around, no
 * back-references. RE2JS is the same family, so what it refuses is refused there too; JavaScript's own RegExp would accept
 * more and run for ever on some of it.
 */
import { RE2JS } from 're2js';

export interface Pattern {
  /** Whether the leftmost-first match spans the whole text: `a|ab` does not match `ab` (docs/spec/data-plane.md §4.4). */
  matches(text: string): boolean;
}

export type PatternResult =
  | { readonly kind: 'ok'; readonly pattern: Pattern }
  | { readonly kind: 'bad'; readonly message: string };

/** Compile a pattern of a route; `bad` carries a sentence for the person who wrote it. */
export function compilePattern(source: string): PatternResult {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    // RE2JS throws its own syntax error for every pattern it refuses; that is its documented answer, not a fault.
    return { kind: 'bad', message: error instanceof Error ? error.message : String(error) };
  }
  return {
    kind: 'ok',
    pattern: {
      matches(text) {
        const matcher = regex.matcher(text);
        return matcher.find() && matcher.start() === 0 && matcher.end() === text.length;
      },
    },
  };
}
