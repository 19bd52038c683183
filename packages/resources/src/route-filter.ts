import type { RequestHeaderModifier, RequestRedirect } from '@doorward/core';
import { z } from 'zod';
import { boundedList } from './bounded-list.js';
import type { Issues, Path } from './issue.js';
import { checkHeaderValue, checkUnique, convertHeaderName, headerNameSchema } from './route-match.js';
import { editorEnum, mapByName } from './schema-note.js';
import { didYouMean, oneOf, shown } from './words.js';

const headerValues = boundedList(z.object({ name: headerNameSchema, value: z.string().min(1).max(4096) }), 16)
  .optional()
  .meta(mapByName);

const headerModifier = z.object({
  add: headerValues,
  set: headerValues,
  remove: boundedList(z.string(), 16).optional(),
});

const requestRedirect = z.object({
  scheme: z.enum(['http', 'https']).optional(),
  hostname: z.string().min(1).max(253).optional(),
  path: z
    .object({
      type: z.enum(['ReplaceFullPath', 'ReplacePrefixMatch']),
      replaceFullPath: z.string().max(1024).optional(),
      replacePrefixMatch: z.string().max(1024).optional(),
    })
    .optional(),
  port: z.int().min(1).max(65_535).optional(),
  statusCode: z.union([z.literal(301), z.literal(302)], '`301` or `302`').default(302),
});

const policyFilterTypes = ['RequestHeaderModifier', 'RequestRedirect'];
const gatewayFilterTypes = [
  ...policyFilterTypes,
  'ResponseHeaderModifier',
  'RequestMirror',
  'URLRewrite',
  'ExtensionRef',
  'CORS',
  'ExternalAuth',
];

/** Conversion tells of a wrong type itself, in more helpful words. */
const filterType = z.string().meta({ description: 'Which of the bodies is there.' });

/** The filters that Linkerd's own HTTPRoute knows; told apart by `type`. */
export const policyFilterSchema = z.object({
  type: filterType.meta({ crd: { enum: policyFilterTypes }, editor: { enum: policyFilterTypes } }),
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional().meta({ crd: false, editor: false }),
  requestRedirect: requestRedirect.optional(),
});

/** Told apart by the body that is present, whatever `type` says. The bodies of filters that inbound policy lacks are not read. */
export const gatewayFilterSchema = z.object({
  // The Gateway API goes on adding types: the CRD keeps what it does not know, and editors mark it.
  type: filterType.meta(editorEnum(gatewayFilterTypes)),
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional(),
  requestRedirect: requestRedirect.optional(),
  requestMirror: z.looseObject({}).optional(),
  urlRewrite: z.looseObject({}).optional(),
  extensionRef: z.looseObject({}).optional(),
  cors: z.looseObject({}).optional(),
  externalAuth: z.looseObject({}).optional(),
});

type Filter = RequestHeaderModifier | RequestRedirect;

/** docs/spec/control-plane.md §1.7: the CRD allows two types; a type needs its body. */
export function convertPolicyFilter(written: z.input<typeof policyFilterSchema>, path: Path, issues: Issues): Filter[] {
  const bodyMissing = (field: string): Filter[] => {
    issues.error('DW0708', path, `\`${field}\` is missing from the filter of type \`${written.type}\``, {
      help: `add \`${field}\``,
    });
    return [];
  };
  switch (written.type) {
    case 'RequestHeaderModifier':
      return written.requestHeaderModifier
        ? convertModifier(written.requestHeaderModifier, [...path, 'requestHeaderModifier'], issues)
        : bodyMissing('requestHeaderModifier');
    case 'RequestRedirect':
      return written.requestRedirect
        ? convertRedirect(written.requestRedirect, [...path, 'requestRedirect'], issues)
        : bodyMissing('requestRedirect');
    case 'ResponseHeaderModifier':
      // The controller understands it and sends nothing of it; only the CRD refuses it here (docs/spec/control-plane.md §9 Q19).
      issues.rule(
        'DW0709',
        [...path, 'type'],
        `filter type \`ResponseHeaderModifier\` is not possible here; expected ${oneOf(policyFilterTypes)}`,
      );
      return written.responseHeaderModifier ? [] : bodyMissing('responseHeaderModifier');
    default:
      issues.error(
        'DW0709',
        [...path, 'type'],
        `unknown filter type ${shown(written.type)}; expected ${oneOf(policyFilterTypes)}`,
        { help: didYouMean(written.type, policyFilterTypes) },
      );
      return [];
  }
}

