import { defaultMaxFrameSize, frameFlag, frameHeaderLength, frameType } from './protocol.js';

/** The 9 bytes in front of a payload of `length` bytes. */
export const frameHeader = (type: number, flags: number, streamId: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(frameHeaderLength);
  writeFrameHeader(bytes, type, flags, streamId, length);
  return bytes;
};

const writeFrameHeader = (bytes: Buffer, type: number, flags: number, streamId: number, length: number): void => {
  bytes[0] = length >>> 16;
  bytes[1] = length >>> 8;
  bytes[2] = length;
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
};

const frameOfWords = (type: number, flags: number, streamId: number, words: readonly number[]): Buffer => {
  const bytes = Buffer.allocUnsafe(frameHeaderLength + words.length * 4);
  writeFrameHeader(bytes, type, flags, streamId, words.length * 4);
  words.forEach((word, index) => bytes.writeUInt32BE(word, frameHeaderLength + index * 4));
  return bytes;
};

export const rstStreamFrame = (streamId: number, code: number): Buffer =>
  frameOfWords(frameType.rstStream, 0, streamId, [code]);

export const windowUpdateFrame = (streamId: number, increment: number): Buffer =>
  frameOfWords(frameType.windowUpdate, 0, streamId, [increment]);

/** Without debug data: what we know about a peer's mistake goes to our log, not to the peer. */
export const goawayFrame = (lastStreamId: number, code: number): Buffer =>
  frameOfWords(frameType.goaway, 0, 0, [lastStreamId, code]);

/** `opaque`: 8 bytes. */
export const pingFrame = (opaque: Buffer, ack: boolean): Buffer =>
  Buffer.concat([frameHeader(frameType.ping, ack ? frameFlag.ack : 0, 0, 8), opaque.subarray(0, 8)]);

export const settingsAckFrame = (): Buffer => frameHeader(frameType.settings, frameFlag.ack, 0, 0);

/** `settings`: pairs of identifier and value, in the order in which they are to be applied. */
export const settingsFrame = (settings: readonly (readonly [id: number, value: number])[]): Buffer => {
  const bytes = Buffer.allocUnsafe(frameHeaderLength + settings.length * 6);
  writeFrameHeader(bytes, frameType.settings, 0, 0, settings.length * 6);
  settings.forEach(([id, value], index) => {
    bytes.writeUInt16BE(id, frameHeaderLength + index * 6);
    bytes.writeUInt32BE(value, frameHeaderLength + index * 6 + 2);
  });
  return bytes;
};

/** A header block as HEADERS and, where it is longer than a frame may be, CONTINUATION. */
export const headersFrames = (streamId: number, endStream: boolean, block: Buffer): Buffer[] => {
  const flags = endStream ? frameFlag.endStream : 0;
  if (block.length <= defaultMaxFrameSize) {
    const bytes = Buffer.allocUnsafe(frameHeaderLength + block.length);
    writeFrameHeader(bytes, frameType.headers, flags | frameFlag.endHeaders, streamId, block.length);
    block.copy(bytes, frameHeaderLength);
    return [bytes];
  }
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += defaultMaxFrameSize) {
    const piece = block.subarray(at, at + defaultMaxFrameSize);
    const isLast = at + piece.length === block.length;
    const type = at === 0 ? frameType.headers : frameType.continuation;
    const pieceFlags = (at === 0 ? flags : 0) | (isLast ? frameFlag.endHeaders : 0);
    frames.push(frameHeader(type, pieceFlags, streamId, piece.length), piece);
  }
  return frames;
};
