import type { Permit } from '@doorward/core';
import { clientPreface, FrameReader, http2Error } from '@doorward/http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { failFast, unexpected } from '../answer/answer.js';
import { AppUnreachable, type ClientConnection } from '../inbound/session.js';
import { AppFrames } from './app-frames.js';
import { ClientFrames } from './client-frames.js';
import { Connection, type Sockets } from './connection.js';
import { type Http2Options, settle, type Http2Settled } from './options.js';

/**
 * Where a side stops being read because the other does not take what it sent. Two of the largest reads of Node (64 KiB): enough to keep a socket
 * busy until the other is read again.
 */
const pausedAbove = 131_072;
/** Where a side stops being read because it does not take what it made us say (answers, acknowledgements). Only such frames lead above the first. */
const silencedAbove = 524_288;
/** Between two attempts to dial. */
const redialAfterMs = 100;
/** How long a client may take to read what is left for it when all is said: at most about 400 KiB, so 30 s suit the slowest of links. */
const unreadMs = 30_000;
/** After this a client that has not answered our ping is taken to have heard the GOAWAY. */
const drainPingMs = 1000;

/**
 * Carry one HTTP/2 client connection, which begins with the client's preface, until it is over. The application is dialled with the first
 * permitted request, and gets one connection for this one. Never rejects: what goes wrong ends the connection and is reported to the session.
 */
export const spliceHttp2 = async (client: ClientConnection, options: Http2Options = {}): Promise<void> =>
  new Promise((resolve) => {
    new Splice(client, settle(options), resolve).start();
  });

/** The sockets of one connection: reading, backpressure, dialling and ends. What bytes mean is known to the frames. */
class Splice implements Sockets {
  readonly #client: Duplex;
  readonly #session: ClientConnection['session'];
  readonly #options: Http2Settled;
  readonly #finished: () => void;
  readonly #connection: Connection;
  readonly #clientReader: FrameReader;
  readonly #appReader: FrameReader;
  #app: Socket | undefined;
  /** Dialled and neither failed nor closed. */
  #appIsOpen = false;
  #clientIsOpen = true;
  #prefaceSeen = 0;
  #drainTimer: NodeJS.Timeout | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;
  #redialTimer: NodeJS.Timeout | undefined;

  constructor({ stream, session }: ClientConnection, options: Http2Settled, finished: () => void) {
    this.#client = stream;
    this.#session = session;
    this.#options = options;
    this.#finished = finished;
    this.#connection = new Connection(session, options, this);
    this.#clientReader = new FrameReader(new ClientFrames(this.#connection));
    this.#appReader = new FrameReader(new AppFrames(this.#connection));
  }

  start(): void {
    const { draining } = this.#session;
    const client = this.#client;
    // An error is followed by 'close', which is where we look.
    client.on('error', ignore);
    client.on('close', this.#clientClosed);
    if (client.destroyed) return this.#clientClosed();
    client.on('data', this.#clientData);
    client.on('end', this.#clientEnded);
    client.on('drain', this.#balance);
    this.#connection.clientOut.attach(client);
    this.#connection.settings.greetClient();
    draining.addEventListener('abort', this.#drain, { once: true });
    if (draining.aborted) this.#drain();
    this.#connection.endOfChunk();
  }

  readonly #clientData = (chunk: Buffer): void => {
    this.#guarded(() => {
      const rest = this.#prefaceSeen < clientPreface.length ? this.#preface(chunk) : chunk;
      if (rest.length > 0) this.#clientReader.push(rest);
    });
  };

  /** Returns what follows the preface. */
  #preface(chunk: Buffer): Buffer {
    const wanted = clientPreface.subarray(this.#prefaceSeen, this.#prefaceSeen + chunk.length);
    const got = chunk.subarray(0, wanted.length);
    if (!wanted.equals(got)) {
      this.#connection.failClient({
        code: http2Error.protocolError,
        message: 'the connection does not begin with the preface of HTTP/2',
      });
      return chunk.subarray(chunk.length);
    }
    this.#prefaceSeen += got.length;
    return chunk.subarray(got.length);
  }

