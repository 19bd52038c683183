/**
 * What a process says about itself: its log, and when it is asked to end. Knows nothing of policy; every app composes it,
 * libraries take the `Log` they are given.
 */
export { logLevels } from './levels.js';
export type { LogLevel } from './levels.js';
export { createLog, silentLog } from './log.js';
export type { Log } from './log.js';
export { shutdownRequested } from './shutdown.js';
export type { ShutdownCause } from './shutdown.js';
