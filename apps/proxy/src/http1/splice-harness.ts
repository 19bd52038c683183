/** For the tests of the splice: a real proxy listener with a scripted session, a raw client, and applications that record. */
import { decide, type InboundPolicy, type Allowed, type HttpRequest, type Permit } from '@doorward/core';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { AppUnreachable, type RequestDecision, type Session, type SessionError } from '../inbound/session.js';
import type { Http1Options } from './options.js';
import { spliceHttp1 } from './splice.js';

const everyone: InboundPolicy = {
  server: { kind: 'default', name: 'all-unauthenticated' },
  protocol: {
    kind: 'http1',
    routes: [
      {
        origin: { kind: 'default', name: 'default' },
        hosts: [],
        authorizations: [
          {
            origin: { kind: 'default', name: 'all-unauthenticated' },
            networks: [{ network: { address: { family: 4, value: 0 }, prefixLength: 0 }, except: [] }],
            authentication: { kind: 'unauthenticated' },
          },
        ],
        rules: [{ matches: [], filters: [] }],
      },
    ],
  },
  authorizations: [],
};
const client = { ip: { family: 4, value: 0x7f00_0001 }, tls: { kind: 'none', reason: 'no-client-hello' } } as const;
const server = { kind: 'default', name: 'test' } as const;

/** Paths under `/denied`, `/missing` and `/limited` get what they say; everything else is permitted by the real engine. */
export function decideByPath(request: HttpRequest): RequestDecision {
  if (request.path.startsWith('/denied') || request.path.startsWith('/missing')) {
    const reason = request.path.startsWith('/denied') ? 'unauthorized' : 'no-route';
    return { verdict: 'denied', reason, server, route: undefined, tried: [], closest: undefined };
  }
  const allowed = allow(request);
  return request.path.startsWith('/limited')
    ? { verdict: 'rate-limited', decision: allowed, message: 'total rate limit exceeded: 10rps' }
    : allowed;
}

/** What the engine says to a request that everybody may make; `filters` as if they were its route's. */
export function allow(request: HttpRequest, filters: Allowed['filters'] = []): Allowed {
  const decision = decide(everyone, client, { kind: 'request', request });
  if (decision.verdict !== 'allowed') throw new Error('the engine denied what everybody may do');
  return { ...decision, filters };
}

export interface ProxyParts {
  /** Port of the application. */
  readonly app: number;
  readonly clientId?: string;
  readonly decide?: (request: HttpRequest) => RequestDecision;
  readonly connectApp?: (permit: Permit) => Promise<Socket>;
  readonly options?: Http1Options;
}

/** A listener whose connections are spliced. */
export class TestProxy {
  readonly decided: string[] = [];
  readonly errors: SessionError[] = [];
  readonly draining = new AbortController();
  /** How many connections to the application have been asked for. */
  dials = 0;
  /** Both sides of the splice, as the proxy holds them. */
  readonly sockets: Socket[] = [];
  /** Settles when every connection so far is over. */
  readonly spliced: Promise<void>[] = [];
  readonly #server: Server;

  private constructor(parts: ProxyParts) {
    this.#server = createServer((stream) => {
      this.sockets.push(stream);
      const session: Session = {
        client,
        clientAddress: '192.0.2.7:4711',
        serverAddress: '192.0.2.1:8080',
        clientId: parts.clientId,
        draining: this.draining.signal,
        decideRequest: (request) => {
          this.decided.push(`${request.method} ${request.path}`);
          return (parts.decide ?? decideByPath)(request);
        },
        connectApp: async (permit) => {
          this.dials++;
          const socket = await (parts.connectApp === undefined ? dial(parts.app) : parts.connectApp(permit));
          this.sockets.push(socket);
          return socket;
        },
        reportError: (error) => this.errors.push(error),
      };
      this.spliced.push(spliceHttp1({ stream, session }, parts.options));
    });
  }

  static async start(parts: ProxyParts): Promise<TestProxy> {
    const proxy = new TestProxy(parts);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Bytes that the proxy has taken from one side and the other has not: what its memory depends on. */
  get heldBytes(): number {
    return this.sockets.reduce((sum, socket) => sum + socket.writableLength + socket.readableLength, 0);
  }

  async stop(): Promise<void> {
    this.#server.close();
    await Promise.all(this.spliced);
  }
}

/** As the proxy's own connector does it. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw new AppUnreachable(502, 'client error (Connect)', { cause });
  }
  return socket;
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

/** A socket with a memory: tests wait for what has to come, never for time to pass. */
export class RawPeer {
  received = '';
  ended = false;
  closed = false;
  #waiting: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const peer = new RawPeer(socket);
    await once(socket, 'connect');
    return peer;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Wait until what came so far satisfies `test`, and give it back. */
  async until(test: (received: string) => boolean): Promise<string> {
    while (!test(this.received)) {
      if (this.closed || (this.ended && this.socket.readableEnded)) {
        throw new Error(`ended before it came: ${JSON.stringify(this.received.slice(-500))}`);
      }
      await this.#change();
    }
    return this.received;
  }

  /** Wait until the other side has ended, and give back all that came. */
  async untilEnd(): Promise<string> {
    while (!this.ended && !this.closed) await this.#change();
    return this.received;
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** An application on a bare socket: `script` gets each connection, everything that any of them sent is in `received`. */
export class RawApp {
  readonly peers: RawPeer[] = [];
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  private constructor(script: (peer: RawPeer, number: number) => void | Promise<void>) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const peer = new RawPeer(socket);
      this.peers.push(peer);
      for (const resolve of this.#waiting.splice(0)) resolve();
      void Promise.resolve(script(peer, this.peers.length)).catch(() => socket.destroy());
    });
  }

  static async start(script: (peer: RawPeer, number: number) => void | Promise<void>): Promise<RawApp> {
    const app = new RawApp(script);
    app.#server.listen(0, '127.0.0.1');
    await once(app.#server, 'listening');
    return app;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** The connection with this number, from 0: now or when it comes. */
  async peer(number: number): Promise<RawPeer> {
    for (;;) {
      const peer = this.peers[number];
      if (peer !== undefined) return peer;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  get received(): string {
    return this.peers.map((peer) => peer.received).join('');
  }

  stop(): void {
    for (const { socket } of this.peers) socket.destroy();
    this.#server.close();
  }
}

/** Answers every request head it sees with `response`, and reads no bodies. */
export const answering =
  (response: string) =>
  async (peer: RawPeer): Promise<void> => {
    let answered = 0;
    for (;;) {
      await peer.until((text) => text.split('\r\n\r\n').length - 1 > answered);
      answered++;
      peer.send(response);
    }
  };

/** Without the date, whose value is not the test's. */
export const undated = (text: string): string => text.replaceAll(/date: [^\r]*GMT\r\n/g, 'date: -\r\n');
