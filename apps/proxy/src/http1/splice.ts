import type { Permit } from '@doorward/core';
import { BodyReader, type HeadEdit, Refusal, type RequestHead, RequestReader } from '@doorward/http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import {
  type Answer,
  denial,
  filtered,
  logText,
  rateLimited,
  requestBodyFailed,
  unexpected,
  unreachable,
} from '../answer/answer.js';
import { applyFilters } from '../filter/apply-filters.js';
import { type ClientConnection, type RequestDecision, type Session } from '../inbound/session.js';
import { joinStreams } from '../tcp/join-streams.js';
import { clientIdHeader } from '../client-id.js';
import { AppConnection, type AppEvents } from './app-connection.js';
import { Deadline } from './deadline.js';
import { encodeAnswer, encodeRefusal } from './encode-answer.js';
import { ForwardedRequest } from './forwarded-request.js';
import { http1Defaults, type Http1Options, joinedBodyLengthMax, lingerBytesMax } from './options.js';
import { ResponsePass } from './response-pass.js';

/** Carry one client's HTTP/1 connection to its end. Resolves when it is over, and never rejects. */
export async function spliceHttp1(connection: ClientConnection, options: Http1Options = {}): Promise<void> {
  return new Promise((resolve) => new Http1Splice(connection, { ...http1Defaults, ...options }, resolve).run());
}

type State =
  /** Between requests, or within a head. */
  | 'heads'
  /** A permitted request waits for its connection to the application. */
  | 'dialling'
  /** A permitted request and its response are on their way. */
  | 'exchange'
  /** CONNECT or an upgrade: bytes both ways, nothing is read any more. */
  | 'tunnel'
  /** The last answer is on its way; what the client still sends is forgotten. */
  | 'lingering'
  | 'closed';

/** One permitted request. */
interface Exchange {
  readonly permit: Permit;
  readonly head: RequestHead;
  readonly edit: HeadEdit;
  readonly switches: boolean;
  /** Whether it was sent again because the connection it was sent on turned out to be closed. */
  retried: boolean;
}

/** May be sent twice without doing anything twice (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Requests are taken strictly one by one: the next head is read when the last response has ended. So one exchange is open at a
 * time, every byte of the application answers a known request, and what is held in memory is the one chunk that arrived too
 * early: from then on the client's stream is paused.
 */
class Http1Splice implements AppEvents {
  readonly #client: Duplex;
  readonly #session: Session;
  readonly #options: Required<Http1Options>;
  readonly #resolve: () => void;
  readonly #heads = new RequestReader();
  readonly #requestBody = new BodyReader([clientIdHeader]);
  readonly #response: ResponsePass;
  #state: State = 'heads';
  #exchange: Exchange | undefined;
  #app: AppConnection | undefined;
  /** What the client has sent and nobody has read yet. */
  #rest: Buffer | undefined;
  #paused = false;
  #clientEnded = false;
  /** Whether bytes of the current request's body have come. */
  #bodyStarted = false;
  /** Forgotten while lingering. */
  #lingered = 0;
  /** Within a head, between requests, and while lingering; an open request may take its time. */
  readonly #deadline = new Deadline(() => this.#expired());

  constructor({ stream, session }: ClientConnection, options: Required<Http1Options>, resolve: () => void) {
    this.#client = stream;
    this.#session = session;
    this.#options = options;
    this.#resolve = resolve;
    this.#response = new ResponsePass(stream, session.draining);
  }