  readonly #appData = (chunk: Buffer): void => {
    this.#guarded(() => this.#appReader.push(chunk));
  };

  /** A bug of ours ends this connection, and no other. */
  #guarded(read: () => void): void {
    if (this.#connection.isClosed) return;
    try {
      read();
    } catch (error) {
      const message = `internal error: ${error instanceof Error ? error.message : String(error)}`;
      this.#connection.failClient({ code: http2Error.internalError, message });
    }
    this.#connection.endOfChunk();
    this.#balance();
  }

  readonly #balance = (): void => {
    if (this.#connection.isClosed) return;
    const toClient = this.#connection.clientOut.buffered;
    const toApp = this.#connection.appOut.buffered;
    setReading(this.#client, toApp <= pausedAbove && toClient <= silencedAbove);
    if (this.#app !== undefined) setReading(this.#app, toClient <= pausedAbove && toApp <= silencedAbove);
  };

  // The application

  dial(permit: Permit): void {
    this.#appIsOpen = true;
    this.#dial(permit, performance.now());
  }

  #dial(permit: Permit, since: number): void {
    this.#session.connectApp(permit).then(
      (app) => this.#connected(app),
      (error: unknown) => this.#dialFailed(permit, since, error),
    );
  }

  /** An application that starts, or starts again, refuses for a moment: the requests wait for it as long as Linkerd's would. */
  #dialFailed(permit: Permit, since: number, error: unknown): void {
    if (this.#connection.isClosed) return this.#appGone();
    if (!(error instanceof AppUnreachable)) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#dialEnded(() => this.#connection.loseApp(unexpected(`dialling the application failed: ${reason}`)));
    }
    if (performance.now() - since < this.#options.unreachableAfterMs) {
      this.#redialTimer = setTimeout(() => {
        this.#redialTimer = undefined;
        this.#dial(permit, since);
      }, redialAfterMs);
      return;
    }
    this.#dialEnded(() => this.#connection.loseApp(failFast(error.message)));
  }

  #dialEnded(say: () => void): void {
    this.#appIsOpen = false;
    say();
    this.#connection.endOfChunk();
    this.#finishIfOver();
  }

  #connected(app: Socket): void {
    if (this.#connection.isClosed) {
      app.on('error', ignore);
      app.destroy();
      return this.#appGone();
    }
    this.#app = app;
    app.setNoDelay(true);
    app.on('error', ignore);
    app.on('close', this.#appClosed);
    if (app.destroyed) return this.#appClosed();
    app.on('data', this.#appData);
    app.on('end', this.#appEnded);
    app.on('drain', this.#balance);
    this.#connection.appOut.attach(app);
    this.#balance();
  }

  /** It says no more, so what is open will never be answered. */
  readonly #appEnded = (): void => {
    this.#connection.loseApp(unexpected('the application closed its connection'));
    this.#connection.endOfChunk();
  };

  readonly #appClosed = (): void => {
    this.#appEnded();
    this.#appGone();
  };

  #appGone(): void {
    this.#appIsOpen = false;
    this.#finishIfOver();
  }

  // Ends

  readonly #drain = (): void => {
    this.#connection.drain();
    this.#connection.endOfChunk();
    this.#drainTimer = setTimeout(() => {
      this.#connection.finishDrain();
      this.#connection.endOfChunk();
    }, drainPingMs);
  };

  /** A client that ends its side of the connection has given up its streams, as hyper and nghttp2 read it too. */
  readonly #clientEnded = (): void => {
    this.#connection.close();
  };

  readonly #clientClosed = (): void => {
    this.#clientIsOpen = false;
    this.#connection.close();
    this.#finishIfOver();
  };

  close(): void {
    this.#connection.endOfChunk();
    this.#clientReader.stop();
    this.#appReader.stop();
    clearTimeout(this.#drainTimer);
    this.#session.draining.removeEventListener('abort', this.#drain);
    if (this.#redialTimer !== undefined) {
      clearTimeout(this.#redialTimer);
      this.#appIsOpen = false;
    }
    this.#connection.clientOut.end();
    this.#connection.appOut.end();
    // Read on, or what we wrote last could be lost to the reset that unread bytes cause.
    this.#client.resume();
    this.#app?.resume();
    // What was written last may be the end of a long answer: it has its time, the wait for the client's own end is short.
    if (this.#client.writableFinished || this.#client.destroyed) this.#linger(this.#options.lingerMs);
    else {
      this.#linger(unreadMs);
      this.#client.once('finish', () => this.#linger(this.#options.lingerMs));
    }
    this.#finishIfOver();
  }

  #linger(ms: number): void {
    clearTimeout(this.#lingerTimer);
    this.#lingerTimer = setTimeout(() => {
      this.#client.destroy();
      this.#app?.destroy();
    }, ms);
  }

  #finishIfOver(): void {
    if (this.#clientIsOpen || this.#appIsOpen) return;
    clearTimeout(this.#lingerTimer);
    this.#finished();
  }
}

const setReading = (stream: Duplex, reading: boolean): void => {
  if (reading === !stream.isPaused()) return;
  if (reading) stream.resume();
  else stream.pause();
};

const ignore = (): void => undefined;
