/** What asked the process to end. */
export type ShutdownCause = 'SIGINT' | 'SIGTERM' | 'disconnect';

/**
 * Resolves at the first SIGINT or SIGTERM, or when the process that started us is gone (a closed IPC channel). The same
 * signal a second time ends the process at once, for people whose patience has run out; the other one does not, because
 * Ctrl-C reaches a whole process group and the parent's SIGTERM follows.
 */
export async function shutdownRequested(): Promise<ShutdownCause> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve(signal);
      });
    }
    if (process.channel !== undefined) process.once('disconnect', () => resolve('disconnect'));
  });
}
