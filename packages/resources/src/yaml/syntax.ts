import { YAMLException } from 'js-yaml';
import { isScalar, isCollection, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import type { Problem } from '../problem.js';
import type { ResourceProblemCode } from '../problem-codes.js';
import { placeOf } from './locate.js';
import type { Source } from './locate.js';
import type { Span } from './node.js';
import type { Chunk } from './split.js';

/** Above this the slower, more talkative parser is not asked: it may need seconds for long nonsense. Objects have 1 to 5 kB. */
const explainedCharactersMax = 64 * 1024;

interface Explanation {
  readonly code: ResourceProblemCode;
  readonly message: string;
  readonly help?: string;
  readonly label?: string;
}

/** Say why a document cannot be read. `error` is what the fast parser threw for it; the other parser knows more
 * about causes, and is not asked when it `isBrief`. */
export function explainSyntaxError(source: Source, chunk: Chunk, error: unknown, isBrief: boolean): Problem {
  const text = source.text.slice(chunk.start, chunk.end);
  const isWorthwhile = !isBrief && text.length <= explainedCharactersMax && !isDeep(error);
  const found = isWorthwhile ? explain(text) : undefined;
  const { start, end, ...words } = found ?? plainly(error);
  const place = placeOf(source, { start: chunk.start + start, end: chunk.start + end }, words.label);
  return {
    code: words.code,
    severity: 'error',
    message: words.message,
    place,
    ...(words.help !== undefined && { help: words.help }),
  };
}

function plainly(error: unknown): Explanation & Span {
  const isSyntax = error instanceof YAMLException;
  // A mark is missing only for empty input, which is not an error here.
  const start = (isSyntax && (error.mark as { position?: number } | undefined)?.position) || 0;
  const why = isSyntax && !isDeep(error) ? error.reason : 'it is nested too deep';
  return { code: 'DW0101', message: `the YAML cannot be read: ${why}`, start, end: start + 1 };
}

/** Nesting is the first parser's only limit, and what is not a syntax error is its stack. The second parser has none. */
const isDeep = (error: unknown): boolean =>
  !(error instanceof YAMLException) || error.reason.startsWith('nesting exceeded');

function explain(text: string): (Explanation & Span) | undefined {
  let document: Document;
  try {
    document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, strict: true, logLevel: 'silent' });
  } catch {
    // The second opinion is optional: input that overwhelms it was already refused by the first parser.
    return undefined;
  }
  const [error] = document.errors;
  if (!error) return undefined;
  const [start, end] = error.pos;
  const at = { start: Math.min(start, text.length), end: Math.max(start + 1, end) };
  const line = lineAround(text, at.start);
  const tab = /^ *\t/.exec(line.text);
  if (error.code === 'TAB_AS_INDENT' || tab) {
    const from = tab ? line.start + tab[0].length - 1 : at.start;
    return {
      code: 'DW0102',
      message: 'a tab is used for indentation; YAML allows only spaces',
      help: 'replace the tab by spaces',
      start: from,
      end: from + 1,
    };
  }
  const open = openerOf(document, text, at.start);
  if (open) {
    return {
      code: 'DW0105',
      message: `${open.name} is not closed`,
      help: `add the closing ${open.closing}`,
      label: 'opened here',
      start: open.start,
      end: open.start + 1,
    };
  }
  const words = sentence(error.code, error.message, line.text);
  // The parser complains of the value that cannot go on; the mark belongs on the line that does not fit.
  if (error.code === 'BAD_INDENT') return { ...words, ...contentOf(line) };
  if (words.code === 'DW0103' && error.code === 'BLOCK_AS_IMPLICIT_KEY')
    return { ...words, ...(nextLine(text, at.start) ?? at) };
  return { ...words, ...at };
}

function sentence(code: string, message: string, line: string): Explanation {
  const value = /^\s*(?:- +)?[^\s:]+:\s+(.*)$/.exec(line)?.[1] ?? '';
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return value.includes(': ') || value.endsWith(':')
        ? {
            code: 'DW0107',
            message: 'a value with `: ` in it has to be quoted',
            help: `write it as "${value.replaceAll('"', '\\"')}"`,
          }
        : {
            code: 'DW0103',
            message: 'the indentation does not fit: this line is deeper than the one it belongs to',
            help: 'fields of one object stand in the same column',
          };
    case 'BAD_INDENT':
      return {
        code: 'DW0103',
        message: 'the indentation does not fit',
        help: 'fields of one object stand in the same column',
      };
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
      return /^\s*[\w./-]+:\S/.test(line)
        ? { code: 'DW0106', message: 'a colon has to be followed by a space', help: 'write `key: value`' }
        : {
            code: 'DW0106',
            message: 'this is no field: its colon is missing',
            help: 'write `key: value`, or indent it to belong to the line above',
          };
    case 'BAD_SCALAR_START':
      return {
        code: 'DW0107',
        message: 'a value that begins with this character has to be quoted',
        help: 'put the value in quotes',
      };
    case 'BAD_ALIAS':
      return {
        code: 'DW0108',
        message: 'a value that begins with `*` or `&` has to be quoted',
        help: 'put the value in quotes',
      };
    case 'BAD_DQ_ESCAPE':
      return {
        code: 'DW0107',
        message: 'this escape does not exist in double quotes',
        help: 'use single quotes, or write the backslash twice',
      };
    default:
      return {
        code: 'DW0101',
        message: `the YAML cannot be read: ${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.$/, '')}`,
      };
  }
}

/** The quote or bracket still open where the parser gave up: the mark belongs where it was opened, not at the end of the file. */
function openerOf(
  document: Document,
  text: string,
  position: number,
): { start: number; name: string; closing: string } | undefined {
  let start: number | undefined;
  visit(document, (_key, node) => {
    if (!isScalar(node) && !isCollection(node)) return;
    const [from, to] = node.range ?? [0, 0];
    const opener = text[from] ?? '';
    if (from > position || to < position || !'"\'[{'.includes(opener) || opener === '') return;
    if (!isClosed(text, from, to)) start = from;
  });
  if (start === undefined) return undefined;
  const opener = text[start] ?? '';
  const closing = opener === '[' ? ']' : opener === '{' ? '}' : opener;
  return {
    start,
    name: `the ${opener === '[' || opener === '{' ? 'bracket' : 'quote'} \`${opener}\``,
    closing: `\`${closing}\``,
  };
}

function isClosed(text: string, from: number, to: number): boolean {
  const opener = text[from];
  const closing = opener === '[' ? ']' : opener === '{' ? '}' : opener;
  return to - from > 1 && text[to - 1] === closing;
}

function lineAround(text: string, position: number): { start: number; text: string } {
  const start = text.lastIndexOf('\n', position - 1) + 1;
  const end = text.indexOf('\n', position);
  return { start, text: text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '') };
}

/** A line without the blanks around. */
function contentOf(line: { start: number; text: string }): Span {
  const start = line.start + line.text.length - line.text.trimStart().length;
  return { start, end: start + Math.max(1, line.text.trim().length) };
}

/** The text of the first line with any after a position. */
function nextLine(text: string, position: number): Span | undefined {
  const match = /\n[ \t\r\n]*([^\s][^\r\n]*)/.exec(text.slice(position));
  if (!match) return undefined;
  const end = position + match.index + match[0].length;
  return { start: end - (match[1] ?? '').length, end };
}
