import {
  encodeFields,
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
import {
  type Answer,
  denial,
  filtered,
  headerListTooLarge,
  origProtoUnsupported,
  rateLimited,
  unexpected,
} from '../answer/answer.js';
import { applyFilters } from '../filter/apply-filters.js';
import type { RequestDecision } from '../inbound/session.js';
import { type Connection, tooManyResets } from './connection.js';
import { FieldEdits } from './field-edits.js';
import { type HeaderBlock, HeaderBlockCollector, type HeaderBlockStep } from './header-block.js';
import { TokenBucket } from './limits.js';
import { type RequestBlock, RequestBlocks } from './request-blocks.js';
import type { Stream } from './stream-table.js';

type Request = Extract<RequestBlock, { kind: 'request' }>;

/** The frames of the client: requests are decided here, everything else passes or ends here. */
export class ClientFrames implements FrameHandler {
  readonly #connection: Connection;
  readonly #blocks: RequestBlocks;
  readonly #collector: HeaderBlockCollector;
  readonly #settingsRate: TokenBucket;
  readonly #idleRate: TokenBucket;
  #settingsSeen = false;

  constructor(connection: Connection) {
    const { limits } = connection.options;
    const now = (): number => performance.now();
    this.#connection = connection;
    this.#blocks = new RequestBlocks(connection.session.clientId, limits.requestHeaderListMax);
    this.#collector = new HeaderBlockCollector(limits.continuationsMax);
    this.#settingsRate = new TokenBucket(limits.settingsBurst, limits.settingsPerSecond, now);
    this.#idleRate = new TokenBucket(limits.idleFramesBurst, limits.idleFramesPerSecond, now);
  }

  onFrameError(error: FrameError): void {
    this.#connection.failClient(error);
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    if (this.#connection.isClosed) return;
    if (!this.#settingsSeen) {
      // RFC 9113 §3.4.
      if (type !== frameType.settings || (flags & frameFlag.ack) !== 0)
        return this.#fail('the first frame is not SETTINGS');
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
      case frameType.priority:
        return this.#priority(streamId, bytes, at, end);
      case frameType.rstStream:
        return this.#reset(streamId, bytes, at, end);
      case frameType.settings:
        return this.#settings(flags, streamId, bytes, at, end);
      case frameType.pushPromise:
        return this.#fail('PUSH_PROMISE from a client');
      case frameType.ping:
        return this.#ping(flags, streamId, bytes, at, end);
      case frameType.goaway:
        return this.#goaway(streamId, bytes, at, end);
      case frameType.windowUpdate:
        return this.#windowUpdate(streamId, bytes, at, end);
      default:
        // Unknown frames are ignored (RFC 9113 §5.5).
        return undefined;
    }
  }

  onDataPart({ streamId, flags, length, first, last, bytes, from, to }: DataPart): void {
    if (this.#connection.isClosed) return;
    if (first) {
      if (!this.#settingsSeen) return this.#fail('the first frame is not SETTINGS');
      if (this.#collector.isOpen) return this.#fail('a frame within a header block');
      if (!this.#mayCarry(streamId, length, (flags & frameFlag.endStream) !== 0)) {
        this.#connection.creditClient(to - from);
        return;
      }
    }
    const stream = this.#connection.streams.get(streamId);
    // The stream may have ended between two parts: what is forwarded is a frame of its own each time, so nothing is left half said.
    if (stream?.kind !== 'forwarded' || stream.clientEnded) {
      this.#connection.creditClient(to - from);
      if (stream !== undefined && last && (flags & frameFlag.endStream) !== 0) this.#endOfRequest(stream);
      return;
    }
    const partFlags = last ? flags & frameFlag.endStream : 0;
    this.#connection.appOut.write(frameHeader(frameType.data, partFlags, streamId, to - from));
    this.#connection.appOut.pass(bytes, from, to);
    if (partFlags !== 0) this.#endOfRequest(stream);
  }

  #data(flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    const length = end - at - frameHeaderLength;
    let content = length;
    if ((flags & frameFlag.padded) !== 0) {
      const padding = length === 0 ? 0 : bytes.readUInt8(at + frameHeaderLength);
      // RFC 9113 §6.1.
      if (padding >= length) return this.#fail('DATA has more padding than payload');
      content -= padding + 1;
    }
    const ends = (flags & frameFlag.endStream) !== 0;
    if (content === 0 && !ends && !this.#idleRate.take()) return this.#calm('too many DATA frames without content');
    const carried = this.#mayCarry(streamId, content, ends);
    const stream = this.#connection.streams.get(streamId);
    if (carried && stream?.kind === 'forwarded') this.#connection.appOut.pass(bytes, at, end);
    else this.#connection.creditClient(length);
    if (carried && ends && stream !== undefined) this.#endOfRequest(stream);
  }

  /** Whether DATA may come here; counts it against content-length. What it rejects it has dealt with, but for the credit. */
  #mayCarry(streamId: number, content: number, ends: boolean): boolean {
    const { streams } = this.#connection;
    const stream = streams.get(streamId);
    if (stream === undefined) {
      if (streamId === 0 || streams.isIdle(streamId)) this.#fail('DATA on a stream that is not open');
      // Frames that met our RST_STREAM on the way are no mistake.
      else if (streams.closingOf(streamId) !== 'reset' && this.#connection.takes(streamId))
        this.#connection.rejectStream(streamId, http2Error.streamClosed, 'DATA on a closed stream');
      return false;
    }
    if (stream.clientEnded) {
      this.#connection.rejectStream(streamId, http2Error.streamClosed, 'DATA after the end of the request');
      return false;
    }
    if (stream.requestLeft === undefined) return true;
    stream.requestLeft -= content;
    if (stream.requestLeft >= 0 && (!ends || stream.requestLeft === 0)) return true;
    this.#malformed(streamId, 'the request body is not as long as `content-length` says');
    return false;
  }

  #endOfRequest(stream: Stream): void {
    stream.clientEnded = true;
    this.#connection.settleStream(stream);
  }

  #step(step: HeaderBlockStep): void {
    if (step === 'more') return;
    if ('code' in step) return this.#connection.failClient(step);
    this.#headerBlock(step);
  }

  #headerBlock(block: HeaderBlock): void {
    const { streams } = this.#connection;
    const { streamId } = block;
    const stream = streams.get(streamId);
    if (stream !== undefined) return this.#trailers(stream, block);
    const head = this.#blocks.head(block.bytes);
    if (head.kind === 'error') return this.#badCompression(head.message);
    if (streamId % 2 === 0) return this.#fail('a request on an even stream id');
    if (streamId <= streams.lastFromClient) {
      const closing = streams.closingOf(streamId);
      if (closing === 'reset' || !this.#connection.takes(streamId)) return;
      if (closing === 'ended')
        return this.#connection.failClient({ code: http2Error.streamClosed, message: 'HEADERS on a closed stream' });
      return this.#fail('a request on a lower stream id than the last');
    }
    streams.lastFromClient = streamId;
    if (!this.#connection.takes(streamId)) return;
    this.#request(head, block);
  }

  #request(
    head: Exclude<RequestBlock, { kind: 'error' }>,
    { streamId, endStream, dependsOnItself }: HeaderBlock,
  ): void {
    const connection = this.#connection;
    if (connection.streams.size >= connection.options.limits.concurrentStreamsMax) {
      // Not counted as a reset: until it has our SETTINGS a client can't know better, and no work was done.
      return connection.resetBoth(streamId, http2Error.refusedStream);
    }
    if (head.kind === 'too-large') return connection.answer(streamId, endStream, false, headerListTooLarge);
    if (head.kind === 'malformed') {
      // As Linkerd's proxy (docs/spec/data-plane.md §6.7).
      if (head.upperCase) return this.#fail(head.message);
      return this.#malformed(streamId, head.message);
    }
    if (dependsOnItself) return this.#malformed(streamId, 'a stream that depends on itself');
    const { contentLength } = head.head;
    if (endStream && contentLength !== undefined && contentLength > 0)
      return this.#malformed(streamId, '`content-length` without a request body');
    const reply = (answer: Answer): void => connection.answer(streamId, endStream, head.grpc, answer);
    if (head.origProto) return reply(origProtoUnsupported);
    const decision = this.#decide(head);
    if (decision === undefined) return reply(unexpected('the request could not be decided'));
    switch (decision.verdict) {
      case 'denied':
        return reply(denial(decision.reason));
      case 'rate-limited':
        return reply(rateLimited(decision.message));
      case 'allowed':
        break;
    }
    let { encoded } = head;
    if (decision.filters.length > 0) {
      const edits = new FieldEdits(head.fields);
      const scheme = head.head.scheme ?? 'http';
      const outcome = applyFilters(decision, head.request, scheme, edits, connection.options.random);
      if (outcome.kind !== 'forward') return reply(filtered(outcome));
      encoded = encodeFields(edits.fields);
    }
    const stream = forwardedStream(streamId, head, endStream);
    connection.streams.add(stream);
    connection.forwardRequest(decision.permit, stream, encoded);
  }

  /** A decision that fails is a bug of ours; nothing gets through by it. */
  #decide({ request }: Request): RequestDecision | undefined {
    try {
      return this.#connection.session.decideRequest(request);
    } catch {
      return undefined;
    }
  }

  #trailers(stream: Stream, { endStream, bytes }: HeaderBlock): void {
    const block = this.#blocks.trailers(bytes);
    if (block.kind === 'error') return this.#badCompression(block.message);
    if (stream.clientEnded)
      return this.#connection.rejectStream(stream.id, http2Error.streamClosed, 'HEADERS after the end of the request');
    if (stream.kind === 'answered') {
      if (endStream) this.#endOfRequest(stream);
      return;
    }
    if (block.kind === 'malformed') return this.#malformed(stream.id, block.message);
    if (block.kind === 'too-large') return this.#malformed(stream.id, 'trailers too large');
    if (!endStream) return this.#malformed(stream.id, 'trailers that do not end the request');
    if (stream.requestLeft !== undefined && stream.requestLeft !== 0)
      return this.#malformed(stream.id, 'the request body is not as long as `content-length` says');
    this.#connection.forwardTrailers(stream, block.encoded);
    this.#endOfRequest(stream);
  }

  /** Priorities are advice that RFC 9113 §5.3 has dropped; they are checked and thrown away. */
  #priority(streamId: number, bytes: Buffer, at: number, end: number): void {
    if (streamId === 0) return this.#fail('PRIORITY on stream 0');
    if (end - at !== frameHeaderLength + 5)
      return this.#connection.rejectStream(streamId, http2Error.frameSizeError, 'PRIORITY has not 5 bytes');
    if ((bytes.readUInt32BE(at + frameHeaderLength) & maxInt31) === streamId)
      this.#malformed(streamId, 'a stream that depends on itself');
  }

  #reset(streamId: number, bytes: Buffer, at: number, end: number): void {
    const { streams } = this.#connection;
    if (end - at !== frameHeaderLength + 4) return this.#badSize('RST_STREAM has not 4 bytes');
    if (streamId === 0 || streams.isIdle(streamId)) return this.#fail('RST_STREAM on a stream that was never open');
    if (!this.#connection.resets.take()) return this.#connection.failClient(tooManyResets);
    const stream = streams.get(streamId);
    if (stream === undefined) return;
    if (stream.kind === 'forwarded') this.#connection.appOut.pass(bytes, at, end);
    // Not 'reset': who resets a stream has nothing on the way for it.
    this.#connection.closeStream(streamId, 'ended');
  }

  #settings(flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    const { settings } = this.#connection;
    if (streamId !== 0) return this.#fail('SETTINGS on a stream');
    if ((flags & frameFlag.ack) !== 0) {
      if (end - at !== frameHeaderLength) return this.#badSize('SETTINGS acknowledged with a payload');
      const acknowledged = settings.clientAcknowledged();
      if (acknowledged === 'own') this.#blocks.becomeStateless();
      else if (acknowledged !== 'relayed') this.#connection.failClient(acknowledged);
      return;
    }
    if (!this.#settingsRate.take()) return this.#calm('too many SETTINGS');
    const parsed = parseSettings(bytes.subarray(at + frameHeaderLength, end));
    if (parsed.kind === 'error') return this.#connection.failClient(parsed.error);
    const error = settings.clientSays(parsed.settings);
    if (error !== undefined) this.#connection.failClient(error);
  }

  #ping(flags: number, streamId: number, bytes: Buffer, at: number, end: number): void {
    if (streamId !== 0) return this.#fail('PING on a stream');
    if (end - at !== frameHeaderLength + 8) return this.#badSize('PING has not 8 bytes');
    if ((flags & frameFlag.ack) !== 0) {
      // We ping only to learn that the client has heard our GOAWAY.
      this.#connection.finishDrain();
      return;
    }
    if (!this.#idleRate.take()) return this.#calm('too many PING');
    this.#connection.clientOut.write(pingFrame(bytes.subarray(at + frameHeaderLength, end), true));
  }

  #goaway(streamId: number, bytes: Buffer, at: number, end: number): void {
    if (streamId !== 0) return this.#fail('GOAWAY on a stream');
    if (end - at < frameHeaderLength + 8) return this.#badSize('GOAWAY has less than 8 bytes');
    this.#connection.clientLeaves(bytes.readUInt32BE(at + frameHeaderLength + 4));
  }

  #windowUpdate(streamId: number, bytes: Buffer, at: number, end: number): void {
    const { streams } = this.#connection;
    if (end - at !== frameHeaderLength + 4) return this.#badSize('WINDOW_UPDATE has not 4 bytes');
    const increment = bytes.readUInt32BE(at + frameHeaderLength) & maxInt31;
    if (streamId === 0) {
      if (increment === 0) return this.#fail('WINDOW_UPDATE of 0');
      const error = this.#connection.widenConnection(bytes, at, end, increment);
      if (error !== undefined) this.#connection.failClient(error);
      return;
    }
    if (streams.isIdle(streamId)) return this.#fail('WINDOW_UPDATE on a stream that was never open');
    const stream = streams.get(streamId);
    if (stream === undefined) return;
    if (increment === 0) return this.#malformed(streamId, 'WINDOW_UPDATE of 0');
    if (stream.kind === 'forwarded') this.#connection.appOut.pass(bytes, at, end);
  }

  #malformed(streamId: number, message: string): void {
    this.#connection.rejectStream(streamId, http2Error.protocolError, message);
  }

  #fail(message: string): void {
    this.#connection.failClient({ code: http2Error.protocolError, message });
  }

  #badSize(message: string): void {
    this.#connection.failClient({ code: http2Error.frameSizeError, message });
  }

  #badCompression(message: string): void {
    this.#connection.failClient({ code: http2Error.compressionError, message: `header block: ${message}` });
  }

  #calm(message: string): void {
    this.#connection.failClient({ code: http2Error.enhanceYourCalm, message });
  }
}

const forwardedStream = (id: number, { head, grpc }: Request, clientEnded: boolean): Stream => ({
  id,
  kind: 'forwarded',
  grpc,
  isHead: head.method === 'HEAD',
  clientEnded,
  appEnded: false,
  responseStarted: false,
  requestLeft: head.contentLength,
  responseLeft: undefined,
});
