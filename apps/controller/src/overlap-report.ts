/**
 * Warns of ports that several Servers select: once each, and again when it is over and comes back. Nothing is merged, so all but one of
 * them do nothing there, which their authors will hardly have meant (docs/spec/control-plane.md §9 Q11).
 */
import type { Overlap, PolicyIndex, PossibleOverlap } from '@doorward/index';
import type { Log } from '@doorward/telemetry';
import { workloadText } from './workload-text.js';

/** Many Servers alike make a pair each with all others. Who reads this many lines has seen what is wrong. */
const possibleMax = 50;

export class OverlapReport {
  readonly #index: PolicyIndex;
  readonly #log: Log;
  #told: ReadonlySet<string> = new Set();

  constructor(index: PolicyIndex, log: Log) {
    this.#index = index;
    this.#log = log;
  }

  /** Walks every workload. */
  tell(): void {
    const now = new Set<string>();
    /** Pairs that overlap somewhere already: what could be is no news there. */
    const real = new Set<string>();
    for (const overlap of this.#index.overlaps()) {
      const { workload, port, winner, shadowed } = overlap;
      const names = [winner, ...shadowed].map(({ metadata }) => metadata.name);
      names.forEach((name, i) =>
        names.slice(i + 1).forEach((other) => real.add(pairKey(workload.namespace, name, other))),
      );
      const key = JSON.stringify([workloadText(workload), port, names]);
      now.add(key);
      if (!this.#told.has(key)) this.#tellOverlap(overlap);
    }
    const news: PossibleOverlap[] = [];
    for (const overlap of this.#index.possibleOverlaps()) {
      const { winner, shadowed, ports } = overlap;
      const key = JSON.stringify([
        pairKey(winner.metadata.namespace, winner.metadata.name, shadowed.metadata.name),
        ports,
      ]);
      now.add(key);
      const isReal = real.has(pairKey(winner.metadata.namespace, winner.metadata.name, shadowed.metadata.name));
      if (!isReal && !this.#told.has(key)) news.push(overlap);
    }
    for (const overlap of news.slice(0, possibleMax)) this.#tellPossible(overlap);
    if (news.length > possibleMax) {
      const more = news.length - possibleMax;
      this.#log.warn(
        { event: 'server.possible-overlap', more },
        `${more} more pairs of Servers could select the same port`,
      );
    }
    this.#told = now;
  }

  #tellOverlap({ workload, port, winner, shadowed }: Overlap): void {
    const names = shadowed.map(({ metadata }) => metadata.name);
    this.#log.warn(
      {
        event: 'server.overlap',
        workload: workloadText(workload),
        port,
        winner: winner.metadata.name,
        shadowed: names,
      },
      `several Servers select port ${port} of ${workloadText(workload)}: ${winner.metadata.name} has it, ${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} nothing there`,
    );
  }

  #tellPossible({ winner, shadowed, ports, labels }: PossibleOverlap): void {
    const { namespace, name } = winner.metadata;
    const other = shadowed.metadata.name;
    const what = winner.spec.selects === 'pods' ? 'a pod' : 'an external workload';
    this.#log.warn(
      {
        event: 'server.possible-overlap',
        namespace,
        winner: name,
        shadowed: other,
        ports,
        labels: labelText(labels),
      },
      `${name} and ${other} in ${namespace} both select port ${ports.join(', ')} of ${what} ${labelText(labels)}: ${name} would have it, ${other} would do nothing there`,
    );
  }
}

const pairKey = (namespace: string, ...names: readonly [string, string]): string =>
  `${namespace}/${names.toSorted().join(' ')}`;

/** `without labels`, `labelled app=web, tier=front` */
function labelText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return texts.length === 0 ? 'without labels' : `labelled ${texts.join(', ')}`;
}
