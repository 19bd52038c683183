import { once } from 'node:events';
import http2 from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, startProxy, type TestProxy, type TestProxyOptions } from './testing.js';

/** What undoes a test's parts, in reverse. */
const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const startApp = async (
  onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  settings: http2.Settings = {},
): Promise<{ port: number; sessions: http2.ServerHttp2Session[] }> => {
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createServer({ settings });
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  undo.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: await listen(server as never), sessions };
};

const proxyTo = async (options: TestProxyOptions): Promise<TestProxy> => {
  const proxy = await startProxy(options);
  undo.push(() => proxy.close());
  return proxy;
};

const clientOf = (proxy: TestProxy, settings: http2.Settings = {}): http2.ClientHttp2Session => {
  const client = http2.connect(proxy.origin, { settings });
  client.on('error', () => undefined);
  undo.push(() => client.destroy());
  return client;
};

interface Answer {
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: http2.IncomingHttpHeaders | undefined;
}

const request = async (
  client: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: Buffer,
): Promise<Answer> => {
  const stream = client.request(headers, { endStream: body === undefined });
  const answered = answerOf(stream);
  if (body !== undefined) stream.end(body);
  return answered;
};

const answerOf = async (stream: http2.ClientHttp2Stream): Promise<Answer> => {
  const chunks: Buffer[] = [];
  let trailers: http2.IncomingHttpHeaders | undefined;
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('trailers', (received: http2.IncomingHttpHeaders) => (trailers = received));
  const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  if (!stream.closed) await once(stream, 'close');
  return { headers, body: Buffer.concat(chunks), trailers };
};

const echo = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void => {
  stream.respond({ ':status': 200, 'x-path': headers[':path'], 'x-client': headers['l5d-client-id'] ?? 'none' });
  stream.pipe(stream);
};

describe('a request through the splice', () => {
  it('is forwarded when it is permitted, and answered in place when it is not', async () => {
    const app = await startApp(echo);
    const proxy = await proxyTo({ appPort: app.port });
    const client = clientOf(proxy);
    const open = await request(client, { ':path': '/open', ':method': 'POST' }, Buffer.from('hello'));
    expect([open.headers[':status'], open.headers['x-path'], open.body.toString()]).toEqual([200, '/open', 'hello']);
    const denied = await request(client, { ':path': '/denied', ':method': 'POST' }, Buffer.from('hello'));
    expect([denied.headers[':status'], denied.headers['content-length'], denied.body.length]).toEqual([403, '0', 0]);
    const nowhere = await request(client, { ':path': '/nowhere' });
    expect(nowhere.headers[':status']).toBe(404);
  });
});
