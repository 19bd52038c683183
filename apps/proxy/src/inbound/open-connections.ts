/**
 * The connections that are open now: bounded, so that nobody exhausts the proxy's memory or file descriptors, and closed
 * together when the proxy ends.
 */
import type { Socket } from 'node:net';

export class OpenConnections {
  readonly #sockets = new Set<Socket>();
  #whenEmpty: (() => void)[] = [];

  constructor(readonly max: number) {}

  get count(): number {
    return this.#sockets.size;
  }

  /** Take a connection in, unless there are as many as may be. */
  add(socket: Socket): boolean {
    if (this.#sockets.size >= this.max) return false;
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      const waiting = this.#whenEmpty;
      this.#whenEmpty = [];
      for (const resolve of waiting) resolve();
    });
    return true;
  }

  /** Resolves once no connection is open. */
  async empty(): Promise<void> {
    if (this.#sockets.size === 0) return;
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
