import { CommanderError } from 'commander';

/** Wrong usage that commander could not see by itself: printed, and exit status 2. */
export function usageError(problems: readonly string[]): CommanderError {
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  process.stderr.write('(--help shows what there is)\n');
  return new CommanderError(1, 'doorward.usage', problems.join('; '));
}
