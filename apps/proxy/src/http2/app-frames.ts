import {
  frameFlag,
  frameHeader,
  frameHeaderLength,
  frameType,
  http2Error,
  maxInt31,
  parseSettings,
  pingFrame,
  type DataPart,
  type FrameError,
  type FrameHandler,
} from '@doorward/http';
import { located } from '../answer/answer.js';
import type { Connection } from './connection.js';
import { type HeaderBlock, HeaderBlockCollector, type HeaderBlockStep } from './header-block.js';
import { ResponseBlocks } from './response-blocks.js';
import type { Stream } from './stream-table.js';

/** Almost always a server of HTTP/1 on a port that clients speak HTTP/2 to. */
const notHttp2 = 'it did not answer in HTTP/2; does it speak HTTP/1 only?';

/** The frames of the application: they pass, where the client still wants them and they keep the rules. */
export class AppFrames implements FrameHandler {
  readonly #connection: Connection;
  readonly #blocks: ResponseBlocks;
  readonly #collector: HeaderBlockCollector;
  #settingsSeen = false;

  constructor(connection: Connection) {
    const { limits } = connection.options;
    this.#connection = connection;
    this.#blocks = new ResponseBlocks(limits.responseHeaderListMax);
    this.#collector = new HeaderBlockCollector(limits.continuationsMax);
  }

