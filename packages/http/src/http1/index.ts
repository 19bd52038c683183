/**
 * HTTP/1 heads, body framing and head rewriting, on bytes (RFC 9112). Knows what a safe message is, not who may send it; the
 * proxy's HTTP/1 splice calls it. Ambiguous input is refused, never repaired.
 */
export { BodyReader } from './body-reader.js';
export { Field } from './field-name.js';
export type { Framing } from './head.js';
export { HeadEdit } from './head-edit.js';
export * from './limits.js';
export { Refusal } from './refusal.js';
export { isHttp, RequestHead } from './request-head.js';
export { RequestReader } from './request-reader.js';
export type { RequestTarget, TargetForm } from './request-target.js';
export { ResponseHead } from './response-head.js';
export { ResponseReader } from './response-reader.js';
