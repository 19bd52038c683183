import type { Permit } from '@doorward/core';
import {
  beginsWithSizeUpdate,
  clientPreface,
  defaultWindowSize,
  goawayFrame,
  headersFrames,
  http2Error,
  maxInt31,
  pingFrame,
  rstStreamFrame,
  tableSizeZero,
  windowUpdateFrame,
  type FrameError,
} from '@doorward/http';
import { type Answer, located, logText, unexpected } from '../answer/answer.js';
import type { Session } from '../inbound/session.js';
import { encodeAnswer, encodeGrpcTrailers } from './encode-answer.js';
import { TokenBucket } from './limits.js';
import type { Http2Settled } from './options.js';
import { Output } from './output.js';
import { DateField } from './response-blocks.js';
import { SettingsRelay } from './settings-relay.js';
import { type Stream, StreamTable } from './stream-table.js';

/** What the connection asks of whoever holds the sockets. */
export interface Sockets {
  dial(permit: Permit): void;
  /** Say no more and read no more; both peers get what was written. */
  close(): void;
}

/** The ping that follows the first GOAWAY: when its answer is here, so is every request that was sent before the client knew. */
const drainPing = Buffer.from('doorward', 'latin1');

/**
 * The state that the two directions of one client connection share, and everything we say ourselves. Stream ids are the same on both
 * sides. DATA that reaches the far end is credited by the far end, all other DATA by us: so neither window ever leaks.
 */
export class Connection {
  readonly streams = new StreamTable();
  readonly clientOut = new Output();
  readonly appOut = new Output();
  readonly settings: SettingsRelay;
  readonly date = new DateField();
  readonly resets: TokenBucket;
  /** Everything is said; what still arrives is ignored. */
  isClosed = false;

  #appIsUp = false;
  /** The client was told that requests above this id are not taken. */
  #lastTaken: number | undefined;
  /** WINDOW_UPDATE for the connection that came before there was an application to tell. */
  #windowForApp = 0;
  #creditForClient = 0;
  #creditForApp = 0;
  /** Answered streams whose request has not ended; looked at when the chunk is through. */
  #unfinished: Stream[] = [];
  #firstBlockToClient = true;
  #firstBlockToApp = true;

  constructor(
    readonly session: Session,
    readonly options: Http2Settled,
    private readonly sockets: Sockets,
  ) {
    const { limits } = options;
    this.settings = new SettingsRelay(limits, this.clientOut, this.appOut);
    this.resets = new TokenBucket(limits.resetsBurst, limits.resetsPerSecond, () => performance.now());
  }

  // Towards the application

