/** A failure that the person can do something about: its message is the whole story, no stack needed. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Print why a command could not run. Faults of ours keep their stack, for the report that should follow. */
export function reportFailure(error: unknown): void {
  if (!(error instanceof Error)) {
    process.stderr.write(`doorward: ${String(error)}\n`);
    return;
  }
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) causes.push(cause.message);
  const because = causes.length === 0 ? '' : ` (${causes.join('; ')})`;
  process.stderr.write(`doorward: ${error.message}${because}\n`);
  const ours = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  if (ours)
    process.stderr.write(`${error.stack ?? ''}\nThis is a fault in doorward; please report it with the lines above.\n`);
}