  onFrameError(error: FrameError): void {
    this.#connection.failApp(this.#settingsSeen ? error : { ...error, message: notHttp2 });
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    if (this.#connection.isClosed) return;
    if (!this.#settingsSeen) {
      if (type !== frameType.settings || (flags & frameFlag.ack) !== 0) return this.#fail(notHttp2);
      this.#settingsSeen = true;
    }
    if (this.#collector.isOpen && type !== frameType.continuation) return this.#fail('a frame within a header block');
    switch (type) {
      case frameType.data:
        return this.#data(flags, streamId, bytes, at, end);
      case frameType.headers:
        if (streamId === 0) return this.#fail('HEADERS on stream 0');
        return this.#step(this.#collector.headers(flags, streamId, bytes, at, end));
      case frameType.continuation:
        return this.#step(this.#collector.continuation(flags, streamId, bytes, at, end));
      case frameType.rstStream:
        return this.#reset(streamId, bytes, at, end);
      case frameType.settings:
        return this.#settings(flags, streamId, bytes, at, end);
      case frameType.pushPromise:
        return this.#fail('PUSH_PROMISE, which ENABLE_PUSH=0 forbids');
      case frameType.ping:
        return this.#ping(flags, streamId, bytes, at, end);
      case frameType.goaway:
        return this.#goaway(streamId, bytes, at, end);
      case frameType.windowUpdate:
        return this.#windowUpdate(streamId, bytes, at, end);
      default:
        // Priorities and unknown frames are ignored.
        return undefined;
    }
  }

  onDataPart({ streamId, flags, length, first, last, bytes, from, to }: DataPart): void {
    if (this.#connection.isClosed) return;
    if (first) {
      if (!this.#settingsSeen) return this.#fail(notHttp2);
      if (this.#collector.isOpen) return this.#fail('a frame within a header block');
      if (!this.#mayCarry(streamId, length, (flags & frameFlag.endStream) !== 0)) {
        this.#connection.creditApp(to - from);
        return;
      }
    }
    const stream = this.#connection.streams.get(streamId);
    // The client may have reset the stream between two parts.
    if (stream?.kind !== 'forwarded' || stream.appEnded) {
      this.#connection.creditApp(to - from);
      return;
    }
    const partFlags = last ? flags & frameFlag.endStream : 0;
    this.#connection.clientOut.write(frameHeader(frameType.data, partFlags, streamId, to - from));
    this.#connection.clientOut.pass(bytes, from, to);
    if (partFlags !== 0) this.#endOfResponse(stream);
  }

  #data(flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    const length = end - at - frameHeaderLength;
    let content = length;
    if ((flags & frameFlag.padded) !== 0) {
      const padding = length === 0 ? 0 : bytes.readUInt8(at + frameHeaderLength);
      if (padding >= length) return this.#fail('DATA has more padding than payload');
      content -= padding + 1;
    }
    const ends = (flags & frameFlag.endStream) !== 0;
    if (!this.#mayCarry(streamId, content, ends)) return this.#connection.creditApp(length);
    this.#connection.clientOut.pass(bytes, at, end);
    const stream = this.#connection.streams.get(streamId);
    if (ends && stream !== undefined) this.#endOfResponse(stream);
  }

  /** Whether DATA may go on to the client; counts it against content-length. What it refuses is thrown away. */
  #mayCarry(streamId: number, content: number, ends: boolean): boolean {
    const stream = this.#open(streamId, 'DATA');
    if (stream === undefined) return false;
    if (!stream.responseStarted) return this.#malformed(stream, 'DATA before the head of the response');
    if (stream.appEnded) return this.#malformed(stream, 'DATA after the end of the response');
    if (stream.responseLeft === undefined) return true;
    stream.responseLeft -= content;
    if (stream.responseLeft >= 0 && (!ends || stream.responseLeft === 0)) return true;
    return this.#malformed(stream, 'the response body is not as long as `content-length` says');
  }

  /** The stream that a frame is for. `undefined`: the client has left it, or the application made it up. */
  #open(streamId: number, what: string): Stream | undefined {
    const { streams } = this.#connection;
    const stream = streams.get(streamId);
    if (stream?.kind === 'forwarded') return stream;
    if (streamId === 0 || streamId % 2 === 0 || streamId > streams.lastForwarded)
      this.#fail(`${what} on a stream that was never open`);
    return undefined;
  }

  #endOfResponse(stream: Stream): void {
    stream.appEnded = true;
    this.#connection.settleStream(stream);
  }

  #step(step: HeaderBlockStep): void {
    if (step === 'more') return;
    if ('code' in step) return this.#connection.failApp(step);
    const stream = this.#open(step.streamId, 'HEADERS');
    if (this.#connection.isClosed) return;
    if (stream?.responseStarted === true) this.#trailers(stream, step);
    else this.#head(stream, step);
  }

  /** `stream` is `undefined` when the client has left it: the block is still read, for the decoder's state. */
  #head(stream: Stream | undefined, { endStream, bytes }: HeaderBlock): void {
    const block = this.#blocks.head(bytes);
    if (block.kind === 'error') return this.#badCompression(block.message);
    if (stream === undefined) return;
    if (block.kind === 'too-large') return void this.#malformed(stream, 'header list too large');
    if (block.kind === 'malformed') return void this.#malformed(stream, block.message);
    const { head, encoded } = block;
    if (head.informational) {
      if (endStream) return void this.#malformed(stream, 'an informational response that ends its stream');
      this.#connection.sendToClient(stream.id, false, encoded);
      return;
    }
    // What these have no content for, they may still name the length of (RFC 9110 §8.6).
    const bodiless = stream.isHead || head.status === 204 || head.status === 304;
    stream.responseLeft = bodiless ? undefined : head.contentLength;
    if (endStream && stream.responseLeft !== undefined && stream.responseLeft > 0)
      return void this.#malformed(stream, '`content-length` without a response body');
    stream.responseStarted = true;
    // docs/spec/data-plane.md §6.2.
    const dated = head.hasDate ? encoded : Buffer.concat([encoded, this.#connection.date.encoded]);
    this.#connection.sendToClient(stream.id, endStream, dated);
    if (endStream) this.#endOfResponse(stream);
  }

  #trailers(stream: Stream, { endStream, bytes }: HeaderBlock): void {
    const block = this.#blocks.trailers(bytes);
    if (block.kind === 'error') return this.#badCompression(block.message);
    if (stream.appEnded) return void this.#malformed(stream, 'HEADERS after the end of the response');
    if (block.kind === 'too-large') return void this.#malformed(stream, 'trailers too large');
    if (block.kind === 'malformed') return void this.#malformed(stream, block.message);
    if (!endStream) return void this.#malformed(stream, 'trailers that do not end the response');
    if (stream.responseLeft !== undefined && stream.responseLeft !== 0)
      return void this.#malformed(stream, 'the response body is not as long as `content-length` says');
    this.#connection.sendToClient(stream.id, true, block.encoded);
    this.#endOfResponse(stream);
  }

  #reset(streamId: number, bytes: Buffer, at: number, end: number): void {
    if (end - at !== frameHeaderLength + 4) return this.#badSize('RST_STREAM has not 4 bytes');
    const stream = this.#open(streamId, 'RST_STREAM');
    if (stream === undefined) return;
    this.#connection.clientOut.pass(bytes, at, end);
    this.#connection.closeStream(streamId, 'reset');
  }

  #settings(flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    const { settings } = this.#connection;
    if (streamId !== 0) return this.#fail('SETTINGS on a stream');
    if ((flags & frameFlag.ack) !== 0) {
      if (end - at !== frameHeaderLength) return this.#badSize('SETTINGS acknowledged with a payload');
      const acknowledged = settings.appAcknowledged();
      if (acknowledged === 'own') this.#blocks.becomeStateless();
      else if (acknowledged !== 'relayed') this.#connection.failApp(acknowledged);
      return;
    }
    const parsed = parseSettings(bytes.subarray(at + frameHeaderLength, end));
    if (parsed.kind === 'error') return this.#connection.failApp(parsed.error);
    const error = settings.appSays(parsed.settings);
    if (error !== undefined) this.#connection.failApp(error);
  }

