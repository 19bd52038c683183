/**
 * The controller: a folder of policy, the index that understands it, and the gRPC service that proxies ask. It composes; what a
 * policy means is decided in `@doorward/index` and `@doorward/core`. Started by the command line.
 */
export { runController } from './controller.js';
export type { RunningController } from './controller.js';
export { controllerDefaults, parseControllerOptions } from './options.js';
export type { ControllerOptions, ParsedOptions } from './options.js';
