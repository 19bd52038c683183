/**
 * HTTP/2 on bytes: frames (RFC 9113 §4, §6), HPACK (RFC 7541) and the rules a header list must keep (RFC 9113 §8). Knows no
 * socket, clock, policy or stream state; those belong to the splice in apps/proxy, the only caller.
 */
export { FrameReader } from './frame-reader.js';
export type { DataPart, FrameError, FrameHandler } from './frame-reader.js';
export * from './frame-writer.js';
export {
  checkTrailers,
  http2Field,
  isConnectionSpecific,
  isFieldValue,
  isLowerCaseToken,
  latin1OfText,
} from './header-list.js';
export type { FieldProblem, Http2Field } from './header-list.js';
export { HpackDecoder } from './hpack-decoder.js';
export type { HeaderBlockResult } from './hpack-decoder.js';
export { beginsWithSizeUpdate, encodeFields, tableSizeZero } from './hpack-encoder.js';
export * from './protocol.js';
export { readRequestHead } from './request-rules.js';
export type { Http2RequestHead, RequestHeadResult } from './request-rules.js';
export { readResponseHead } from './response-rules.js';
export type { Http2ResponseHead, ResponseHeadResult } from './response-rules.js';
export { parseSettings } from './settings.js';
export type { Http2Settings, SettingsResult } from './settings.js';
