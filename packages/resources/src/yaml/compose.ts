import { EVENT_ID, SCALAR_STYLE, getScalarValue, parseEvents } from 'js-yaml';
import type { AliasEvent, Event, ScalarEvent } from 'js-yaml';
import type { ListNode, MapEntry, MapNode, ScalarNode, Span, YamlNode } from './node.js';
import { resolvePlain } from './scalar.js';

/** Something wrong in the YAML that the parser itself lets pass. Offsets count from the beginning of the file. */
export interface ComposeError extends Span {
  readonly kind: 'duplicate-key' | 'unknown-alias' | 'alias-bomb' | 'key-not-text' | 'bad-merge' | 'unknown-tag';
  /** The text concerned. */
  readonly text: string;
  /** Where the same key was written first. */
  readonly first?: Span;
}

/** Kubernetes objects nest about 20 deep; the parser's own limit of 100 would do, but recursion should be ours to bound. */
const depthMax = 64;
/** Ten times the largest pod one meets. An alias repeats its anchor, and repeats of repeats grow without bound. */
const aliasedNodesMax = 100_000;

/**
 * Parse one document into a tree with positions; `undefined` for an empty document. `base` is the offset of `text` in its
 * file. Throws js-yaml's `YAMLException` on a syntax error.
 */
export function compose(text: string, base: number): { root: YamlNode | undefined; errors: ComposeError[] } {
  const composer = new Composer(text, base, parseEvents(text, { maxDepth: depthMax }));
  const root = composer.document();
  return { root, errors: composer.errors };
}

class Composer {
  readonly errors: ComposeError[] = [];
  readonly #text: string;
  readonly #base: number;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, YamlNode>();
  #next = 0;
  #aliased = 0;
  /** End of the last thing read: where an empty value stands. */
  #last: number;

  constructor(text: string, base: number, events: readonly Event[]) {
    this.#text = text;
    this.#base = base;
    this.#events = events;
    this.#last = base;
  }

  document(): YamlNode | undefined {
    if (this.#events[0]?.type !== EVENT_ID.DOCUMENT) return undefined;
    this.#next = 1;
    const root = this.#node();
    return root.kind === 'scalar' && root.value === null && root.start === root.end ? undefined : root;
  }

  #node(): YamlNode {
    const event = this.#events[this.#next++];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#keep(event, this.#scalar(event));
      case EVENT_ID.ALIAS:
        return this.#alias(event);
      case EVENT_ID.SEQUENCE:
        this.#checkTag(event, ['!!seq', '!']);
        return this.#keep(event, this.#list(this.#base + event.start));
      case EVENT_ID.MAPPING:
        this.#checkTag(event, ['!!map', '!']);
        return this.#keep(event, this.#map(this.#base + event.start));
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.POP:
      case undefined:
        // The parser always gives a whole node here; an empty one keeps us total.
        return { kind: 'scalar', value: null, start: this.#last, end: this.#last, size: 1 };
    }
  }

  #keep(event: { anchorStart: number; anchorEnd: number }, node: YamlNode): YamlNode {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  #scalar(event: ScalarEvent): ScalarNode {
    const { valueStart, valueEnd } = event;
    if (valueStart < 0) return { kind: 'scalar', value: null, start: this.#last, end: this.#last, size: 1 };
    // A quoted scalar's offsets leave out the quotes; a problem should underline them too.
    const quote = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
    const start = this.#base + valueStart - quote;
    const end = this.#base + valueEnd + quote;
    this.#last = end;
    const text = getScalarValue(this.#text, event);
    const tag = event.tagStart < 0 ? '' : this.#text.slice(event.tagStart, event.tagEnd);
    if (tag !== '') this.#checkTag(event, ['!!str', '!!int', '!!bool', '!!float', '!!null', '!']);
    const isPlain = event.style === SCALAR_STYLE.PLAIN && tag !== '!!str' && tag !== '!';
    return { kind: 'scalar', value: isPlain ? resolvePlain(text) : text, start, end, size: 1 };
  }

  #checkTag(event: { tagStart: number; tagEnd: number }, known: readonly string[]): void {
    if (event.tagStart < 0) return;
    const text = this.#text.slice(event.tagStart, event.tagEnd);
    if (known.includes(text)) return;
    this.errors.push({ kind: 'unknown-tag', text, ...this.#span(event.tagStart, event.tagEnd) });
  }

  #alias(event: AliasEvent): YamlNode {
    const text = this.#text.slice(event.anchorStart, event.anchorEnd);
    const span = this.#span(event.anchorStart - 1, event.anchorEnd);
    this.#last = span.end;
    const target = this.#anchors.get(text);
    // An anchor counts once its node is complete, so a node cannot contain itself.
    if (target === undefined) this.errors.push({ kind: 'unknown-alias', text, ...span });
    this.#aliased += target?.size ?? 0;
    if (target === undefined || this.#aliased > aliasedNodesMax) {
      if (target !== undefined && this.#aliased - target.size <= aliasedNodesMax) {
        this.errors.push({ kind: 'alias-bomb', text, ...span });
      }
      // Read as the text that was probably meant, so that nothing else is said about it.
      return { kind: 'scalar', value: `*${text}`, ...span, size: 1 };
    }
    return target;
  }

  #list(start: number): ListNode {
    const items: YamlNode[] = [];
    let size = 1;
    while (!this.#popped()) {
      const item = this.#node();
      items.push(item);
      size += item.size;
    }
    return { kind: 'list', start, items, size };
  }

  #map(start: number): MapNode {
    const entries = new Map<string, MapEntry>();
    const merges: { value: YamlNode; key: Span }[] = [];
    let size = 1;
    while (!this.#popped()) {
      const event = this.#events[this.#next];
      const isMerge = event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0;
      const keyNode = this.#node();
      const key =
        keyNode.kind === 'scalar'
          ? { start: keyNode.start, end: keyNode.end }
          : this.#span(keyNode.start - this.#base, keyNode.start - this.#base + 1);
      const name = event === undefined ? undefined : this.#keyText(event, keyNode);
      const value = this.#node();
      size += value.size + 1;
      if (name === undefined) this.errors.push({ kind: 'key-not-text', text: '', ...key });
      else if (isMerge && name === '<<') merges.push({ value, key });
      else {
        const first = entries.get(name)?.key;
        if (first) this.errors.push({ kind: 'duplicate-key', text: name, ...key, first });
        else entries.set(name, { key, value });
      }
    }
    for (const merge of merges) this.#merge(entries, merge.value, merge.key);
    return { kind: 'map', start, entries, size };
  }

  /** Keys are text in Kubernetes, so `80: x` has the key `80`. */
  #keyText(event: Event, node: YamlNode): string | undefined {
    if (node.kind !== 'scalar') return undefined;
    return event.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : String(node.value);
  }

  #merge(entries: Map<string, MapEntry>, source: YamlNode, key: Span): void {
    const maps = source.kind === 'list' ? source.items : [source];
    for (const map of maps) {
      if (map.kind === 'map') {
        for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
      } else {
        this.errors.push({ kind: 'bad-merge', text: '<<', ...key });
      }
    }
  }

  #popped(): boolean {
    const type = this.#events[this.#next]?.type;
    if (type !== undefined && type !== EVENT_ID.POP) return false;
    this.#next++;
    return true;
  }

  #span(start: number, end: number): Span {
    return { start: this.#base + start, end: this.#base + end };
  }
}
