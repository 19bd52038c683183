import type { Locator, Path } from '../issue.js';
import type { ProblemPlace } from '../problem.js';
import type { Lines } from './lines.js';
import type { Span, YamlNode } from './node.js';

/** A text and the file it came from. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly lines: Lines;
}

/** The place of a span. What goes over the line's end is not underlined; at least one character is. */
export function placeOf({ file, lines }: Source, { start, end }: Span, label?: string): ProblemPlace {
  const { line, column } = lines.at(start);
  const lineText = lines.textOf(line);
  const inLine = Math.min(column, lineText.length + 1);
  const length = Math.max(1, Math.min(end - start, lineText.length - inLine + 1));
  return { file, line, column: inLine, length, lineText, ...(label !== undefined && { label }) };
}

/** Finds the fields of one object, whose root node is given, in its text. */
export function locatorFor(source: Source, root: YamlNode): Locator {
  return {
    place: (path, at, label) => placeOf(source, spanOf(root, path, at), label),
    textAt(path) {
      const found = walk(root, path);
      return found.complete && found.node.kind === 'scalar'
        ? source.text.slice(found.node.start, found.node.end)
        : undefined;
    },
  };
}

interface Found {
  readonly node: YamlNode;
  /** Where the field's name stands; absent for the root and for list entries. */
  readonly key: Span | undefined;
  /** False when the path ends before, because the rest is not written. */
  readonly complete: boolean;
}

function walk(root: YamlNode, path: Path): Found {
  let node = root;
  let key: Span | undefined;
  for (const part of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(part)) : undefined;
    const item = node.kind === 'list' && typeof part === 'number' ? node.items[part] : entry?.value;
    if (!item) return { node, key, complete: false };
    key = entry?.key;
    node = item;
  }
  return { node, key, complete: true };
}

/** The span to mark: a scalar itself, of anything larger its name, of a list entry or a document the beginning. */
function spanOf(root: YamlNode, path: Path, at: 'key' | 'value'): Span {
  const { node, key, complete } = walk(root, path);
  if (key && (at === 'key' || !complete || node.kind !== 'scalar' || node.start === node.end)) return key;
  return headOf(node);
}

function headOf(node: YamlNode): Span {
  switch (node.kind) {
    case 'scalar':
      return node;
    case 'map': {
      const [first] = node.entries.values();
      return first ? first.key : { start: node.start, end: node.start + 1 };
    }
    case 'list':
      return node.items[0] ? headOf(node.items[0]) : { start: node.start, end: node.start + 1 };
  }
}
