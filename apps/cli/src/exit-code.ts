/** What the exit status of a command means; relied upon in scripts (design: stable interfaces). */
export const exitCode = {
  /** Allowed, clean, done. */
  yes: 0,
  couldNotRun: 1,
  usage: 2,
  /** Denied, findings, or a failed policy test. */
  no: 3,
} as const;
