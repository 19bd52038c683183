/**
 * Resolves at the first SIGINT or SIGTERM, or when the process that started us is gone (a closed IPC channel). A second
 * signal ends the process at once, for people whose patience has run out.
 */
export async function shutdownRequested(): Promise<'SIGINT' | 'SIGTERM' | 'disconnect'> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (why: 'SIGINT' | 'SIGTERM' | 'disconnect'): void => {
      if (asked && why !== 'disconnect') process.exit(130);
      asked = true;
      resolve(why);
    };
    process.on('SIGINT', () => ask('SIGINT'));
    process.on('SIGTERM', () => ask('SIGTERM'));
    if (process.channel !== undefined) {
      process.once('disconnect', () => ask('disconnect'));
    }
  });
}
