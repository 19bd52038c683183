/** Something wrong with an input, told to the person who wrote it. */

export interface Problem {
  /** `DW0112`; each code has one meaning, for ever. */
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning' | 'note';
  /** One sentence in lower case without a full stop; what the user wrote stands in backticks. */
  readonly message: string;
  readonly place?: ProblemPlace;
  /** What to do about it. */
  readonly help?: string;
}

export type ProblemCode = `DW${number}`;

export interface ProblemPlace {
  readonly file: string;
  /** One-based. */
  readonly line: number;
  readonly column: number;
  /** How many characters to underline; at least 1. */
  readonly length: number;
  /** The text of that line, for the excerpt. */
  readonly lineText: string;
  /** A few words under the mark. */
  readonly label?: string;
}
