import type { Problem, ProblemPlace } from './problem.js';
import type { ResourceProblemCode as ProblemCode } from './problem-codes.js';

export type Path = readonly (string | number)[];

/** What a rule may add to its sentence. */
export interface IssueDetail {
  readonly help?: string | undefined;
  /** A few words under the mark. */
  readonly label?: string | undefined;
  /** Mark the field's name instead of its value. */
  readonly at?: 'key' | 'value';
}

/** How a text knows where its fields stand. Objects from an API server have no such thing. */
export interface Locator {
  place(path: Path, at: 'key' | 'value', label: string | undefined): ProblemPlace;
  /** The field as it was written; undefined when it is not a scalar of the text. */
  textAt(path: Path): string | undefined;
}

/**
 * Collects what is wrong with one object, all of it.
 *
 * Two doors, two measures. A file, and an object at the webhook, is judged strictly. An object that already is in a cluster
 * may have slipped past a webhook that was down: Linkerd's index then tolerates what it can (docs/spec/control-plane.md §4.4,
 * §9 Q23), and so do we when `strict` is false.
 */
export class Issues {
  readonly strict: boolean;
  readonly problems: Problem[] = [];
  /** Whether no object can be made of this. */
  refused = false;
  readonly #locator: Locator | undefined;

  constructor(strict: boolean, locator: Locator | undefined) {
    this.strict = strict;
    this.#locator = locator;
  }

  /** The object cannot be understood: an error at both doors. */
  error(code: ProblemCode, path: Path, message: string, detail: IssueDetail = {}): void {
    this.refused = true;
    this.#add('error', code, path, message, detail);
  }

  /** A rule of the webhook or the CRD that the index can live without. */
  rule(code: ProblemCode, path: Path, message: string, detail: IssueDetail = {}): void {
    if (this.strict) this.error(code, path, message, detail);
  }

  /** The webhook admits the object and the index then ignores it: worth a warning, and no object. */
  inert(code: ProblemCode, path: Path, message: string, detail: IssueDetail = {}): void {
    this.refused = true;
    this.#add('warning', code, path, message, detail);
  }

  /** In force, but probably not what was meant. */
  warning(code: ProblemCode, path: Path, message: string, detail: IssueDetail = {}): void {
    if (this.strict) this.#add('warning', code, path, message, detail);
  }

  /** The field as it was written, for a sentence. */
  textAt(path: Path): string | undefined {
    return this.#locator?.textAt(path);
  }

  #add(severity: Problem['severity'], code: ProblemCode, path: Path, message: string, detail: IssueDetail): void {
    this.problems.push({
      code,
      severity,
      message,
      ...(this.#locator && { place: this.#locator.place(path, detail.at ?? 'value', detail.label) }),
      ...(detail.help !== undefined && { help: detail.help }),
    });
  }
}
