import { defaultMaxFrameSize, frameFlag, frameHeaderLength, frameType, http2Error } from './protocol.js';

/** Where a {@link FrameReader} delivers. Buffers are views of the chunks: keep them as long as you like, never write to them. */
export interface FrameHandler {
  /**
   * A whole frame. `bytes[at]` is the first byte of its header, its payload ends before `bytes[end]`. Numbers in place of an object:
   * this runs for each frame of each request.
   */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, at: number, end: number): void;
  /**
   * A piece of an unpadded DATA frame that the chunks cut: `bytes` from `from` to `to`. `first` comes with the frame's payload `length`;
   * `flags` are the whole frame's, so END_STREAM counts only when `last`.
   */
  onDataPart(part: DataPart): void;
  /** The bytes are no HTTP/2. Nothing is delivered after it. */
  onFrameError(error: FrameError): void;
}

export interface DataPart {
  readonly streamId: number;
  readonly flags: number;
  /** Payload bytes of the whole frame. */
  readonly length: number;
  readonly first: boolean;
  readonly last: boolean;
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

export interface FrameError {
  /** RFC 9113 §7. */
  readonly code: number;
  readonly message: string;
}

/**
 * Finds frames in chunks that are cut anywhere. Copies only what a cut tears apart, and of DATA nothing: a long message
 * passes piece by piece. Padded DATA is an exception, it is rare and delivered whole. At most one frame (`maxFrameSize` + 9 bytes) is held.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #maxFrameSize: number;
  #stopped = false;

  readonly #head = Buffer.alloc(frameHeaderLength);
  /** Bytes of `#head` that have arrived; 0 between frames. */
  #headFilled = 0;
  /** A frame torn apart, being put together: header and payload. */
  #torn: Buffer | undefined;
  #tornFilled = 0;
  /** Payload bytes still missing of a DATA frame that is delivered in parts. */
  #dataLeft = 0;
  #dataLength = 0;
  #dataFlags = 0;
  #dataStream = 0;

  constructor(handler: FrameHandler, maxFrameSize: number = defaultMaxFrameSize) {
    this.#handler = handler;
    this.#maxFrameSize = maxFrameSize;
  }

  /** Deliver nothing more, not even what is left of the chunk being read. */
  stop(): void {
    this.#stopped = true;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#dataLeft > 0) at = this.#dataPart(chunk, at);
      else if (this.#torn !== undefined) at = this.#mend(this.#torn, chunk, at);
      else if (this.#headFilled > 0 || chunk.length - at < frameHeaderLength) at = this.#tornHead(chunk, at);
      else at = this.#frame(chunk, at);
    }
  }

  #frame(chunk: Buffer, at: number): number {
    const length = frameLength(chunk, at);
    if (length > this.#maxFrameSize) return this.#tooLong(length, chunk.length);
    const end = at + frameHeaderLength + length;
    const type = chunk[at + 3];
    const flags = chunk[at + 4];
    if (end <= chunk.length) {
      this.#handler.onFrame(type, flags, streamIdAt(chunk, at), chunk, at, end);
      return end;
    }
    if (isSpliceable(type, flags)) {
      this.#startData(chunk, at, length);
      return at + frameHeaderLength < chunk.length ? this.#dataPart(chunk, at + frameHeaderLength) : chunk.length;
    }
    this.#tear(chunk, at, length);
    return chunk.length;
  }

  #tornHead(chunk: Buffer, at: number): number {
    const taken = Math.min(frameHeaderLength - this.#headFilled, chunk.length - at);
    chunk.copy(this.#head, this.#headFilled, at, at + taken);
    this.#headFilled += taken;
    const next = at + taken;
    if (this.#headFilled < frameHeaderLength) return next;

    this.#headFilled = 0;
    const head = this.#head;
    const length = frameLength(head, 0);
    if (length > this.#maxFrameSize) return this.#tooLong(length, chunk.length);
    if (length > 0 && isSpliceable(head[3], head[4])) {
      this.#startData(head, 0, length);
      return next;
    }
    this.#tear(head, 0, length);
    // A frame without payload is complete, though no byte may follow that would make us look again.
    if (length === 0 && this.#torn !== undefined) this.#mend(this.#torn, chunk, next);
    return next;
  }

  #tear(bytes: Buffer, at: number, length: number): void {
    this.#torn = Buffer.allocUnsafe(frameHeaderLength + length);
    this.#tornFilled = bytes.copy(this.#torn, 0, at, bytes.length);
  }

  #mend(torn: Buffer, chunk: Buffer, at: number): number {
    const taken = Math.min(torn.length - this.#tornFilled, chunk.length - at);
    chunk.copy(torn, this.#tornFilled, at, at + taken);
    this.#tornFilled += taken;
    if (this.#tornFilled === torn.length) {
      this.#torn = undefined;
      this.#handler.onFrame(torn[3], torn[4], streamIdAt(torn, 0), torn, 0, torn.length);
    }
    return at + taken;
  }

  #startData(head: Buffer, at: number, length: number): void {
    this.#dataFlags = head[at + 4];
    this.#dataStream = streamIdAt(head, at);
    this.#dataLength = length;
    this.#dataLeft = length;
  }

  #dataPart(chunk: Buffer, at: number): number {
    const to = Math.min(at + this.#dataLeft, chunk.length);
    const first = this.#dataLeft === this.#dataLength;
    this.#dataLeft -= to - at;
    this.#handler.onDataPart({
      streamId: this.#dataStream,
      flags: this.#dataFlags,
      length: this.#dataLength,
      first,
      last: this.#dataLeft === 0,
      bytes: chunk,
      from: at,
      to,
    });
    return to;
  }

  #tooLong(length: number, end: number): number {
    this.#stopped = true;
    this.#handler.onFrameError({
      code: http2Error.frameSizeError,
      message: `frame of ${length} bytes; at most ${this.#maxFrameSize} are allowed`,
    });
    return end;
  }
}

const isSpliceable = (type: number, flags: number): boolean =>
  type === frameType.data && (flags & frameFlag.padded) === 0;

const frameLength = (bytes: Buffer, at: number): number => (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];

/** The reserved bit is ignored (RFC 9113 §4.1). */
const streamIdAt = (bytes: Buffer, at: number): number =>
  ((bytes[at + 5] & 0x7f) << 24) | (bytes[at + 6] << 16) | (bytes[at + 7] << 8) | bytes[at + 8];
