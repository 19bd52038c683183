/**
 * The policy index: Kubernetes objects in, and out of them what is in force on each port of each workload, as a value of
 * `@doorward/core`. It knows what objects mean to one another; it doesn't know where they come from (a folder, a cluster, a test),
 * and reads no clock, file, socket or environment. The controller serves its values, the CLI asks it questions.
 */
export { defaultClusterConfig } from './config.js';
export type { ClusterConfig } from './config.js';
export { serviceAccountIdentity } from './identity.js';
export type { VoidReason } from './authorization.js';
export type { Overlap } from './overlap.js';
export type { PossibleOverlap } from './possible-overlap.js';
export { PolicyIndex } from './policy-index.js';
export type { Batch, Round } from './policy-index.js';
export type { PolicyListener } from './entries.js';
export type { Finding, JudgedObject, ObjectStatus, TargetKind } from './finding.js';
export { workloadRef } from './workload.js';
export type { EffectiveDefault, WorkloadListing, WorkloadNote, WorkloadObject, WorkloadRef } from './workload.js';
