import type { FrameError } from './frame-reader.js';
import { http2Error, maxInt31, settingId } from './protocol.js';

/** What one SETTINGS frame said; later values of the same setting have replaced earlier ones (RFC 9113 §6.5.3). */
export interface Http2Settings {
  headerTableSize?: number;
  enablePush?: number;
  maxConcurrentStreams?: number;
  initialWindowSize?: number;
  maxFrameSize?: number;
  maxHeaderListSize?: number;
}

export type SettingsResult =
  | { readonly kind: 'settings'; readonly settings: Http2Settings }
  | { readonly kind: 'error'; readonly error: FrameError };

/** The payload of a SETTINGS frame without ACK. Unknown settings are ignored, known ones checked (RFC 9113 §6.5.2). */
export const parseSettings = (payload: Buffer): SettingsResult => {
  if (payload.length % 6 !== 0)
    return wrong(http2Error.frameSizeError, `SETTINGS of ${payload.length} bytes; a setting has 6`);
  const settings: Http2Settings = {};
  for (let at = 0; at < payload.length; at += 6) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case settingId.headerTableSize:
        settings.headerTableSize = value;
        break;
      case settingId.enablePush:
        if (value > 1) return wrong(http2Error.protocolError, `ENABLE_PUSH is ${value}; expected 0 or 1`);
        settings.enablePush = value;
        break;
      case settingId.maxConcurrentStreams:
        settings.maxConcurrentStreams = value;
        break;
      case settingId.initialWindowSize:
        if (value > maxInt31)
          return wrong(http2Error.flowControlError, `INITIAL_WINDOW_SIZE is ${value}; at most ${maxInt31} is allowed`);
        settings.initialWindowSize = value;
        break;
      case settingId.maxFrameSize:
        if (value < 16_384 || value > 16_777_215) {
          return wrong(http2Error.protocolError, `MAX_FRAME_SIZE is ${value}; expected 16384 to 16777215`);
        }
        settings.maxFrameSize = value;
        break;
      case settingId.maxHeaderListSize:
        settings.maxHeaderListSize = value;
        break;
      default:
        break;
    }
  }
  return { kind: 'settings', settings };
};

const wrong = (code: number, message: string): SettingsResult => ({ kind: 'error', error: { code, message } });
