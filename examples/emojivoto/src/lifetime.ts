/**
 * When an application's process ends: on SIGTERM and SIGINT, and when whoever started it is gone. The demo starts these
 * processes with an IPC channel or a piped stdin; both close when it dies, however it dies, so nothing is left over.
 */
import { fstatSync } from 'node:fs';

/** An end takes no longer than this, even if something refuses to close; people who press Ctrl-C are told a second. */
const closeTimeoutMs = 700;

/** Ends this process with status 0 after `close`, at the first reason to. */
export function endWithParent(close: () => Promise<void>): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), closeTimeoutMs);
    // A failure to close is of no use to anybody now: the process ends, and everything it holds with it.
    void close()
      .catch(() => undefined)
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.once('disconnect', end);
  // Whoever read our output may be gone first; writing to nobody must not become a crash.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  if (stdinIsPiped()) {
    process.stdin.on('error', end).once('end', end).once('close', end).resume();
  }
}

/** Not a terminal, and not /dev/null, which is at its end from the start. */
function stdinIsPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isSocket();
  } catch {
    // Started without any stdin: nothing to watch.
    return false;
  }
}