  /** Forward a permitted request's head. Without a permit there is no way to the application. */
  forwardRequest(permit: Permit, stream: Stream, block: Buffer): void {
    if (!this.#appIsUp) this.#startApp(permit);
    this.streams.lastForwarded = stream.id;
    this.#sendToApp(stream.id, stream.clientEnded, block);
  }

  /** Forward the trailers of a request that was forwarded. */
  forwardTrailers(stream: Stream, block: Buffer): void {
    this.#sendToApp(stream.id, true, block);
  }

  #startApp(permit: Permit): void {
    this.#appIsUp = true;
    this.appOut.write(clientPreface);
    this.settings.greetApp();
    if (this.#windowForApp > 0) this.appOut.write(windowUpdateFrame(0, this.#windowForApp));
    this.sockets.dial(permit);
  }

  #sendToApp(streamId: number, endStream: boolean, block: Buffer): void {
    for (const frame of headersFrames(streamId, endStream, this.#firstBlockToApp ? stateless(block) : block)) {
      this.appOut.write(frame);
    }
    this.#firstBlockToApp = false;
  }

  /** The client gives the application room for responses. Returns an error when it gives more than there can be. */
  widenConnection(bytes: Buffer, at: number, end: number, increment: number): FrameError | undefined {
    if (this.#appIsUp) {
      this.appOut.pass(bytes, at, end);
      return undefined;
    }
    this.#windowForApp += increment;
    if (this.#windowForApp + defaultWindowSize <= maxInt31) return undefined;
    return { code: http2Error.flowControlError, message: 'WINDOW_UPDATE above 2^31 - 1' };
  }

  // Towards the client

  sendToClient(streamId: number, endStream: boolean, block: Buffer): void {
    for (const frame of headersFrames(streamId, endStream, this.#firstBlockToClient ? stateless(block) : block)) {
      this.clientOut.write(frame);
    }
    this.#firstBlockToClient = false;
  }

  /** Answer in the application's place a request that it never sees. */
  answer(id: number, clientEnded: boolean, grpc: boolean, answer: Answer): void {
    if (clientEnded) {
      this.#sayAnswer(id, grpc, answer);
      this.closeStream(id, 'ended');
    } else {
      const stream = answeredStream(id, grpc);
      this.streams.add(stream);
      this.#sayAnswer(id, grpc, answer);
      this.#unfinished.push(stream);
    }
    if (answer.closes) this.goAway(this.streams.lastFromClient, http2Error.noError);
  }

  #sayAnswer(id: number, grpc: boolean, answer: Answer): void {
    this.sendToClient(id, true, encodeAnswer(answer, this.session, grpc, this.date));
    this.session.reportError({
      status: grpc ? 200 : answer.status,
      message: logText(answer, this.session),
    });
  }

  /** Give the client back the room that DATA took which the application never sees. Sent once a chunk. */
  creditClient(bytes: number): void {
    this.#creditForClient += bytes;
  }

  creditApp(bytes: number): void {
    this.#creditForApp += bytes;
  }

  // Ends of streams

  /** One of the directions has ended; with both the stream is over. */
  settleStream(stream: Stream): void {
    if (stream.clientEnded && stream.appEnded) this.closeStream(stream.id, 'ended');
  }

  closeStream(id: number, closing: 'ended' | 'reset'): void {
    this.streams.close(id, closing);
    this.#closeWhenIdle();
  }

  /** The client broke a rule on a stream that may be open (RFC 9113 §5.4.2). */
  rejectStream(id: number, code: number, message: string): void {
    this.session.reportError({ message: located(message, this.session) });
    this.resetBoth(id, code);
    if (!this.resets.take()) this.failClient(tooManyResets);
  }

  resetBoth(id: number, code: number): void {
    this.clientOut.write(rstStreamFrame(id, code));
    if (this.streams.get(id)?.kind === 'forwarded') this.appOut.write(rstStreamFrame(id, code));
    this.closeStream(id, 'reset');
  }

  // Ends of the connection

  /** Whether a new request may be taken: ids above what a GOAWAY named are dropped, the client repeats them elsewhere. */
  takes(id: number): boolean {
    return this.#lastTaken === undefined || id <= this.#lastTaken;
  }

  /** No request above `last`; the connection ends with the last open stream. */
  goAway(last: number, code: number): void {
    const limit = Math.min(last, this.#lastTaken ?? maxInt31);
    if (limit === this.#lastTaken && code === http2Error.noError) return;
    this.#lastTaken = limit;
    this.clientOut.write(goawayFrame(limit, code));
    // The client repeats them elsewhere; the application has not taken them.
    for (const { id } of this.streams.all()) if (id > limit) this.streams.close(id, 'reset');
    this.#closeWhenIdle();
  }

  /** Ask the client to leave: it is told at once, and the door closes when it has surely heard (RFC 9113 §6.8). */
  drain(): void {
    if (this.isClosed) return;
    this.goAway(maxInt31, http2Error.noError);
    this.clientOut.write(pingFrame(drainPing, false));
  }

  /** The client answered our ping, or had the time to. */
  finishDrain(): void {
    if (this.#lastTaken !== undefined) this.goAway(this.streams.lastFromClient, http2Error.noError);
  }

  /** The application takes no stream above `last`; what it has taken it finishes. */
  appLeaves(last: number, code: number): void {
    this.goAway(last, code);
  }

  /** The client goes after its last stream. Its last-stream-id is about pushed streams, of which there are none. */
  clientLeaves(code: number): void {
    if (this.#appIsUp) this.appOut.write(goawayFrame(0, code));
  }

  #closeWhenIdle(): void {
    // maxInt31 says "soon": the final GOAWAY is still to come, from us or from the application.
    if (this.#lastTaken !== undefined && this.#lastTaken !== maxInt31 && this.streams.size === 0) this.close();
  }

  /** The client broke a rule of the connection (RFC 9113 §5.4.1). */
  failClient({ code, message }: FrameError): void {
    if (this.isClosed) return;
    this.session.reportError({ message: located(message, this.session) });
    this.clientOut.write(goawayFrame(this.streams.lastFromClient, code));
    if (this.#appIsUp) this.appOut.write(goawayFrame(0, http2Error.noError));
    this.close();
  }

  /** The application broke a rule of the connection. */
  failApp({ code, message }: FrameError): void {
    if (this.isClosed) return;
    this.appOut.write(goawayFrame(0, code));
    const reason = `the application broke HTTP/2: ${message}`;
    // Said here too, for a connection without an open request.
    this.session.reportError({ message: located(reason, this.session) });
    this.loseApp(unexpected(reason));
  }

  /** There is no application any more: answer what waits for it, and let the client go. */
  loseApp(answer: Answer): void {
    if (this.isClosed) return;
    for (const stream of this.streams.all()) if (stream.kind === 'forwarded') this.#abandon(stream, answer);
    this.#endAnswered();
    this.goAway(this.streams.lastFromClient, http2Error.noError);
    this.close();
  }

  #abandon(stream: Stream, answer: Answer): void {
    const { id, grpc } = stream;
    if (!stream.appEnded) {
      if (!stream.responseStarted) {
        this.#sayAnswer(id, grpc, answer);
      } else if (grpc) {
        // docs/spec/data-plane.md §5.1: a gRPC response that breaks off still ends with a status.
        this.sendToClient(id, true, encodeGrpcTrailers(answer, this.session));
      } else {
        this.clientOut.write(rstStreamFrame(id, http2Error.internalError));
        this.streams.close(id, 'reset');
        return;
      }
    }
    if (!stream.clientEnded) this.clientOut.write(rstStreamFrame(id, http2Error.noError));
    this.streams.close(id, 'reset');
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.sockets.close();
  }

  /** A chunk is through: say what was put off until here, and send it all. */
  endOfChunk(): void {
    this.#endAnswered();
    if (this.#creditForClient > 0) this.clientOut.write(windowUpdateFrame(0, this.#creditForClient));
    if (this.#creditForApp > 0) this.appOut.write(windowUpdateFrame(0, this.#creditForApp));
    this.#creditForClient = 0;
    this.#creditForApp = 0;
    this.clientOut.flush();
    this.appOut.flush();
  }

  /**
   * A client that still sends what nobody reads is told to stop; NO_ERROR says that the answer stands (RFC 9113 §8.1). Not sooner: a short
   * body mostly comes with its head, and then there is nothing to stop.
   */
  #endAnswered(): void {
    if (this.#unfinished.length === 0) return;
    for (const { id } of this.#unfinished.splice(0)) {
      if (this.streams.get(id) === undefined) continue;
      this.clientOut.write(rstStreamFrame(id, http2Error.noError));
      this.closeStream(id, 'reset');
    }
  }
}

export const tooManyResets: FrameError = { code: http2Error.enhanceYourCalm, message: 'too many streams were reset' };

const answeredStream = (id: number, grpc: boolean): Stream => ({
  id,
  kind: 'answered',
  grpc,
  isHead: false,
  clientEnded: false,
  appEnded: true,
  responseStarted: true,
  requestLeft: undefined,
  responseLeft: undefined,
});

/** The first block of a direction tells the decoder that nothing is to be remembered (RFC 7541 §4.2). */
const stateless = (block: Buffer): Buffer =>
  beginsWithSizeUpdate(block) ? block : Buffer.concat([tableSizeZero, block]);
