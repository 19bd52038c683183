import { keepsNulls } from '../nulls.js';
import type { ScalarValue } from './scalar.js';

/** A YAML value that knows where it stands. Offsets count from the beginning of the file. */
export type YamlNode = ScalarNode | MapNode | ListNode;

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  /** Nodes in this one, itself included, aliases expanded. */
  readonly size: number;
}

export interface MapNode {
  readonly kind: 'map';
  readonly start: number;
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly size: number;
}

export interface MapEntry {
  readonly key: Span;
  readonly value: YamlNode;
}

export interface ListNode {
  readonly kind: 'list';
  readonly start: number;
  readonly items: readonly YamlNode[];
  readonly size: number;
}

/**
 * The node as plain data, without null fields: see nulls.ts. `field` is what the node is the value of. Objects have no prototype, so
 * that a key called `__proto__` is only a key.
 */
export function toValue(node: YamlNode, field = ''): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map((item) => toValue(item));
    case 'map': {
      const value: Record<string, unknown> = { __proto__: null };
      for (const [key, entry] of node.entries) {
        const isNull = entry.value.kind === 'scalar' && entry.value.value === null;
        if (!isNull || keepsNulls(field)) value[key] = toValue(entry.value, key);
      }
      return value;
    }
  }
}
