/** The numbers of RFC 9113: frame types (§6), flags, error codes (§7), settings (§6.5.2). */

/** What a client sends first (RFC 9113 §3.4). */
export const clientPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const frameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const http2Error = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  enhanceYourCalm: 0xb,
} as const;

export const settingId = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
} as const;

/** Bytes of a frame's header (RFC 9113 §4.1). */
export const frameHeaderLength = 9;
/** The largest payload that every endpoint must accept without having been asked (RFC 9113 §4.2). */
export const defaultMaxFrameSize = 16_384;
/** The window of a connection and of each stream until told otherwise (RFC 9113 §6.9.2). */
export const defaultWindowSize = 65_535;
/** The largest window and stream id (RFC 9113 §6.9.1, §5.1.1). */
export const maxInt31 = 0x7fffffff;
/** The dynamic table's size until told otherwise (RFC 9113 §6.5.2). */
export const defaultHeaderTableSize = 4096;