/** docs/spec/control-plane.md §4.7: a filter that inbound policy cannot apply makes Linkerd ignore the whole route. */
export function convertGatewayFilter(
  written: z.input<typeof gatewayFilterSchema>,
  path: Path,
  issues: Issues,
): Filter[] {
  if (written.requestHeaderModifier)
    return convertModifier(written.requestHeaderModifier, [...path, 'requestHeaderModifier'], issues);
  if (written.responseHeaderModifier) {
    convertModifier(written.responseHeaderModifier, [...path, 'responseHeaderModifier'], issues);
    return [];
  }
  if (written.requestRedirect) return convertRedirect(written.requestRedirect, [...path, 'requestRedirect'], issues);
  const name = written.requestMirror
    ? 'RequestMirror'
    : written.urlRewrite
      ? 'URLRewrite'
      : written.extensionRef
        ? 'ExtensionRef'
        : undefined;
  const fault = name === undefined ? 'No filter specified' : `${name} filter is not supported`;
  issues.inert('DW0714', path, `${fault}; the whole route has no effect on inbound traffic`, {
    help: 'put the rule with this filter into a route of its own',
  });
  return [];
}

function convertModifier(written: z.input<typeof headerModifier>, path: Path, issues: Issues): RequestHeaderModifier[] {
  const values = (field: 'add' | 'set'): RequestHeaderModifier['add'] => {
    checkUnique(written[field] ?? [], [...path, field], (name) => name.toLowerCase(), issues);
    return (written[field] ?? []).flatMap(({ name, value }, i) => {
      const lower = convertHeaderName(name, [...path, field, i, 'name'], issues);
      return checkHeaderValue(value, [...path, field, i, 'value'], issues) && lower !== undefined
        ? [{ name: lower, value }]
        : [];
    });
  };
  const remove = (written.remove ?? []).flatMap(
    (name, i) => convertHeaderName(name, [...path, 'remove', i], issues) ?? [],
  );
  return [{ kind: 'request-header-modifier', add: values('add'), set: values('set'), remove }];
}

function convertRedirect(written: z.input<typeof requestRedirect>, path: Path, issues: Issues): RequestRedirect[] {
  const target = written.path && convertRedirectPath(written.path, [...path, 'path'], issues);
  // 0 and numbers above 65535 count as not set (docs/spec/control-plane.md §4.7).
  const port = written.port !== undefined && written.port >= 1 && written.port <= 65_535 ? written.port : undefined;
  return [
    {
      kind: 'request-redirect',
      ...(written.scheme && { scheme: written.scheme }),
      ...(written.hostname !== undefined && { host: written.hostname }),
      ...(target && { path: target }),
      ...(port !== undefined && { port }),
      status: written.statusCode ?? 302,
    },
  ];
}

/** `type` is not read: the full path counts if it is there, else the prefix (docs/spec/control-plane.md §4.7). */
function convertRedirectPath(
  { replaceFullPath, replacePrefixMatch }: NonNullable<z.input<typeof requestRedirect>['path']>,
  path: Path,
  issues: Issues,
): RequestRedirect['path'] {
  const value = replaceFullPath ?? replacePrefixMatch;
  if (value === undefined) {
    issues.error(
      'DW0707',
      path,
      'RequestRedirect filter must contain either replace_full_path or replace_prefix_match',
      { at: 'key', help: 'add `replaceFullPath` or `replacePrefixMatch`' },
    );
    return undefined;
  }
  const field = replaceFullPath === undefined ? 'replacePrefixMatch' : 'replaceFullPath';
  if (!value.startsWith('/')) {
    issues.error(
      'DW0706',
      [...path, field],
      `RequestRedirect filters may only contain absolute paths (starting with '/'); "${value}" is not an absolute path`,
      { help: `write \`/${value}\`` },
    );
    return undefined;
  }
  return { kind: replaceFullPath === undefined ? 'prefix' : 'full', value };
}
