/**
 * What every process is made with: its log, its metrics, its admin server, addresses and listening on them, and being asked to
 * end. Knows nothing of policy; every app composes it, libraries take the `Log` they are given.
 */
export { startAdmin } from './admin-server.js';
export type { AdminOptions, AdminServer } from './admin-server.js';
export { formatHostPort, parseHostPort } from './host-port.js';
export type { HostPort } from './host-port.js';
export { logLevels } from './levels.js';
export type { LogLevel } from './levels.js';
export { addressOf, ListenError, listenFailure, listenGrpc, listenOn } from './listen.js';
export { createLog, silentLog } from './log.js';
export type { Log } from './log.js';
export { Metrics } from './metrics.js';
export type { Family, Labels, Series } from './metrics.js';
export { shutdownRequested } from './shutdown.js';
export type { ShutdownCause } from './shutdown.js';
