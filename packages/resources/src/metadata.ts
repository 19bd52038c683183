import type { Issues, Path } from './issue.js';
import type { ObjectMeta } from './types.js';
import { describeValue, pathText, shown } from './words.js';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parts of `metadata` that policy reads; undefined, with the reason told, when there is no usable name. */
export function readMetadata(value: unknown, namespaced: boolean, issues: Issues): ObjectMeta | undefined {
  if (!isRecord(value)) {
    issues.error('DW0112', value === undefined ? [] : ['metadata'], '`metadata.name` is missing', { at: 'key' });
    return undefined;
  }
  const name = readName(value, issues);
  const namespace = namespaced ? readNamespace(value, issues) : '';
  const labels = readTexts(value, 'labels', issues);
  const annotations = readTexts(value, 'annotations', issues);
  if (name === undefined || namespace === undefined) return undefined;
  const { creationTimestamp, uid } = value;
  return {
    namespace,
    name,
    labels,
    annotations,
    ...readTime(creationTimestamp),
    ...(typeof uid === 'string' && { uid }),
  };
}

/** In UTC and whole seconds, as an API server writes it, so that the order of texts is the order of times. */
function readTime(value: unknown): Pick<ObjectMeta, 'creationTimestamp'> {
  if (typeof value !== 'string' || !timestamp.test(value)) return {};
  const time = new Date(value);
  // The 30th of February has the form of a time.
  return Number.isNaN(time.getTime()) ? {} : { creationTimestamp: time.toISOString().replace(/\.\d+Z$/, 'Z') };
}

function readName(metadata: Readonly<Record<string, unknown>>, issues: Issues): string | undefined {
  const { name } = metadata;
  const path = ['metadata', 'name'];
  if (name === undefined || name === '') {
    issues.error('DW0112', ['metadata'], '`metadata.name` is missing', {
      at: 'key',
      help: 'generateName' in metadata ? '`generateName` works only in a cluster; give the object a name' : undefined,
    });
    return undefined;
  }
  if (typeof name !== 'string') {
    notText(name, path, issues);
    return undefined;
  }
  if (!subdomain.test(name) || name.length > 253) {
    issues.rule(
      'DW0113',
      path,
      `\`metadata.name\` is ${shown(name)}; names are up to 253 lower-case letters, digits, \`-\` and \`.\``,
    );
  }
  return name;
}

function notText(value: unknown, path: Path, issues: Issues): void {
  const written = issues.textAt(path);
  issues.error('DW0117', path, `\`${pathText(path)}\` is ${describeValue(value, written)}; expected text`, {
    help: written === undefined ? undefined : `put it in quotes: "${written}"`,
  });
}

function readNamespace(metadata: Readonly<Record<string, unknown>>, issues: Issues): string | undefined {
  const { namespace } = metadata;
  const path = ['metadata', 'namespace'];
  if (namespace === undefined || namespace === '') return 'default';
  if (typeof namespace !== 'string') {
    notText(namespace, path, issues);
    return undefined;
  }
  if (!label.test(namespace) || namespace.length > 63) {
    issues.rule(
      'DW0113',
      path,
      `\`metadata.namespace\` is ${shown(namespace)}; namespaces are up to 63 lower-case letters, digits and \`-\``,
    );
  }
  return namespace;
}

function readTexts(
  metadata: Readonly<Record<string, unknown>>,
  field: 'labels' | 'annotations',
  issues: Issues,
): Readonly<Record<string, string>> {
  return readTextMap(metadata[field], ['metadata', field], issues);
}

/** A map of texts such as labels; anything else in it is told and left out. */
export function readTextMap(
  value: unknown,
  path: readonly (string | number)[],
  issues: Issues,
): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) {
    issues.error('DW0117', path, `\`${path.join('.')}\` is not a mapping`);
    return {};
  }
  const texts: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text === 'string') texts.push([key, text]);
    else {
      const written = issues.textAt([...path, key]);
      issues.error(
        'DW0125',
        [...path, key],
        `${path.at(-1) === 'labels' ? 'label' : 'annotation'} \`${key}\` is ${written === undefined ? 'not text' : `${shown(written)}, which is not text`}`,
        {
          help: written === undefined ? undefined : `put it in quotes: "${written}"`,
        },
      );
    }
  }
  // fromEntries defines own properties even for a key such as `__proto__`.
  return Object.fromEntries(texts);
}
