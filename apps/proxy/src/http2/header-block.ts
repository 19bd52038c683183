import { defaultMaxFrameSize, frameFlag, frameHeaderLength, http2Error, type FrameError } from '@doorward/http';

/** A complete header block, of HEADERS and its CONTINUATION frames. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly bytes: Buffer;
  /** RFC 7540 §5.3.1 makes it an error; RFC 9113 has dropped priorities, but what is wrong by either is not forwarded. */
  readonly dependsOnItself: boolean;
}

export type HeaderBlockStep = HeaderBlock | 'more' | FrameError;

/**
 * Puts header blocks together. While one is open nothing else may come (RFC 9113 §6.10). At most `continuationsMax` + 1 frames of 16 KiB are
 * held.
 */
export class HeaderBlockCollector {
  readonly #continuationsMax: number;
  #open: { streamId: number; endStream: boolean; dependsOnItself: boolean; pieces: Buffer[] } | undefined;

  constructor(continuationsMax: number) {
    this.#continuationsMax = continuationsMax;
  }

  /** Whether CONTINUATION is the only frame that may follow. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  headers(flags: number, streamId: number, bytes: Buffer, at: number, end: number): HeaderBlockStep {
    let from = at + frameHeaderLength;
    let to = end;
    if ((flags & frameFlag.padded) !== 0) {
      if (from >= to) return { code: http2Error.frameSizeError, message: 'padded HEADERS without a padding length' };
      to -= bytes.readUInt8(from);
      from += 1;
    }
    let dependsOnItself = false;
    if ((flags & frameFlag.priority) !== 0) {
      if (from + 5 > end) return { code: http2Error.frameSizeError, message: 'HEADERS with PRIORITY is too short' };
      dependsOnItself = (bytes.readUInt32BE(from) & 0x7fffffff) === streamId;
      from += 5;
    }
    if (from > to) return { code: http2Error.protocolError, message: 'HEADERS has more padding than payload' };
    const endStream = (flags & frameFlag.endStream) !== 0;
    const block = bytes.subarray(from, to);
    if ((flags & frameFlag.endHeaders) !== 0) return { streamId, endStream, bytes: block, dependsOnItself };
    this.#open = { streamId, endStream, dependsOnItself, pieces: [block] };
    return 'more';
  }

  continuation(flags: number, streamId: number, bytes: Buffer, at: number, end: number): HeaderBlockStep {
    const open = this.#open;
    if (open === undefined || open.streamId !== streamId) {
      return { code: http2Error.protocolError, message: 'CONTINUATION without HEADERS' };
    }
    open.pieces.push(bytes.subarray(at + frameHeaderLength, end));
    if (open.pieces.length > this.#continuationsMax + 1) {
      return {
        code: http2Error.enhanceYourCalm,
        message: `more than ${this.#continuationsMax} CONTINUATION frames (${defaultMaxFrameSize} bytes each) in one header block`,
      };
    }
    if ((flags & frameFlag.endHeaders) === 0) return 'more';
    this.#open = undefined;
    const { endStream, dependsOnItself } = open;
    return { streamId, endStream, bytes: Buffer.concat(open.pieces), dependsOnItself };
  }
}
