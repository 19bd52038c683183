import { frameType, maxInt31, settingId, windowUpdateFrame } from '@doorward/http';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { get, listen, Started, type TestProxy } from './testing.js';

const started = new Started();
afterEach(() => started.end());

interface App {
  readonly port: number;
  readonly sessions: http2.ServerHttp2Session[];
  readonly sockets: Socket[];
}

type OnStream = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

const startApp = async (onStream: OnStream, settings: http2.Settings = {}): Promise<App> => {
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createServer({ settings, maxSessionMemory: 1000 });
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  started.add(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: await listen(server), sessions, sockets };
};

const clientOf = (proxy: TestProxy, settings: http2.Settings = {}): http2.ClientHttp2Session => {
  const client = http2.connect(proxy.origin, { settings, maxSessionMemory: 1000 });
  client.on('error', () => undefined);
  started.add(() => client.destroy());
  return client;
};

interface Answer {
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
}

const answerOf = async (stream: http2.ClientHttp2Stream): Promise<Answer> => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(stream, 'close');
  const [headers = {}]: http2.IncomingHttpHeaders[] = await once(stream, 'response');
  await closed;
  return { headers, body: Buffer.concat(chunks) };
};

const request = async (
  client: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: Buffer,
): Promise<Answer> => {
  const stream = client.request({ ':method': body === undefined ? 'GET' : 'POST', ...headers });
  const answered = answerOf(stream);
  stream.end(body);
  return answered;
};

/** The client's stream is reset: with which code. */
const resetCodeOf = async (stream: http2.ClientHttp2Stream): Promise<number> => {
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('close', resolve));
  return stream.rstCode;
};

const echo: OnStream = (stream, headers) => {
  stream.respond({ ':status': 200, 'x-path': headers[':path'], 'x-client': headers['l5d-client-id'] ?? 'none' });
  stream.pipe(stream);
};

