/**
 * The application behind a proxy, which remembers what reached it. It speaks HTTP/1, HTTP/2 and, to whoever begins with anything
 * else, answers `echo:` and the bytes. What was denied must leave no trace here, not even a connection.
 */
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface AppSide {
  readonly socket: Socket;
  /** Resolves when this connection is gone. */
  readonly closed: Promise<unknown>;
}

export class RecordingApp {
  readonly connections: AppSide[] = [];
  readonly requests: RecordedRequest[] = [];
  /** Said to every connection before it has said anything, as SMTP and MySQL do. */
  greeting: string | undefined;
  /** Neither reads nor answers: what becomes of a connection is then up to others. */
  quiet = false;
  port = 0;
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  readonly #http = createHttpServer((request, response) => {
    this.requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    this.#answer(request.url, (body) => response.end(body));
  });
  readonly #http2 = createHttp2Server();
  readonly #held: (() => void)[] = [];
  #onConnection: ((side: AppSide) => void)[] = [];
  #onHeld: (() => void)[] = [];

  constructor() {
    this.#http2.on('stream', (stream, headers) => {
      this.requests.push({ method: headers[':method'] ?? '', path: headers[':path'] ?? '', headers });
      stream.on('error', () => {});
      this.#answer(headers[':path'], (body) => {
        stream.respond({ ':status': 200 });
        stream.end(body);
      });
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.port = address.port;
    return this;
  }

  /** The next connection that is accepted. */
  async nextConnection(): Promise<AppSide> {
    return new Promise((resolve) => {
      this.#onConnection.push(resolve);
    });
  }

  /** The next request for `/held…` has arrived, and gets its answer when {@link release} is called. */
  async nextHeld(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHeld.push(resolve);
    });
  }

  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const side = { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
    this.connections.push(side);
    socket.on('error', () => {});
    if (this.greeting !== undefined) socket.write(this.greeting);
    for (const resolve of this.#onConnection.splice(0)) resolve(side);
    if (this.quiet) return;
    socket.once('readable', () => {
      const first: unknown = socket.read();
      if (!Buffer.isBuffer(first)) return void socket.end();
      const text = first.toString('latin1');
      socket.unshift(first);
      if (text.startsWith('PRI ')) this.#http2.emit('connection', socket);
      else if (/^[A-Z]+ \S+ HTTP\/1/.test(text)) this.#http.emit('connection', socket);
      else echo(socket);
    });
  }

  #answer(path: string | undefined, send: (body: string) => void): void {
    if (path?.startsWith('/held') !== true) return send('hello');
    this.#held.push(() => send('hello at last'));
    for (const resolve of this.#onHeld.splice(0)) resolve();
  }
}

function echo(socket: Socket): void {
  socket.write('echo:');
  socket.pipe(socket);
}