  run(): void {
    const client = this.#client;
    if (client.destroyed) {
      this.#state = 'closed';
      this.#resolve();
      return;
    }
    // A client that has finished sending still gets its answers.
    client.allowHalfOpen = true;
    client.on('data', this.#onData);
    client.on('drain', this.#onDrain);
    client.on('end', this.#onEnd);
    client.on('close', this.#onClose);
    // `close` follows; there is nobody left to tell.
    client.on('error', ignore);
    this.#session.draining.addEventListener('abort', this.#onDraining);
    this.#deadline.set(this.#options.headTimeoutMs);
    client.resume();
    if (this.#session.draining.aborted) this.#onDraining();
  }

  // ---- the client's side

  readonly #onData = (chunk: Buffer): void => {
    switch (this.#state) {
      case 'heads':
        this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
        this.#readHeads();
        break;
      case 'exchange':
        if (this.#rest === undefined && !this.#requestBody.ended) {
          this.#rest = chunk;
          this.#passBody();
        } else {
          this.#hold(chunk);
        }
        break;
      case 'dialling':
        this.#hold(chunk);
        break;
      case 'lingering':
        this.#lingered += chunk.length;
        if (this.#lingered > lingerBytesMax) this.#client.destroy();
        break;
      case 'tunnel':
      case 'closed':
        break;
    }
  };

  /** Keep for later, and let the client wait. A paused stream gives no more, so this is one chunk. */
  #hold(chunk: Buffer): void {
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#client.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#client.resume();
  }

  readonly #onDrain = (): void => {
    this.#app?.resume();
    if (this.#state === 'heads') this.#readHeads();
  };

  readonly #onEnd = (): void => {
    this.#clientEnded = true;
    if (this.#state === 'heads') this.#readHeads();
    else if (this.#state === 'exchange' && !this.#requestBody.ended && this.#rest === undefined) {
      this.#requestBroke('the client ended in the middle of a body');
    }
  };

  readonly #onClose = (): void => {
    if (this.#state === 'tunnel' || this.#state === 'closed') return;
    this.#over();
  };

  #over(): void {
    this.#state = 'closed';
    this.#deadline.stop();
    this.#session.draining.removeEventListener('abort', this.#onDraining);
    this.#dropApp();
    this.#rest = undefined;
    this.#resolve();
  }

  readonly #onDraining = (): void => {
    // docs/spec/data-plane.md §10: an idle connection closes at once, a busy one behind its response.
    if (this.#state === 'heads' && !this.#heads.started && this.#rest === undefined) this.#close();
  };

  // ---- requests

  #readHeads(): void {
    while (this.#state === 'heads' && this.#rest !== undefined) {
      // Somebody who sends requests and reads no answers gets no further ones.
      if (this.#client.writableNeedDrain) {
        this.#pause();
        return;
      }
      const chunk = this.#rest;
      this.#rest = undefined;
      const started = this.#heads.started;
      const head = this.#heads.read(chunk);
      if (head === undefined) {
        if (!started) this.#deadline.set(this.#options.headTimeoutMs);
      } else if (head instanceof Refusal) {
        this.#refuse(head);
      } else {
        const { end } = this.#heads;
        if (end < chunk.length) this.#rest = chunk.subarray(end);
        this.#decide(head);
      }
    }
    if (this.#state !== 'heads') return;
    if (this.#clientEnded) {
      if (this.#heads.started) this.#session.reportError({ message: 'the client ended in the middle of a head' });
      this.#close();
    } else {
      this.#resume();
    }
  }

  #refuse({ status, reason }: Refusal): void {
    this.#session.reportError({ status, message: `invalid request: ${reason}` });
    this.#client.write(encodeRefusal(status), 'latin1');
    this.#close();
  }

  #decide(head: RequestHead): void {
    this.#deadline.clear();
    const session = this.#session;
    const { clientId, serverAddress } = session;
    const withoutHost = this.#options.withoutHost === 'server-address' ? serverAddress : undefined;
    const request = new ForwardedRequest(head, clientId, withoutHost);
    if (request.authority === undefined) {
      this.#answer(head, unexpected('the request names no host'));
      return;
    }
    let decision: RequestDecision;
    try {
      decision = session.decideRequest(request);
    } catch (error) {
      // A bug of ours must not let a request through, nor take the other connections down.
      this.#answer(head, unexpected(`the decision failed: ${String(error)}`));
      return;
    }
    switch (decision.verdict) {
      case 'allowed': {
        const edit = request.edit();
        const outcome = applyFilters(decision, request, 'http', edit, this.#options.random);
        if (outcome.kind === 'forward') {
          this.#forward({ permit: decision.permit, head, edit, switches: request.switches, retried: false });
        } else {
          this.#answer(head, filtered(outcome));
        }
        break;
      }
      case 'denied':
        this.#answer(head, denial(decision.reason));
        break;
      case 'rate-limited':
        this.#answer(head, rateLimited(decision.message));
        break;
    }
  }

  /** Answer a request that the application has not heard of. The connection stays usable unless the answer or the client says otherwise. */
  #answer(head: RequestHead, answer: Answer): void {
    this.#requestBody.begin(head.framing);
    if (this.#rest !== undefined) this.#takeBody(this.#rest);
    const closes = answer.closes || !head.keepAlive || this.#session.draining.aborted;
    this.#writeAnswer(head, answer, closes);
    if (closes || !this.#requestBody.ended || this.#requestBody.problem !== undefined) {
      // With a body under way the next head can't be found: docs/spec/data-plane.md §5.1 closes without saying so.
      this.#close();
    } else {
      this.#state = 'heads';
      this.#deadline.set(this.#options.idleTimeoutMs);
    }
  }

  #writeAnswer(head: RequestHead, answer: Answer, closes: boolean): void {
    const { minorVersion } = head;
    const session = this.#session;
    session.reportError({ status: answer.status, message: logText(answer, session) });
    const persistent = minorVersion === 0 ? (closes ? 'none' : 'keep-alive') : closes ? 'close' : 'none';
    this.#client.write(encodeAnswer(answer, session, minorVersion, persistent), 'latin1');
  }

  /** The only way to the application, and it takes the permit. */
  #forward(exchange: Exchange): void {
    this.#exchange = exchange;
    const app = this.#app;
    if (app?.usable === true) {
      this.#send(app, exchange);
      return;
    }
    this.#dropApp();
    this.#state = 'dialling';
    // With nothing left to read the stream stays open, to notice a client that goes away.
    if (this.#rest !== undefined) this.#pause();
    void this.#dial(exchange);
  }

  async #dial(exchange: Exchange): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#session.connectApp(exchange.permit);
    } catch (error) {
      if (this.#state !== 'dialling') return;
      this.#answer(exchange.head, unreachable(error));
      return;
    }
    if (this.#state !== 'dialling') {
      socket.destroy();
      return;
    }
    const app = new AppConnection(socket, this);
    this.#app = app;
    // Closed between the dial and now: its event has been missed.
    if (app.usable) this.#send(app, exchange);
    else this.#answer(exchange.head, unreachable(undefined));
  }

  #send(app: AppConnection, exchange: Exchange): void {
    const { head, edit } = exchange;
    this.#state = 'exchange';
    this.#response.begin(head, exchange.switches);
    this.#requestBody.begin(head.framing);
    this.#bodyStarted = false;
    let body: Buffer | undefined;
    if (this.#rest !== undefined && !this.#requestBody.ended) {
      body = this.#takeBody(this.#rest);
      if (this.#requestBody.problem !== undefined) {
        this.#requestBroke(this.#requestBody.problem);
        return;
      }
      this.#bodyStarted = true;
    }
    let ready: boolean;
    if (body === undefined || body.length <= joinedBodyLengthMax) {
      ready = app.write(edit.encodeRequest(head, body));
    } else {
      app.write(edit.encodeRequest(head, undefined));
      ready = app.write(body);
    }
    if (this.#rest !== undefined || !ready) this.#pause();
    else this.#resume();
    if (this.#clientEnded && !this.#requestBody.ended) this.#requestBroke('the client ended in the middle of a body');
  }

  /** Take what belongs to the request's body off `chunk`, and leave the remainder as what nobody has read yet. */
  #takeBody(chunk: Buffer): Buffer {
    const end = this.#requestBody.read(chunk, 0);
    this.#rest = end < chunk.length ? chunk.subarray(end) : undefined;
    return end === chunk.length ? chunk : chunk.subarray(0, end);
  }

  /** Pass on what belongs to the request's body. */
  #passBody(): void {
    const app = this.#app;
    if (this.#rest === undefined || app === undefined) return;
    const body = this.#takeBody(this.#rest);
    if (this.#requestBody.problem !== undefined) {
      this.#requestBroke(this.#requestBody.problem);
      return;
    }
    this.#bodyStarted = true;
    const ready = app.write(body);
    if (!this.#requestBody.ended) {
      if (!ready) this.#pause();
      return;
    }
    if (this.#rest !== undefined) this.#pause();
    if (this.#response.ended) this.#exchangeOver();
  }

  /** The body of a forwarded request is malformed or incomplete: the application must not take it for a whole one. */
  #requestBroke(problem: string): void {
    const exchange = this.#exchange;
    this.#dropApp();
    const message = `invalid request: ${problem}`;
    if (exchange === undefined || this.#response.started) this.#session.reportError({ message });
    else this.#writeAnswer(exchange.head, requestBodyFailed(message), true);
    this.#close();
  }

  // ---- the application's side

  appData(app: AppConnection, chunk: Buffer): void {
    if (this.#state !== 'exchange' || this.#response.ended) {
      // Were it kept, these bytes would be read as the answer to the next request.
      this.#session.reportError({ message: 'the application sent bytes that answer no request' });
      this.#dropApp();
      if (this.#state === 'exchange') this.#close();
      return;
    }
    switch (this.#response.feed(chunk)) {
      case 'more':
        if (this.#client.writableNeedDrain) app.pause();
        break;
      case 'ended':
        this.#responseEnded(app);
        break;
      case 'switched':
        this.#tunnel(app);
        break;
      case 'bad':
        this.#responseBroke(this.#response.problem);
        break;
    }
  }

  appDrained(): void {
    if (this.#state === 'exchange' && this.#rest === undefined) this.#resume();
  }

  appEnded(app: AppConnection): void {
    this.#appGone(app, true);
  }

  appBroke(app: AppConnection): void {
    this.#appGone(app, false);
  }

  /** `orderly`: it finished sending, so a body without length is complete. */
  #appGone(app: AppConnection, orderly: boolean): void {
    if (app !== this.#app) return;
    const exchange = this.#exchange;
    if (this.#state !== 'exchange' || exchange === undefined) {
      // An idle connection may end; the next request gets a new one.
      this.#dropApp();
      return;
    }
    if (this.#response.ended) {
      // It has answered without reading the rest of the request, which now has nowhere to go.
      this.#dropApp();
      this.#close();
      return;
    }
    if (!this.#response.touched && this.#mayRetry(app, exchange)) {
      exchange.retried = true;
      this.#forward(exchange);
      return;
    }
    const end = orderly ? this.#response.finish() : 'truncated';
    if (end === 'ended') this.#responseEnded(app);
    else this.#responseBroke('the application closed its connection before the response was complete');
  }

  /**
   * The application may close an idle connection at the moment that a request is sent on it. Such a request was most likely not
   * read; if doing it twice does no harm, it is sent once more on a new connection (RFC 9110 §9.2.2).
   */
  #mayRetry(app: AppConnection, exchange: Exchange): boolean {
    const { head, retried, switches } = exchange;
    return app.served && !retried && !switches && head.framing.kind === 'none' && safeMethods.has(head.method);
  }

  #responseEnded(app: AppConnection): void {
    app.served = true;
    if (!this.#response.appKeepAlive) {
      if (this.#response.rest !== undefined) {
        this.#session.reportError({ message: 'the application sent bytes behind its response' });
      }
      this.#dropApp();
    }
    if (!this.#requestBody.ended) {
      // Whoever waits for 100 Continue and gets an answer instead may send the body or not: the next head can't be found.
      const waiting = !this.#bodyStarted && !this.#response.continued && this.#exchange?.head.expectsContinue === true;
      if (this.#app === undefined || waiting) this.#close();
      return;
    }
    this.#exchangeOver();
  }

  #exchangeOver(): void {
    this.#exchange = undefined;
    if (this.#response.closing || this.#session.draining.aborted) {
      this.#close();
      return;
    }
    this.#state = 'heads';
    this.#deadline.set(this.#options.idleTimeoutMs);
    this.#readHeads();
  }

  /** The response can't be passed on. The client gets 500, or if it has begun to get the response, sees it cut off. */
  #responseBroke(problem: string): void {
    const exchange = this.#exchange;
    const { started, endsWithConnection } = this.#response;
    this.#dropApp();
    if (exchange !== undefined && !started) {
      this.#writeAnswer(exchange.head, unexpected(`invalid response: ${problem}`), true);
      this.#close();
      return;
    }
    this.#session.reportError({ message: `response cut off: ${problem}` });
    // To a client that reads until the end, an orderly end would look complete.
    if (endsWithConnection) breakOff(this.#client);
    else this.#close();
  }

  #tunnel(app: AppConnection): void {
    const client = this.#client;
    if (!this.#requestBody.ended) {
      this.#responseBroke('the application switched protocols in the middle of a request');
      return;
    }
    this.#state = 'tunnel';
    this.#deadline.stop();
    // docs/spec/data-plane.md §10: a tunnel holds up the drain, but isn't told of it.
    this.#session.draining.removeEventListener('abort', this.#onDraining);
    client.off('data', this.#onData);
    client.off('drain', this.#onDrain);
    client.off('end', this.#onEnd);
    client.off('close', this.#onClose);
    this.#app = undefined;
    const socket = app.release();
    if (this.#response.rest !== undefined) client.write(this.#response.rest);
    if (this.#rest !== undefined) socket.write(this.#rest);
    this.#rest = undefined;
    void this.#join(client, socket);
  }

  async #join(client: Duplex, socket: Socket): Promise<void> {
    await joinStreams(client, socket);
    this.#state = 'closed';
    this.#resolve();
  }

  #dropApp(): void {
    this.#app?.destroy();
    this.#app = undefined;
  }

  // ---- ends and limits

  /** End the connection behind what has been written, and wait a moment for the client to end its side. */
  #close(): void {
    this.#state = 'lingering';
    this.#deadline.clear();
    this.#exchange = undefined;
    this.#rest = undefined;
    this.#dropApp();
    // The clock starts when the client's side has taken everything: a slow reader is not to lose its response.
    this.#client.end(() => {
      if (this.#state === 'lingering') this.#deadline.set(this.#options.lingerMs);
    });
    this.#resume();
  }

  #expired(): void {
    if (this.#state !== 'heads') {
      this.#client.destroy();
      return;
    }
    if (this.#heads.started) {
      this.#session.reportError({ message: 'the client did not send a whole request head in time' });
    }
    this.#close();
  }
}

/** End a stream so that its reader can tell: TCP by a reset, TLS by the missing `close_notify`. */
function breakOff(stream: Duplex): void {
  if (stream instanceof Socket && !(stream instanceof TLSSocket)) stream.resetAndDestroy();
  else stream.destroy();
}

const ignore = (): void => undefined;
