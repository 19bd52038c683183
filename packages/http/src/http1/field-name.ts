import { equalsIgnoringCase } from './characters.js';

/** The headers that framing, routing and connection handling read, as bits. All others are 0. */
export const Field = {
  host: 1,
  contentLength: 2,
  transferEncoding: 4,
  connection: 8,
  keepAlive: 16,
  proxyConnection: 32,
  upgrade: 64,
  expect: 128,
  date: 256,
} as const;

/** Which of {@link Field} the name at `start…end` is. The length decides first, so most names cost one comparison. */
export function fieldOf(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 4:
      if (equalsIgnoringCase(bytes, start, end, 'host')) return Field.host;
      return equalsIgnoringCase(bytes, start, end, 'date') ? Field.date : 0;
    case 6:
      return equalsIgnoringCase(bytes, start, end, 'expect') ? Field.expect : 0;
    case 7:
      return equalsIgnoringCase(bytes, start, end, 'upgrade') ? Field.upgrade : 0;
    case 10:
      if (equalsIgnoringCase(bytes, start, end, 'connection')) return Field.connection;
      return equalsIgnoringCase(bytes, start, end, 'keep-alive') ? Field.keepAlive : 0;
    case 14:
      return equalsIgnoringCase(bytes, start, end, 'content-length') ? Field.contentLength : 0;
    case 16:
      return equalsIgnoringCase(bytes, start, end, 'proxy-connection') ? Field.proxyConnection : 0;
    case 17:
      return equalsIgnoringCase(bytes, start, end, 'transfer-encoding') ? Field.transferEncoding : 0;
    default:
      return 0;
  }
}