  #ping(flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    if (streamId !== 0) return this.#fail('PING on a stream');
    if (end - at !== frameHeaderLength + 8) return this.#badSize('PING has not 8 bytes');
    if ((flags & frameFlag.ack) !== 0) return;
    this.#connection.appOut.write(pingFrame(bytes.subarray(at + frameHeaderLength, end), true));
  }

  #goaway(streamId: number, bytes: Buffer, at: number, end: number): void {
    if (streamId !== 0) return this.#fail('GOAWAY on a stream');
    if (end - at < frameHeaderLength + 8) return this.#badSize('GOAWAY has less than 8 bytes');
    const last = bytes.readUInt32BE(at + frameHeaderLength) & maxInt31;
    const code = bytes.readUInt32BE(at + frameHeaderLength + 4);
    this.#connection.appLeaves(last, code);
  }

  #windowUpdate(streamId: number, bytes: Buffer, at: number, end: number): void {
    if (end - at !== frameHeaderLength + 4) return this.#badSize('WINDOW_UPDATE has not 4 bytes');
    const increment = bytes.readUInt32BE(at + frameHeaderLength) & maxInt31;
    if (streamId === 0) {
      if (increment === 0) return this.#fail('WINDOW_UPDATE of 0');
      this.#connection.clientOut.pass(bytes, at, end);
      return;
    }
    const stream = this.#open(streamId, 'WINDOW_UPDATE');
    if (stream === undefined) return;
    if (increment === 0) return void this.#malformed(stream, 'WINDOW_UPDATE of 0');
    // A client that has said everything needs no room.
    if (!stream.clientEnded) this.#connection.clientOut.pass(bytes, at, end);
  }

  /** A stream error of the application: both sides give the stream up. */
  #malformed(stream: Stream, message: string): false {
    const { session } = this.#connection;
    session.reportError({ message: located(`the application broke HTTP/2: ${message}`, session) });
    this.#connection.resetBoth(stream.id, http2Error.protocolError);
    return false;
  }

  #fail(message: string): void {
    this.#connection.failApp({ code: http2Error.protocolError, message });
  }

  #badSize(message: string): void {
    this.#connection.failApp({ code: http2Error.frameSizeError, message });
  }

  #badCompression(message: string): void {
    this.#connection.failApp({ code: http2Error.compressionError, message: `header block: ${message}` });
  }
}
