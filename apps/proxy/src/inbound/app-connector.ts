/** Dials the application, and says once when it cannot be reached and once when it can again. */
import type { Permit } from '@doorward/core';
import { formatHostPort, type HostPort, type Log } from '@doorward/telemetry';
import { connect, type Socket } from 'node:net';
import { AppUnreachable } from './session.js';

/** The text of Linkerd's proxy for a failed dial (docs/spec/data-plane.md §5.1). */
const connectFailed = 'client error (Connect)';

export class AppConnector {
  #reachable = true;

  constructor(
    private readonly app: HostPort,
    private readonly timeoutMs: number,
    private readonly log: Log,
  ) {}

  /** @throws {AppUnreachable} refused, broken or too slow */
  async connect(_permit: Permit): Promise<Socket> {
    const { host, port } = this.app;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true });
      const timer = setTimeout(() => {
        socket.destroy();
        this.#failed(`did not answer within ${this.timeoutMs} ms`);
        reject(new AppUnreachable(504, connectFailed));
      }, this.timeoutMs);
      const failed = (error: Error): void => {
        clearTimeout(timer);
        this.#failed(error.message);
        reject(new AppUnreachable(502, connectFailed, { cause: error }));
      };
      socket.once('error', failed);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', failed);
        this.#succeeded();
        resolve(socket);
      });
    });
  }

  #failed(reason: string): void {
    if (!this.#reachable) return;
    this.#reachable = false;
    const app = formatHostPort(this.app);
    this.log.warn(
      { event: 'app.unreachable', app, reason },
      `the application at ${app} cannot be reached (${reason}); start it, or correct its address`,
    );
  }

  #succeeded(): void {
    if (this.#reachable) return;
    this.#reachable = true;
    const app = formatHostPort(this.app);
    this.log.info({ event: 'app.reachable', app }, `the application at ${app} can be reached again`);
  }
}
