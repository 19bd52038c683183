import { findingText } from '@doorward/analysis';
import type { ObjectStatus, PolicyIndex } from '@doorward/index';
import { relative } from 'node:path';
import type { View } from './view.js';

/**
 * Which policy objects have no effect, or not their whole effect, and why: told when it becomes so, and when it is over. A change
 * that silently does nothing is the last thing that somebody who locks a door should meet.
 */
export class EffectReport {
  /** By object: what was told last. */
  readonly #told = new Map<string, string>();

  constructor(
    private readonly index: PolicyIndex,
    private readonly view: View,
  ) {}

  /** To be called after each change of the index. */
  tell(): void {
    const now = new Set<string>();
    for (const status of this.index.statuses()) {
      if (status.state === 'in-force' || status.findings.length === 0) continue;
      now.add(status.key);
      const text = this.#text(status);
      if (this.#told.get(status.key) === text) continue;
      this.#told.set(status.key, text);
      this.view.notice(isHarmless(status) ? 'info' : 'warn', text);
    }
    for (const key of this.#told.keys()) {
      if (now.has(key)) continue;
      this.#told.delete(key);
      // What was deleted has no effect either, but nobody wonders about that.
      if (this.index.get(key) !== undefined) this.view.notice('info', `${key} has its effect now`);
    }
  }

  #text({ object, place, state, findings }: ObjectStatus): string {
    const { namespace, name } = object.metadata;
    const where = place === undefined ? '' : `${relative('.', place.file)}:${place.line}  `;
    const why = findings.map((finding) => findingText(finding, namespace, this.index)).join('; ');
    return `${where}${object.kind} ${name} ${state === 'partly' ? 'does not have its whole effect' : 'has no effect'}: ${why}`;
  }
}

/** An authentication that nobody requires changes nothing by itself. */
function isHarmless({ findings }: ObjectStatus): boolean {
  return findings.every(({ kind }) => kind === 'not-referenced' || kind === 'referrers-not-in-force');
}