/** All headers but `date`, which the clock decides. */
const undated = (headers: http2.IncomingHttpHeaders): Record<string, unknown> => {
  const { date, ...rest } = headers;
  expect(new Date(date ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000);
  return Object.fromEntries(Object.entries(rest));
};

describe('a request through the splice', () => {
  it('is forwarded when it is permitted, and answered in place when it is not', async () => {
    const seen: unknown[] = [];
    const app = await startApp((stream, headers) => {
      seen.push(headers[':path']);
      echo(stream, headers);
    });
    const proxy = await started.proxy({ appPort: app.port });
    const client = clientOf(proxy);
    const paths = Array.from({ length: 60 }, (_, index) => ['/open/a', '/denied/b', '/nowhere', '/limited'][index % 4]);
    const answers = await Promise.all(paths.map((path) => request(client, { ':path': path }, Buffer.from('hello'))));
    const outcomes = answers.map(({ headers, body }) => `${String(headers[':status'])} ${body.toString()}`);
    expect(outcomes).toEqual(paths.map((_, index) => ['200 hello', '403 ', '404 ', '429 '][index % 4]));
    expect(new Set(seen)).toEqual(new Set(['/open/a']));
    expect(proxy.sessions.map(({ dials, requests }) => [dials, requests.length])).toEqual([[1, 60]]);
  });

  it('gives no reason to a client without a name', async () => {
    const app = await startApp(echo);
    const client = clientOf(await started.proxy({ appPort: app.port }));
    const plain = await request(client, { ':path': '/denied' });
    expect(undated(plain.headers)).toEqual({ ':status': 403, 'content-length': '0' });
    const grpc = await request(client, { ':path': '/denied', 'content-type': 'application/grpc+proto' });
    expect(undated(grpc.headers)).toEqual({
      ':status': 200,
      'content-length': '0',
      'content-type': 'application/grpc',
      'grpc-status': '7',
    });
  });

  it('tells a client with a name why', async () => {
    const app = await startApp(echo);
    const client = clientOf(await started.proxy({ appPort: app.port, clientId: 'web.test' }));
    const reason = (text: string): string => `client 127.0.0.9:45678: server: 127.0.0.1:8080: ${text}`;
    const plain = await request(client, { ':path': '/nowhere' });
    expect(undated(plain.headers)).toEqual({
      ':status': 404,
      'content-length': '0',
      'l5d-proxy-error': reason('no route found for request'),
    });
    const grpc = await request(client, { ':path': '/limited', 'content-type': 'application/grpc' });
    expect(undated(grpc.headers)).toEqual({
      ':status': 200,
      'content-length': '0',
      'content-type': 'application/grpc',
      'grpc-status': '8',
      'grpc-message': reason('total rate limit exceeded: 10rps'),
      'l5d-proxy-error': reason('total rate limit exceeded: 10rps'),
    });
  });

  it('names the client by its certificate, and by nothing that the client says', async () => {
    const app = await startApp(echo);
    const claims = { ':path': '/open', 'l5d-client-id': ['admin.test', 'root.test'] };
    const named = clientOf(await started.proxy({ appPort: app.port, clientId: 'web.test' }));
    expect((await request(named, claims)).headers['x-client']).toBe('web.test');
    // Again, when header blocks carry no state any more and are forwarded as they come.
    expect((await request(named, claims)).headers['x-client']).toBe('web.test');
    expect((await request(named, { ':path': '/open' })).headers['x-client']).toBe('web.test');
    const unnamed = clientOf(await started.proxy({ appPort: app.port }));
    expect((await request(unnamed, claims)).headers['x-client']).toBe('none');
    expect((await request(unnamed, claims)).headers['x-client']).toBe('none');
  });

  it('is refused with 501 when it carries HTTP/1, before anyone decides', async () => {
    const app = await startApp(echo);
    const proxy = await started.proxy({ appPort: app.port });
    const client = clientOf(proxy);
    const answer = await request(client, { ':path': '/open', 'l5d-orig-proto': 'HTTP/1.1' });
    expect(undated(answer.headers)).toEqual({ ':status': 501, 'content-length': '0' });
    expect(proxy.sessions.map(({ requests, dials, errors }) => [requests.length, dials, errors])).toEqual([
      [
        0,
        0,
        [
          {
            status: 501,
            message:
              'client 127.0.0.9:45678: server: 127.0.0.1:8080: HTTP/1 carried in HTTP/2 (l5d-orig-proto) is not supported',
          },
        ],
      ],
    ]);
    expect((await request(client, { ':path': '/open' })).headers[':status']).toBe(200);
  });

  it('gets 431 for 20 KB of headers, and the connection stays', async () => {
    const app = await startApp(echo);
    const client = clientOf(await started.proxy({ appPort: app.port }));
    const large = await request(client, { ':path': '/open', 'x-large': 'x'.repeat(20_000) }, Buffer.from('hello'));
    expect(undated(large.headers)).toEqual({ ':status': 431, 'content-length': '0' });
    expect((await request(client, { ':path': '/open', 'x-large': 'x'.repeat(15_000) })).headers[':status']).toBe(200);
  });

  it('gets a date when the application sets none, and keeps the one it sets', async () => {
    const app = await startApp((stream, headers) => {
      const head = headers['x-date'] === undefined ? {} : { date: String(headers['x-date']) };
      // Missing in the types of Node 20.
      const options = { sendDate: false, endStream: true };
      stream.respond({ ':status': 200, ...head }, options);
    });
    const client = clientOf(await started.proxy({ appPort: app.port }));
    const without = await request(client, { ':path': '/open' });
    expect(undated(without.headers)).toEqual({ ':status': 200 });
    const given = 'Mon, 21 Oct 2013 20:13:21 GMT';
    const kept = await request(client, { ':path': '/open', 'x-date': given });
    expect(kept.headers.date).toBe(given);
  });

  it('may be HEAD, have informational responses and trailers', async () => {
    const app = await startApp((stream, headers) => {
      if (headers[':method'] === 'HEAD') return stream.respond({ ':status': 200, 'content-length': '99' });
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
      stream.end('body');
    });
    const client = clientOf(await started.proxy({ appPort: app.port }));
    const head = await request(client, { ':path': '/open', ':method': 'HEAD' });
    expect(head.headers['content-length']).toBe('99');
    const stream = client.request({ ':path': '/open' });
    const informed: Promise<http2.IncomingHttpHeaders[]> = once(stream, 'headers');
    const trailed: Promise<http2.IncomingHttpHeaders[]> = once(stream, 'trailers');
    const answer = await answerOf(stream);
    expect(answer.body.toString()).toBe('body');
    expect((await informed)[0]).toMatchObject({ ':status': 103, link: '</a>' });
    expect((await trailed)[0]).toMatchObject({ 'x-end': 'yes' });
  });
});

describe('bodies', () => {
  it('of 8 MB arrive whole in both directions, beside each other', async () => {
    const app = await startApp(echo, { initialWindowSize: 1_000_000 });
    const client = clientOf(await started.proxy({ appPort: app.port }), { initialWindowSize: 500_000 });
    const bodies = [1, 2, 3].map((seed) => Buffer.alloc(8_000_000, Buffer.from(`${seed} of three bodies, `)));
    const answers = await Promise.all(bodies.map((body) => request(client, { ':path': '/open' }, body)));
    expect(answers.map(({ body }, index) => body.equals(bodies[index] ?? Buffer.alloc(0)))).toEqual([true, true, true]);
  });

  it('of denied requests stall nobody', async () => {
    const app = await startApp(echo);
    const client = clientOf(await started.proxy({ appPort: app.port }));
    const body = Buffer.alloc(2_000_000, 'x');
    for (let round = 0; round < 4; round++) {
      const denied = Array.from({ length: 5 }, () => request(client, { ':path': '/denied' }, body));
      const open = request(client, { ':path': '/open' }, body);
      const statuses = (await Promise.all(denied)).map(({ headers }) => headers[':status']);
      expect(statuses).toEqual([403, 403, 403, 403, 403]);
      expect((await open).body.equals(body)).toBe(true);
    }
  });

  it('that nobody reads are not gathered in the proxy', async () => {
    const total = 30_000_000;
    const app = await startApp((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(total));
    });
    const proxy = await started.proxy({ appPort: app.port });
    // All may come, by its windows: only the sockets hold it back.
    const client = await started.client(proxy, [[settingId.initialWindowSize, maxInt31]]);
    client.socket.pause();
    client.say(windowUpdateFrame(0, maxInt31 - 65_535));
    client.headers(1, true, get('/open'));
    const [session] = proxy.sessions;
    const appSocket = await session?.connected;
    if (session === undefined || appSocket === undefined) throw new Error('not dialled');
    if (!appSocket.isPaused()) await once(appSocket, 'pause');
    expect(session.stream?.writableLength).toBeGreaterThan(131_072);
    expect(session.stream?.writableLength).toBeLessThan(400_000);
    client.socket.resume();
    let received = 0;
    while (received < total) received += (await client.next({ type: frameType.data })).payload.length;
    expect(received).toBe(total);
  });
});

