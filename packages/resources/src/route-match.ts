import { compilePattern } from '@doorward/core';
import type { HeaderMatch, HostMatch, PathMatch } from '@doorward/core';
import { z } from 'zod';
import { boundedList } from './bounded-list.js';
import type { Issues, Path } from './issue.js';
import { mapByName } from './schema-note.js';
import { shown } from './words.js';

/** `*.x.y` is a suffix, anything else exact, even a bare `*` (docs/spec/control-plane.md §4.7). */
export function convertHost(host: string): HostMatch {
  return host.startsWith('*.')
    ? { kind: 'suffix', reverseLabels: host.slice(2).split('.').toReversed() }
    : { kind: 'exact', host };
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** For published schemas; conversion tells it in the webhook's words. */
const tokenPattern = { crd: { pattern: token.source }, editor: { pattern: token.source } };

// eslint-disable-next-line no-control-regex
const notInValue = /[\u0000-\u0008\u000A-\u001F\u007F]/;

export const headerNameSchema = z.string().min(1).max(256).meta(tokenPattern);

/** A header's name in lower case; undefined, with the problem told, when it is none. */
export function convertHeaderName(name: string, path: Path, issues: Issues): string | undefined {
  if (token.test(name)) return name.toLowerCase();
  issues.error('DW0704', path, 'invalid HTTP header name', {
    help: name.includes(':')
      ? 'leave out the colon; pseudo-headers cannot be matched'
      : 'header names are letters, digits and `-`',
  });
  return undefined;
}

export function checkHeaderValue(value: string, path: Path, issues: Issues): boolean {
  if (!notInValue.test(value)) return true;
  issues.error('DW0705', path, 'failed to parse header value', {
    help: 'header values cannot hold control characters or line breaks',
  });
  return false;
}

/** Whether a pattern is one of Rust's `regex` (docs/spec/control-plane.md §2.2), which is what proxies use. */
function checkPattern(pattern: string, path: Path, issues: Issues): boolean {
  const result = compilePattern(pattern);
  if (result.kind === 'ok') return true;
  issues.error('DW0703', path, `${shown(pattern)} is no regular expression: ${result.message}`, {
    help: /\(\?[=!<]|\\[1-9]/.test(pattern) ? 'look-around and back-references do not exist here' : undefined,
  });
  return false;
}

const matchType = z
  .enum(['Exact', 'RegularExpression'])
  .default('Exact')
  .meta({ description: 'Whether `value` is the text itself or a regular expression.' });

export const headerMatchesSchema = boundedList(
  z.object({
    type: matchType,
    name: headerNameSchema,
    value: z.string().min(1).max(4096),
  }),
  16,
)
  .optional()
  .meta({ description: 'Headers that all have to match.', ...mapByName });

export const queryMatchesSchema = boundedList(
  z.object({ type: matchType, name: z.string().min(1).max(256), value: z.string().min(1).max(1024) }),
  16,
)
  .optional()
  .meta({ description: 'Query parameters that all have to match.', ...mapByName });

interface WrittenMatch {
  readonly type?: string | undefined;
  readonly name: string;
  readonly value: string;
}

/** Header matches: names in lower case, exact unless said otherwise. */
export function convertHeaderMatches(
  written: readonly WrittenMatch[] | undefined,
  path: Path,
  issues: Issues,
): HeaderMatch[] {
  checkUnique(written ?? [], path, (name) => name.toLowerCase(), issues);
  return (written ?? []).flatMap((match, i): HeaderMatch[] => {
    const name = convertHeaderName(match.name, [...path, i, 'name'], issues);
    const at = [...path, i, 'value'];
    if (match.type === 'RegularExpression') {
      return checkPattern(match.value, at, issues) && name !== undefined
        ? [{ kind: 'regex', name, pattern: match.value }]
        : [];
    }
    return checkHeaderValue(match.value, at, issues) && name !== undefined
      ? [{ kind: 'exact', name, value: match.value }]
      : [];
  });
}

/** Query parameter matches: names as written, exact unless said otherwise. */
export function convertQueryMatches(
  written: readonly WrittenMatch[] | undefined,
  path: Path,
  issues: Issues,
): HeaderMatch[] {
  checkUnique(written ?? [], path, (name) => name, issues);
  return (written ?? []).flatMap(({ type, name, value }, i): HeaderMatch[] => {
    if (type !== 'RegularExpression') return [{ kind: 'exact', name, value }];
    return checkPattern(value, [...path, i, 'value'], issues) ? [{ kind: 'regex', name, pattern: value }] : [];
  });
}

/** The CRDs hold these lists as maps by name: a second entry of a name is refused. */
export function checkUnique(
  written: readonly { readonly name: string }[],
  path: Path,
  canonical: (name: string) => string,
  issues: Issues,
): void {
  const seen = new Set<string>();
  for (const [i, { name }] of written.entries()) {
    if (seen.has(canonical(name))) {
      issues.rule('DW0123', [...path, i, 'name'], `${shown(name)} is listed twice`, {
        help: 'to match several values, use one entry with `type: RegularExpression`',
      });
    }
    seen.add(canonical(name));
  }
}

export const pathSchema = z
  .object({
    type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']).default('PathPrefix'),
    value: z.string().max(1024).default('/'),
  })
  .meta({ description: 'The path of the request; a prefix ends at a `/`.' });

const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F', '#'];
const forbiddenEnds = ['/..', '/.'];
const isRegex = "self.type == 'RegularExpression'";

/** With the rules that the Gateway API's CRD adds (docs/spec/control-plane.md §1.7). */
export const gatewayPathSchema = pathSchema.meta({
  crd: {
    'x-kubernetes-validations': [
      { rule: `${isRegex} || self.value.startsWith('/')`, message: 'paths must be absolute: begin with `/`' },
      {
        rule: `${isRegex} || !(${[
          ...forbiddenParts.map((part) => `self.value.contains('${part}')`),
          ...forbiddenEnds.map((end) => `self.value.endsWith('${end}')`),
        ].join(' || ')})`,
        message: 'paths must be normalised',
      },
    ],
  },
});

interface WrittenPath {
  readonly type?: string | undefined;
  readonly value?: string | undefined;
}

/** A path match with its defaults, `PathPrefix` and `/`. */
export function convertPath(
  written: WrittenPath | undefined,
  group: string,
  path: Path,
  issues: Issues,
): PathMatch | undefined {
  const value = written?.value ?? '/';
  const at = [...path, 'value'];
  if (written?.type === 'RegularExpression')
    return checkPattern(value, at, issues) ? { kind: 'regex', pattern: value } : undefined;
  if (!value.startsWith('/')) {
    issues.error(
      'DW0702',
      at,
      `HttpPathMatch paths must be absolute (begin with \`/\`); "${value}" is not an absolute path`,
      { help: `write \`/${value}\`` },
    );
    return undefined;
  }
  if (group !== 'policy.linkerd.io') checkGatewayPath(value, at, issues);
  return { kind: written?.type === 'Exact' ? 'exact' : 'prefix', path: value };
}

/** Validations that the Gateway API's CRD carries and Linkerd's does not. */
function checkGatewayPath(value: string, path: Path, issues: Issues): void {
  const forbidden =
    forbiddenParts.find((part) => value.includes(part)) ?? forbiddenEnds.find((end) => value.endsWith(end));
  if (forbidden !== undefined)
    issues.rule('DW0717', path, `a path cannot contain \`${forbidden}\``, {
      help: 'write the path as it is after normalisation',
    });
}
