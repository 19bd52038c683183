/**
 * What workloads that were made alike have in common. A cluster has thousands of pods and a few hundred sorts of them, so whatever
 * policy reads of a pod is kept, and worked out, once for all pods of its sort; a pod itself is little more than its name.
 */
import { annotationNames, type Pod } from '@doorward/resources';
import type { ServerEntry } from './entries.js';
import type { PortFacts, PortFactsTable, SharedFacts } from './port-facts.js';
import type { WorkloadDefaults } from './workload-defaults.js';
import type { WorkloadObject } from './workload.js';

type Texts = Readonly<Record<string, string>>;

/** What a Server reads of a workload. */
export interface Selectable {
  readonly selects: 'pods' | 'external-workloads';
  readonly labels: Texts;
  readonly facts: Pick<PortFacts, 'named'>;
}

export interface Template extends Selectable {
  readonly key: string;
  readonly facts: SharedFacts;
  /** Those that policy reads; no others. */
  readonly annotations: Texts;
  /** The names of the workloads made alike, as `workloadName` gives them. */
  readonly members: Set<string>;
  /** A pod of this sort, perhaps gone: others keep its texts and containers instead of equal ones of their own. */
  pattern: Pod | undefined;
  /** Worked out when first needed; dropped when the namespace's annotations change. */
  defaults: WorkloadDefaults | undefined;
  /** The Servers whose selector matches, first to claim first; dropped when a Server comes, goes or changes. */
  selectedBy: readonly ServerEntry[] | undefined;
}

/** The templates of one namespace. */
export class TemplateTable {
  readonly #templates = new Map<string, Template>();
  readonly #facts: PortFactsTable;

  constructor(facts: PortFactsTable) {
    this.#facts = facts;
  }

  /** The template of a workload, which becomes its member. */
  join(object: WorkloadObject, name: string): Template {
    const { selects, labels, annotations: all, facts } = this.#read(object);
    const annotations = readByPolicy(all);
    const key = JSON.stringify([facts.id, labels, annotations]);
    let template = this.#templates.get(key);
    if (template === undefined) {
      this.#facts.use(facts);
      template = {
        key,
        selects,
        labels,
        annotations,
        facts,
        members: new Set(),
        pattern: undefined,
        defaults: undefined,
        selectedBy: undefined,
      };
      this.#templates.set(key, template);
    }
    template.members.add(name);
    return template;
  }

  /** A template without members is forgotten. */
  leave(template: Template, name: string): void {
    template.members.delete(name);
    if (template.members.size > 0) return;
    this.#templates.delete(template.key);
    this.#facts.release(template.facts);
  }

  [Symbol.iterator](): IterableIterator<Template> {
    return this.#templates.values();
  }

  #read(object: WorkloadObject): Pick<Template, 'selects' | 'labels' | 'annotations' | 'facts'> {
    switch (object.kind) {
      case 'Pod': {
        const { labels, annotations } = object.metadata;
        return { selects: 'pods', labels, annotations, facts: this.#facts.ofContainers(object.spec.containers) };
      }
      case 'Workload': {
        const { labels, annotations, spec } = object.spec.template;
        return { selects: 'pods', labels, annotations, facts: this.#facts.ofContainers(spec.containers) };
      }
      case 'ExternalWorkload': {
        const { labels, annotations } = object.metadata;
        return { selects: 'external-workloads', labels, annotations, facts: this.#facts.ofPorts(object.spec.ports) };
      }
    }
  }
}

const readNames = Object.values(annotationNames);

function readByPolicy(annotations: Texts): Texts {
  const read = readNames.filter((name) => Object.hasOwn(annotations, name));
  return Object.fromEntries(read.map((name) => [name, annotations[name] ?? '']));
}

/** An equal pod that holds nothing of the one given but what no other pod of its sort has. */
export function compactPod(pod: Pod, template: Template): Pod {
  const { containers } = template.facts;
  template.pattern ??= { ...pod, spec: { ...pod.spec, containers } };
  const { metadata, spec } = template.pattern;
  const { serviceAccountName } = pod.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      namespace: metadata.namespace,
      labels: metadata.labels,
      annotations: sharing(pod.metadata.annotations, metadata.annotations),
    },
    spec: serviceAccountName === spec.serviceAccountName ? spec : { serviceAccountName, containers },
  };
}

/** The texts of `pattern` where they are equal; pods of one sort differ in a few, such as their address. */
function sharing(texts: Texts, pattern: Texts): Texts {
  const entries = Object.entries(texts).map(([key, text]): [string, string] => {
    const known = Object.hasOwn(pattern, key) ? pattern[key] : undefined;
    return [key, known === text ? known : text];
  });
  const isSame =
    entries.length === Object.keys(pattern).length && entries.every(([key, text]) => pattern[key] === text);
  return isSame ? pattern : Object.fromEntries(entries);
}
