import { defaultPolicyNames } from '@doorward/core';
import { closest, oneOf } from './words.js';

/** What to write in place of something that is no default policy. Linkerd's older documentation spells them with underscores. */
export function defaultPolicyHelp(written: string): string {
  const meant = closest(written.replaceAll('_', '-'), defaultPolicyNames);
  return meant === undefined ? `expected ${oneOf(defaultPolicyNames)}` : `did you mean \`${meant}\`?`;
}
