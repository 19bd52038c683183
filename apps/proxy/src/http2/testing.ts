/** Parts for the tests of this folder: a session with a real policy, a splice on a real port, and a peer that speaks in raw frames. */
import {
  allNetworks,
  type Authorization,
  type Client,
  decide,
  type HttpFilter,
  type HttpRequest,
  type HttpRoute,
  type InboundPolicy,
} from '@doorward/core';
import {
  clientPreface,
  encodeFields,
  frameHeader,
  frameHeaderLength,
  FrameReader,
  frameType,
  headersFrames,
  HpackDecoder,
  http2Field,
  settingsAckFrame,
  settingsFrame,
  type DataPart,
} from '@doorward/http';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { AppUnreachable, type RequestDecision, type Session, type SessionError } from '../inbound/session.js';
import type { Http2Options } from './options.js';
import { spliceHttp2 } from './splice.js';

const anyone: Authorization = {
  origin: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'authorizationpolicy', name: 'anyone' },
  networks: allNetworks.map((network) => ({ network, except: [] })),
  authentication: { kind: 'unauthenticated' },
};

const route = (
  prefix: string,
  authorizations: readonly Authorization[],
  filters: readonly HttpFilter[] = [],
): HttpRoute => ({
  origin: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'HTTPRoute', name: prefix.slice(1) },
  hosts: [],
  authorizations,
  rules: [{ matches: [{ path: { kind: 'prefix', path: prefix }, headers: [], queryParams: [] }], filters }],
});

/** `/open…`, `/limited…`, `/filtered…` and the service `test.Echo` are for anyone, `/denied…` and `denied.Echo` for nobody; other paths have no route. */
const policyOf = (filters: readonly HttpFilter[]): InboundPolicy => ({
  server: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'server', name: 'test' },
  protocol: {
    kind: 'http2',
    routes: [
      route('/open', [anyone]),
      route('/limited', [anyone]),
      route('/filtered', [anyone], filters),
      route('/test.Echo', [anyone]),
      route('/denied', []),
      route('/denied.Echo', []),
    ],
  },
  authorizations: [],
});

export class TestSession implements Session {
  readonly client: Client;
  readonly clientAddress = '127.0.0.9:45678';
  readonly serverAddress = '127.0.0.1:8080';
  readonly errors: SessionError[] = [];
  readonly requests: HttpRequest[] = [];
  dials = 0;
  /** The proxy's end of the client connection. */
  stream: Socket | undefined;
  /** The proxy's connection to the application. */
  readonly connected: Promise<Socket>;
  #connected: (app: Socket) => void = () => undefined;
  readonly #policy: InboundPolicy;

  constructor(
    private readonly appPort: number | undefined,
    readonly clientId: string | undefined,
    filters: readonly HttpFilter[],
    readonly draining: AbortSignal,
    private readonly dialsThatFail: number,
  ) {
    this.client = {
      ip: { family: 4, value: 0x7f000009 },
      tls:
        clientId === undefined
          ? { kind: 'none', reason: 'no-client-hello' }
          : { kind: 'established', identity: { kind: 'dns', name: clientId } },
    };
    this.#policy = policyOf(filters);
    this.connected = new Promise((resolve) => {
      this.#connected = resolve;
    });
  }

  decideRequest(request: HttpRequest): RequestDecision {
    this.requests.push(request);
    const decision = decide(this.#policy, this.client, { kind: 'request', request });
    if (request.path.startsWith('/limited'))
      return { verdict: 'rate-limited', decision, message: 'total rate limit exceeded: 10rps' };
    return decision;
  }

  async connectApp(): Promise<Socket> {
    this.dials += 1;
    if (this.appPort === undefined || this.dials <= this.dialsThatFail)
      throw new AppUnreachable(502, 'client error (Connect)');
    const socket = connect({ host: '127.0.0.1', port: this.appPort, allowHalfOpen: true });
    await once(socket, 'connect');
    this.#connected(socket);
    return socket;
  }

  reportError(error: SessionError): void {
    this.errors.push(error);
  }
}

export interface TestProxyOptions extends Http2Options {
  /** `undefined`: nothing listens. */
  readonly appPort: number | undefined;
  readonly dialsThatFail?: number;
  readonly clientId?: string;
  readonly filters?: readonly HttpFilter[];
}

export interface TestProxy {
  readonly port: number;
  readonly origin: string;
  /** One for each connection, in order. */
  readonly sessions: TestSession[];
  /** Resolves when every splice so far is over. */
  over(): Promise<void>;
  drain(): void;
  close(): Promise<void>;
}

export const startProxy = async (options: TestProxyOptions): Promise<TestProxy> => {
  const draining = new AbortController();
  const sessions: TestSession[] = [];
  const splices: Promise<void>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (stream) => {
    sockets.add(stream);
    const { appPort, clientId, filters = [], dialsThatFail = 0 } = options;
    const session = new TestSession(appPort, clientId, filters, draining.signal, dialsThatFail);
    session.stream = stream;
    sessions.push(session);
    splices.push(spliceHttp2({ stream, session }, options));
  });
  const port = await listen(server);
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    sessions,
    over: async () => void (await Promise.all(splices)),
    drain: () => draining.abort(),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await Promise.all(splices);
    },
  };
};

/** What a test has started, ended in reverse. */
export class Started {
  readonly #ends: (() => Promise<void> | void)[] = [];

  add(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }

  async proxy(options: TestProxyOptions): Promise<TestProxy> {
    const proxy = await startProxy(options);
    this.add(() => proxy.close());
    return proxy;
  }

