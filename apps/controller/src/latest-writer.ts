/** What a writer needs of a stream: node's `Writable`, and so the call of a gRPC server stream. */
export interface MessageStream {
  write(message: Buffer, done: (error?: Error | null) => void): unknown;
  end(): unknown;
}

/**
 * Sends the newest of what it is given. While the peer takes its time, newer values replace the one that waits, so a stalled peer
 * costs one message in flight and one that waits, however much changes (docs/spec/control-plane.md §5.3).
 */
export class LatestWriter {
  readonly #stream: MessageStream;
  #busy = false;
  #waiting: Buffer | undefined;
  #ended = false;

  constructor(stream: MessageStream) {
    this.#stream = stream;
  }

  send(message: Buffer): void {
    if (this.#ended) return;
    if (this.#busy) {
      this.#waiting = message;
      return;
    }
    this.#busy = true;
    // Reported when the bytes are with the kernel, so after flow control.
    this.#stream.write(message, () => {
      this.#busy = false;
      const next = this.#waiting;
      this.#waiting = undefined;
      if (next !== undefined) this.send(next);
    });
  }

  /** Ends the stream after the message in flight; what waits is dropped, since nobody may act on it any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = undefined;
    this.#stream.end();
  }
}
