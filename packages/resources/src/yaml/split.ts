/** One YAML document of a text: the offsets of its part, markers and directives included. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
}

const marker = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
const onlyDirectives = /^(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n|$)|%[^\r\n]*(?:\r\n?|\n|$))*$/;

/**
 * Cut a text into its documents before any parsing, so that an error in one leaves the others readable.
 *
 * A line that begins with `---` or `...` ends a document wherever it stands, even inside a quoted or block scalar (YAML 1.2
 * §9.1.2: such lines are forbidden within documents), so no parser is needed to find them. A part that holds nothing but
 * directives belongs to the document after it.
 */
export function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  const close = (end: number): void => {
    if (!isBlank(text, start, end)) chunks.push({ start, end });
    start = end;
  };
  for (const match of text.matchAll(marker)) {
    if (match[0] === '...') {
      close(lineEnd(text, match.index));
    } else if (!isDirectives(text, start, match.index)) {
      close(match.index);
    }
  }
  close(text.length);
  return chunks;
}

/** Nothing but blanks after the marker: cheaper to see here than to parse, and files full of markers exist. */
function isBlank(text: string, start: number, end: number): boolean {
  for (let i = text.startsWith('---', start) ? start + 3 : start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code !== 10 && code !== 13 && code !== 32 && code !== 9) return false;
  }
  return true;
}

function isDirectives(text: string, start: number, end: number): boolean {
  // Directives are rare, and a document without a `%` at a line's start has none: the regular expression seldom runs.
  const part = text.slice(start, end);
  return (part.startsWith('%') || part.includes('\n%') || part.includes('\r%')) && onlyDirectives.test(part);
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}