  async client(proxy: TestProxy, settings: readonly (readonly [number, number])[] = []): Promise<RawPeer> {
    const peer = await rawClient(proxy.port, settings);
    this.add(() => void peer.socket.destroy());
    return peer;
  }

  async app(settings: readonly (readonly [number, number])[] = []): Promise<RawApp> {
    const app = await rawApp(settings);
    this.add(() => app.close());
    return app;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }
}

export const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
  /** Of HEADERS, as `name: value`. */
  readonly headers?: readonly string[];
}

/** One end of an HTTP/2 connection that says exactly what a test wants, and remembers what it hears. */
export class RawPeer {
  readonly seen: SeenFrame[] = [];
  closed = false;
  #read = 0;
  readonly #waiting = new Set<() => void>();
  readonly #decoder = new HpackDecoder(4096, 1_000_000);
  #data: Buffer[] = [];

  constructor(
    readonly socket: Socket,
    prefaceLength: number,
  ) {
    let skip = prefaceLength;
    const reader = new FrameReader(
      {
        onFrame: (type, flags, streamId, bytes, at, end) => {
          const payload = Buffer.from(bytes.subarray(at + frameHeaderLength, end));
          this.#saw({ type, flags, streamId, payload });
        },
        onDataPart: ({ streamId, flags, bytes, from, to, last }: DataPart) => {
          this.#data.push(Buffer.from(bytes.subarray(from, to)));
          if (last) this.#saw({ type: frameType.data, flags, streamId, payload: Buffer.concat(this.#data.splice(0)) });
        },
        onFrameError: (error) => {
          throw new Error(error.message);
        },
      },
      16_777_215,
    );
    socket.on('data', (chunk) => {
      const rest = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - rest.length;
      reader.push(rest);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      for (const wake of this.#waiting) wake();
    });
    socket.on('end', () => socket.end());
  }

  #saw(frame: SeenFrame): void {
    if (frame.type === frameType.headers) {
      const decoded = this.#decoder.decode(frame.payload);
      if (decoded.kind !== 'fields') throw new Error(`unreadable header block: ${decoded.kind}`);
      const headers = decoded.fields.map(({ name, value }) => `${name}: ${value}`);
      this.seen.push({ ...frame, headers });
    } else {
      this.seen.push(frame);
    }
    for (const wake of this.#waiting) wake();
  }

  /** The next frame that `wanted` describes; frames before it are passed over. */
  async next(wanted: Partial<SeenFrame>): Promise<SeenFrame> {
    for (;;) {
      while (this.#read < this.seen.length) {
        const frame = this.seen[this.#read++];
        if (frame !== undefined && matches(frame, wanted)) return frame;
      }
      if (this.closed)
        throw new Error(`connection closed before ${JSON.stringify(wanted)}; saw ${describe(this.seen)}`);
      await this.#change();
    }
  }

  /** Until the connection is closed. */
  async end(): Promise<void> {
    while (!this.closed) await this.#change();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  say(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  headers(streamId: number, endStream: boolean, fields: readonly (readonly [string, string])[]): void {
    this.say(
      ...headersFrames(streamId, endStream, encodeFields(fields.map(([name, value]) => http2Field(name, value)))),
    );
  }

  data(streamId: number, endStream: boolean, payload: Buffer): void {
    this.say(dataFrame(streamId, endStream, payload));
  }
}

export const dataFrame = (streamId: number, endStream: boolean, payload: Buffer): Buffer =>
  Buffer.concat([frameHeader(frameType.data, endStream ? 1 : 0, streamId, payload.length), payload]);

const matches = (frame: SeenFrame, wanted: Partial<SeenFrame>): boolean =>
  (wanted.type === undefined || frame.type === wanted.type) &&
  (wanted.flags === undefined || frame.flags === wanted.flags) &&
  (wanted.streamId === undefined || frame.streamId === wanted.streamId);

const describe = (frames: readonly SeenFrame[]): string =>
  frames
    .map(({ type, flags, streamId, payload }) => `${type}/${flags}/${streamId} ${payload.toString('hex', 0, 16)}`)
    .join(', ');

/** A client that has sent its preface and SETTINGS. */
export const rawClient = async (
  port: number,
  settings: readonly (readonly [number, number])[] = [],
): Promise<RawPeer> => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  const peer = new RawPeer(socket, 0);
  peer.say(clientPreface, settingsFrame(settings));
  return peer;
};

/** Every setting that came is acknowledged, as a client does that has given up its dynamic table. */
export const acknowledge = async (peer: RawPeer): Promise<void> => {
  await peer.next({ type: frameType.settings, flags: 0 });
  peer.say(settingsAckFrame());
};

export interface RawApp {
  readonly port: number;
  /** The next connection that the proxy makes; it has been sent our SETTINGS. */
  accept(): Promise<RawPeer>;
  close(): void;
}

export const rawApp = async (settings: readonly (readonly [number, number])[] = []): Promise<RawApp> => {
  const peers: RawPeer[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const peer = new RawPeer(socket, clientPreface.length);
    peer.say(settingsFrame(settings));
    peers.push(peer);
    sockets.push(socket);
    server.emit('peer');
  });
  const port = await listen(server);
  return {
    port,
    accept: async () => {
      for (;;) {
        const peer = peers.shift();
        if (peer !== undefined) return peer;
        await once(server, 'peer');
      }
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

export const get = (path: string): (readonly [string, string])[] => [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'test'],
];
