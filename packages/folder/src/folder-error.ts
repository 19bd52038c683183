import { faultText } from './file-problem.js';

/** The folder cannot be a source at all; the message is a sentence for people. */
export class FolderError extends Error {
  override readonly name = 'FolderError';

  constructor(what: string, cause: unknown) {
    super(`${what} cannot be read: ${faultText(cause)}`, { cause });
  }
}
