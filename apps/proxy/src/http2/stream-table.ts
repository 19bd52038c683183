/** One exchange, from its HEADERS to the end of both directions. */
export interface Stream {
  readonly id: number;
  /**
   * `forwarded`: the application knows it. `answered`: it never will; we have sent the whole answer, and what the client still sends is thrown
   * away.
   */
  kind: 'forwarded' | 'answered';
  readonly grpc: boolean;
  /** A response to HEAD has a content-length without content. */
  readonly isHead: boolean;
  clientEnded: boolean;
  appEnded: boolean;
  /** The final (not 1xx) response head has passed. */
  responseStarted: boolean;
  /** What is left of content-length; `undefined` when none was declared. */
  requestLeft: number | undefined;
  responseLeft: number | undefined;
}

export type Closing = 'ended' | 'reset';

/**
 * How many closed streams are remembered: frames that were on their way when a stream was reset are no error of their sender (RFC 9113
 * §5.1), and no more streams than these can be on their way at once. Eviction only turns such a frame into an error.
 */
const closedMax = 1024;

/** The streams of one connection; ids are the same on both sides. */
export class StreamTable {
  readonly #open = new Map<number, Stream>();
  readonly #closed = new Map<number, Closing>();
  /** The highest id that the client has used. */
  lastFromClient = 0;
  /** The highest id that the application has seen. */
  lastForwarded = 0;

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  add(stream: Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** How a stream that is no longer open was closed; `undefined` when it was never open, or long ago. */
  closingOf(id: number): Closing | undefined {
    return this.#closed.get(id);
  }

  close(id: number, closing: Closing): void {
    this.#open.delete(id);
    this.#closed.set(id, closing);
    if (this.#closed.size <= closedMax) return;
    for (const oldest of this.#closed.keys()) {
      this.#closed.delete(oldest);
      return;
    }
  }

  /** A snapshot: streams may be closed while it is walked. */
  all(): Stream[] {
    return [...this.#open.values()];
  }

  /** Neither open nor closed: the client has not used the id yet, and must not use even ones (RFC 9113 §5.1.1). */
  isIdle(id: number): boolean {
    return id > this.lastFromClient || id % 2 === 0;
  }
}
