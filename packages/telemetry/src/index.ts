/**
 * What a process says about itself: its log, and when it is asked to end. Knows nothing of policy; every app composes it,
 * libraries take the `Log` they are given.
 */
export { createLog, logLevels, silentLog } from './log.js';
export type { Log, LogLevel } from './log.js';
export { shutdownRequested } from './shutdown.js';
export type { ShutdownCause } from './shutdown.js';
