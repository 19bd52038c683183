/**
 * What a process says about itself: its log, its metrics, its admin server, and when it is asked to end. Knows nothing of
 * policy; every app composes it, libraries take the `Log` they are given.
 */
export { startAdmin } from './admin-server.js';
export type { AdminOptions, AdminServer } from './admin-server.js';
export { logLevels } from './levels.js';
export type { LogLevel } from './levels.js';
export { createLog, silentLog } from './log.js';
export type { Log } from './log.js';
export { Metrics } from './metrics.js';
export type { Family, Labels, Series } from './metrics.js';
export { shutdownRequested } from './shutdown.js';
export type { ShutdownCause } from './shutdown.js';