describe('ends', () => {
  it('a reset by the application reaches the client with its code', async () => {
    const app = await startApp((stream) => stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM));
    const client = clientOf(await started.proxy({ appPort: app.port }));
    expect(await resetCodeOf(client.request({ ':path': '/open' }))).toBe(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  it('a reset by the client reaches the application with its code', async () => {
    const codes: Promise<number>[] = [];
    const app = await startApp((stream) => {
      codes.push(once(stream, 'close').then(() => stream.rstCode));
      stream.respond({ ':status': 200 });
    });
    const client = clientOf(await started.proxy({ appPort: app.port }));
    const stream = client.request({ ':path': '/open' }, { endStream: false });
    await once(stream, 'response');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    expect(await codes[0]).toBe(http2.constants.NGHTTP2_CANCEL);
  });

  it('an application that leaves takes no more requests, but finishes what it has', async () => {
    let finish: (() => void) | undefined;
    const app = await startApp((stream) => {
      finish = () => {
        stream.respond({ ':status': 200 });
        stream.end('done');
      };
      app.sessions[0]?.goaway(0, stream.id);
      app.sessions[0]?.close();
    });
    const proxy = await started.proxy({ appPort: app.port });
    const client = clientOf(proxy);
    const stream = client.request({ ':path': '/open' });
    const answered = answerOf(stream);
    const [code, last]: number[] = await once(client, 'goaway');
    expect([code, last]).toEqual([0, stream.id]);
    finish?.();
    expect((await answered).body.toString()).toBe('done');
    await proxy.over();
  });

  it('an application that dies: 500 for what it had not answered, a reset for what it had begun', async () => {
    const app = await startApp((stream, headers) => {
      if (headers[':path'] === '/open/begun') stream.respond({ ':status': 200 });
    });
    const proxy = await started.proxy({ appPort: app.port, clientId: 'web.test' });
    const client = clientOf(proxy);
    const begun = client.request({ ':path': '/open/begun' });
    const silent = client.request({ ':path': '/open/silent' });
    const grpc = client.request({ ':path': '/open/begun', 'content-type': 'application/grpc' });
    const trailed: Promise<http2.IncomingHttpHeaders[]> = once(grpc, 'trailers');
    grpc.resume();
    const answered = answerOf(silent);
    const left: Promise<number[]> = once(client, 'goaway');
    const reset = resetCodeOf(begun);
    await Promise.all([once(begun, 'response'), once(grpc, 'response')]);
    app.sockets[0]?.destroy();
    expect(undated((await answered).headers)).toEqual({
      ':status': 500,
      'content-length': '0',
      'l5d-proxy-error': 'unexpected error',
      'l5d-proxy-connection': 'close',
    });
    expect(await reset).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
    expect((await trailed)[0]).toMatchObject({ 'grpc-status': '13' });
    expect((await left)[0]).toBe(0);
    await proxy.over();
  });

  it('a client that dies is gone for the application too', async () => {
    const app = await startApp((stream) => stream.respond({ ':status': 200 }));
    const proxy = await started.proxy({ appPort: app.port });
    const client = clientOf(proxy);
    const stream = client.request({ ':path': '/open' });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    const gone = app.sessions.map((session) => once(session, 'close'));
    expect(gone).toHaveLength(1);
    client.destroy();
    await Promise.all(gone);
    await proxy.over();
  });

  it('a proxy that drains says so, finishes what is open, and closes', async () => {
    let finish: (() => void) | undefined;
    const app = await startApp((stream) => {
      stream.respond({ ':status': 200 });
      finish = () => stream.end('done');
    });
    const proxy = await started.proxy({ appPort: app.port });
    const client = clientOf(proxy);
    const stream = client.request({ ':path': '/open' });
    const answered = answerOf(stream);
    await once(stream, 'response');
    const left: Promise<number[]> = once(client, 'goaway');
    proxy.drain();
    expect((await left)[0]).toBe(0);
    finish?.();
    expect((await answered).body.toString()).toBe('done');
    await proxy.over();
  });

  it('an idle connection is closed by a drain at once', async () => {
    const proxy = await started.proxy({ appPort: undefined });
    const client = clientOf(proxy);
    await once(client, 'remoteSettings');
    const left: Promise<number[]> = once(client, 'goaway');
    proxy.drain();
    expect((await left)[0]).toBe(0);
    await once(client, 'close');
    await proxy.over();
  });

  it('an application that cannot be reached: 504, and the client is sent away', async () => {
    const proxy = await started.proxy({ appPort: undefined, clientId: 'web.test', unreachableAfterMs: 50 });
    const client = clientOf(proxy);
    const left: Promise<number[]> = once(client, 'goaway');
    const [plain, grpc, denied] = await Promise.all([
      request(client, { ':path': '/open' }, Buffer.from('body')),
      request(client, { ':path': '/open', 'content-type': 'application/grpc' }),
      request(client, { ':path': '/denied' }),
    ]);
    const reason = 'client 127.0.0.9:45678: server: 127.0.0.1:8080: service in fail-fast';
    expect(undated(plain.headers)).toEqual({
      ':status': 504,
      'content-length': '0',
      'l5d-proxy-error': reason,
      'l5d-proxy-connection': 'close',
    });
    expect(undated(grpc.headers)).toEqual({
      ':status': 200,
      'content-length': '0',
      'content-type': 'application/grpc',
      'grpc-status': '4',
      'grpc-message': reason,
      'l5d-proxy-error': reason,
      'l5d-proxy-connection': 'close',
    });
    expect(denied.headers[':status']).toBe(403);
    expect((await left)[0]).toBe(0);
    await proxy.over();
  });

  it('an application that comes up in time is reached', async () => {
    const app = await startApp(echo);
    const proxy = await started.proxy({ appPort: app.port, dialsThatFail: 2 });
    const answer = await request(clientOf(proxy), { ':path': '/open' }, Buffer.from('hello'));
    expect(answer.body.toString()).toBe('hello');
    expect(proxy.sessions[0]?.dials).toBe(3);
  });
});

describe('filters', () => {
  const filtered = async (options: Partial<Parameters<Started['proxy']>[0]>): Promise<http2.ClientHttp2Session> => {
    const app = await startApp((stream, headers) => {
      const shown = Object.entries(headers).filter(([name]) => name.startsWith('x-'));
      stream.respond({ ':status': 200, ...Object.fromEntries(shown) }, { endStream: true });
    });
    return clientOf(await started.proxy({ appPort: app.port, ...options }));
  };

  it('add, set and remove headers, in this order', async () => {
    const client = await filtered({
      filters: [
        {
          kind: 'request-header-modifier',
          add: [{ name: 'x-added', value: 'two' }],
          set: [{ name: 'x-set', value: 'ours' }],
          remove: ['x-removed'],
        },
      ],
    });
    const sent = { 'x-added': 'one', 'x-set': 'theirs', 'x-removed': 'gone', 'x-kept': 'kept' };
    const { headers } = await request(client, { ':path': '/filtered', ...sent });
    expect(undated(headers)).toEqual({ ':status': 200, 'x-added': 'one, two', 'x-set': 'ours', 'x-kept': 'kept' });
  });

  it('redirect, unless the request is there already', async () => {
    const client = await filtered({
      clientId: 'web.test',
      filters: [{ kind: 'request-redirect', path: { kind: 'prefix', value: '/filtered/new' }, status: 302 }],
    });
    const { headers } = await request(client, { ':path': '/filtered/a?b=c', ':authority': 'web:80' });
    expect(undated(headers)).toEqual({
      ':status': 302,
      'content-length': '0',
      location: 'http://web:80/filtered/new/a?b=c',
      'l5d-proxy-error': 'redirected',
    });
    const grpc = await request(client, { ':path': '/filtered/a', 'content-type': 'application/grpc' });
    expect(undated(grpc.headers)).toEqual({
      ':status': 200,
      'content-length': '0',
      'content-type': 'application/grpc',
      'grpc-status': '5',
      'grpc-message': 'redirected',
      'l5d-proxy-error': 'redirected',
    });
    const same = await filtered({
      filters: [{ kind: 'request-redirect', path: { kind: 'full', value: '/filtered/same' } }],
    });
    expect((await request(same, { ':path': '/filtered/same' })).headers[':status']).toBe(200);
    expect((await request(same, { ':path': '/filtered/other' })).headers[':status']).toBe(301);
  });

  it('inject failures as often as they say', async () => {
    let drawn = 0.5;
    const client = await filtered({
      random: () => drawn,
      filters: [{ kind: 'failure-injector', status: 418, message: 'tea', ratio: { numerator: 1, denominator: 2 } }],
    });
    expect((await request(client, { ':path': '/filtered' })).headers[':status']).toBe(200);
    drawn = 0.49;
    const left: Promise<number[]> = once(client, 'goaway');
    expect((await request(client, { ':path': '/filtered' })).headers[':status']).toBe(500);
    expect((await left)[0]).toBe(0);
  });

  it('that are unknown let nothing through', async () => {
    const client = await filtered({ clientId: 'web.test', filters: [{ kind: 'unknown' }] });
    const { headers } = await request(client, { ':path': '/filtered' });
    expect([headers[':status'], headers['l5d-proxy-error']]).toEqual([
      500,
      'client 127.0.0.9:45678: server: 127.0.0.1:8080: invalid server policy: server policy configured with unknown filter',
    ]);
  });
});
