import type { Socket } from 'node:net';

/** What happens on the application's side. After {@link AppConnection.release} or `destroy` nothing does any more. */
export interface AppEvents {
  appData(app: AppConnection, chunk: Buffer): void;
  /** It takes bytes again after `write` said no. */
  appDrained(): void;
  /** It has finished sending. */
  appEnded(app: AppConnection): void;
  /** The connection broke. */
  appBroke(app: AppConnection): void;
}

/** The connection to the application that belongs to one client connection. */
export class AppConnection {
  /** Whether it has answered a request before: then it may have been closing while the next one was sent. */
  served = false;
  readonly #events: AppEvents;
  #paused = false;

  constructor(
    readonly socket: Socket,
    events: AppEvents,
  ) {
    this.#events = events;
    // An application that has finished sending may still be reading.
    socket.allowHalfOpen = true;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    // `close` follows and says all that matters here.
    socket.on('error', ignore);
  }

  /** Whether another request may be sent. */
  get usable(): boolean {
    return this.socket.writable && !this.socket.readableEnded;
  }

  /** Like a stream's: `false` asks to wait for {@link AppEvents.appDrained}. */
  write(bytes: Buffer): boolean {
    return this.socket.write(bytes);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  /** Give the socket away. */
  release(): Socket {
    const { socket } = this;
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    return socket;
  }

  destroy(): void {
    this.release().destroy();
  }

  readonly #onData = (chunk: Buffer): void => this.#events.appData(this, chunk);
  readonly #onDrain = (): void => this.#events.appDrained();
  readonly #onEnd = (): void => this.#events.appEnded(this);
  readonly #onClose = (): void => this.#events.appBroke(this);
}

const ignore = (): void => undefined;
