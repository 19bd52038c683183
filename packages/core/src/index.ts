/**
 * The vocabulary of inbound policy and the one function that decides. Knows no Kubernetes, no protobuf, no clock, file, socket
 * or environment; everything else in Doorward calls it.
 */
export { decide } from './decide.js';
export { isPermit } from './decision.js';
export type {
  Allowed,
  Decision,
  Denied,
  DenialReason,
  IdentityMiss,
  Miss,
  NetworkMiss,
  PathMatched,
  Permit,
} from './decision.js';
export * from './ip.js';
export * from './policy.js';
export * from './request.js';
