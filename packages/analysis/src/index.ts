/**
 * Questions asked of the policies: who may do what, and why. It turns names that people write into workloads, ports and clients of
 * the index, asks `decide()`, and tells the answer with the objects behind it. It has no rule of its own about who may, and reads no
 * clock, file, socket or environment. Called by the CLI and the dashboard.
 */
export { resolveClient } from './client.js';
export type { ClientOptions, ClientSubject } from './client.js';
export { explain } from './explain.js';
export type { Asked, DefaultPart, Explanation, Part, Question, Tried } from './explanation.js';
export { findingText } from './finding-text.js';
export { howToPermit } from './how-to-permit.js';
export type { Addition } from './how-to-permit.js';
export { shortIdentity } from './identity-text.js';
export { protocolText } from './protocol-text.js';
export type { Resolved } from './resolved.js';
export { resolveTarget } from './target.js';
export type { Target } from './target.js';
export { displayName, resolveWorkload } from './workload-name.js';
