/** How every long-running subcommand runs: start, wait to be asked to end, close, and say why if it could not. */
import type { Log } from '@doorward/telemetry';
import { exitCode } from './exit-code.js';
import { reportFailure } from './failure.js';

export interface Service {
  close(): Promise<void>;
}

/**
 * Ends the process: 0 after an orderly end, 1 when the start failed. A failure is told twice, as a line for people on stderr
 * and as the log event `fatal` for a program that started us.
 */
export async function runService(log: Log, start: () => Promise<Service>): Promise<void> {
  const { shutdownRequested } = await import('@doorward/telemetry');
  const asked = shutdownRequested();
  // Asked to end while it starts: nothing is served yet, so there is nothing to finish.
  void asked.then(() => {
    if (service === undefined) process.exit(exitCode.yes);
  });
  let service: Service | undefined;
  try {
    service = await start();
  } catch (error) {
    log.error({ event: 'fatal' }, error instanceof Error ? error.message : String(error));
    reportFailure(error);
    process.exit(exitCode.couldNotRun);
  }
  const why = await asked;
  log.info(
    { event: 'shutdown', why },
    why === 'disconnect' ? 'the parent process is gone; ending' : `received ${why}, starting shutdown`,
  );
  await service.close();
  process.exit(exitCode.yes);
}
