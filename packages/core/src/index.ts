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
export { identityMatches } from './authorization-match.js';
export { defaultAuthorization, defaultHttpRoute, isDefaultPolicyName, localDefaultPolicy } from './default-policy.js';
export * from './ip.js';
export { trustLoopback } from './loopback.js';
export { normalPath } from './normal-path.js';
export { compilePattern } from './pattern.js';
export type { Pattern, PatternResult } from './pattern.js';
export * from './policy.js';
export { RateLimiter } from './rate-limit.js';
export type { RateLimitExceeded } from './rate-limit.js';
export * from './request.js';
