import { once } from 'node:events';
import http from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { AppUnreachable } from '../inbound/session.js';
import { allow, answering, portOf, type ProxyParts, RawApp, RawPeer, TestProxy, undated } from './splice-harness.js';

const ok = 'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 2\r\n\r\nok';
const passed = ok;
const get = (path: string, lines = ''): string => `GET ${path} HTTP/1.1\r\nHost: web\r\n${lines}\r\n`;
const denied = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\ndate: -\r\n\r\n';
const missing = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\ndate: -\r\n\r\n';
const failed = 'HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\ndate: -\r\n\r\n';
const count = (text: string, part: string): number => text.split(part).length - 1;

async function responseOf(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
}

const lengthOf = (chunk: unknown): number => (Buffer.isBuffer(chunk) ? chunk.length : 0);

const opened: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function rawApp(script: Parameters<typeof RawApp.start>[0]): Promise<RawApp> {
  const app = await RawApp.start(script);
  opened.push(() => app.stop());
  return app;
}

async function start(parts: ProxyParts): Promise<TestProxy> {
  const proxy = await TestProxy.start(parts);
  opened.push(async () => proxy.stop());
  return proxy;
}

async function connectTo(proxy: TestProxy): Promise<RawPeer> {
  const peer = await RawPeer.connect(proxy.port);
  opened.push(() => {
    peer.socket.destroy();
  });
  return peer;
}

/** A proxy in front of a scripted application, and one client. */
async function setup(
  script: Parameters<typeof RawApp.start>[0],
  parts: Omit<ProxyParts, 'app'> = {},
): Promise<{ app: RawApp; proxy: TestProxy; peer: RawPeer }> {
  const app = await rawApp(script);
  const proxy = await start({ ...parts, app: app.port });
  return { app, proxy, peer: await connectTo(proxy) };
}

describe('requests on one connection', () => {
  it('are passed on as they came, over one connection to the application', async () => {
    const { app, proxy, peer } = await setup(answering(ok));
    const request = 'GET /a?b=c HTTP/1.1\r\nhOST: web\r\nX-Odd:   spaced  \r\n\r\n';
    peer.send(request);
    await peer.until((text) => text === passed);
    peer.send(request);
    await peer.until((text) => text === passed.repeat(2));
    expect({ received: app.received, dials: proxy.dials, decided: proxy.decided }).toEqual({
      received: request.repeat(2),
      dials: 1,
      decided: ['GET /a', 'GET /a'],
    });
  });

  it('are decided one by one when pipelined: the application never hears of a denied one', async () => {
    const { app, proxy, peer } = await setup(answering(ok));
    peer.send(get('/1') + get('/denied/2') + get('/3') + get('/missing/4') + get('/denied/5') + get('/6'));
    const received = await peer.until((text) => count(text, 'HTTP/1.1') === 6 && text.endsWith('ok'));
    expect(undated(received)).toBe(passed + denied + passed + missing + denied + passed);
    expect(app.received).toBe(get('/1') + get('/3') + get('/6'));
    expect(proxy.decided).toEqual(['GET /1', 'GET /denied/2', 'GET /3', 'GET /missing/4', 'GET /denied/5', 'GET /6']);
  });

  it('wait for the response before them, however early they came', async () => {
    const { app, proxy, peer } = await setup(() => undefined);
    peer.send(get('/1') + get('/2'));
    const appPeer = await app.peer(0);
    await appPeer.until((text) => text === get('/1'));
    expect(proxy.decided).toEqual(['GET /1']);
    appPeer.send(ok);
    await appPeer.until((text) => text === get('/1') + get('/2'));
    appPeer.send(ok);
    expect(await peer.until((text) => text.length === passed.length * 2)).toBe(passed.repeat(2));
  });

  it('arrive whole when they come byte by byte', async () => {
    const { app, peer } = await setup(answering(ok));
    for (const byte of get('/slow')) peer.send(byte);
    await peer.until((text) => text === passed);
    expect(app.received).toBe(get('/slow'));
  });

  it('end with the client: a half-closed client still gets all its answers', async () => {
    const { peer } = await setup(answering(ok));
    peer.socket.end(get('/1') + get('/denied') + get('/2'));
    expect(undated(await peer.untilEnd())).toBe(passed + denied + passed);
  });

  it('HTTP/1.0 closes by default and keeps alive when asked', async () => {
    const { app, proxy, peer } = await setup(answering(ok));
    peer.send('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    await peer.until(
      (text) => text === 'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 2\r\nconnection: keep-alive\r\n\r\nok',
    );
    peer.send('GET /denied HTTP/1.0\r\n\r\n');
    expect(undated(await peer.untilEnd())).toMatch(
      /okHTTP\/1\.0 403 Forbidden\r\ncontent-length: 0\r\ndate: -\r\n\r\n$/,
    );
    expect({ received: app.received, dials: proxy.dials }).toEqual({ received: 'GET /1 HTTP/1.0\r\n\r\n', dials: 1 });
  });

  it('connection: close is echoed and obeyed, and not passed on', async () => {
    const { app, peer } = await setup(answering(ok));
    peer.send(get('/1', 'Connection: close\r\n'));
    expect(await peer.untilEnd()).toBe(
      'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 2\r\nconnection: close\r\n\r\nok',
    );
    expect(app.received).toBe(get('/1'));
  });
});

describe('answers of the proxy', () => {
  it('tell a client with a proven name what was wrong, and nobody else', async () => {
    const { proxy, peer } = await setup(answering(ok), {
      clientId: 'a.b.serviceaccount.identity.linkerd.cluster.local',
    });
    peer.send(get('/denied') + get('/missing') + get('/limited'));
    const received = await peer.until((text) => count(text, '\r\n\r\n') === 3);
    const located = 'client 192.0.2.7:4711: server: 192.0.2.1:8080: ';
    const answer = (status: string, message: string): string =>
      `HTTP/1.1 ${status}\r\nl5d-proxy-error: ${located}${message}\r\ncontent-length: 0\r\ndate: -\r\n\r\n`;
    expect(undated(received)).toBe(
      answer('403 Forbidden', 'unauthorized request on route') +
        answer('404 Not Found', 'no route found for request') +
        answer('429 Too Many Requests', 'total rate limit exceeded: 10rps'),
    );
    expect(proxy.errors).toEqual([
      { status: 403, message: `${located}unauthorized request on route` },
      { status: 404, message: `${located}no route found for request` },
      { status: 429, message: `${located}total rate limit exceeded: 10rps` },
    ]);
    expect(proxy.dials).toBe(0);
  });

  it('a denied request whose body is here leaves the connection usable', async () => {
    const { app, peer } = await setup(answering(ok));
    peer.send(`POST /denied HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc${get('/1')}`);
    expect(undated(await peer.until((text) => text.endsWith('ok')))).toBe(denied + passed);
    expect(app.received).toBe(get('/1'));
  });

  it('a denied request whose body is still coming ends the connection, without saying so', async () => {
    const { app, peer } = await setup(answering(ok));
    peer.send('POST /denied HTTP/1.1\r\nHost: web\r\nContent-Length: 90\r\n\r\nabc');
    expect(undated(await peer.untilEnd())).toBe(denied);
    peer.send(get('/1'));
    expect(app.peers).toEqual([]);
  });

  it('a denied request that waits for 100 Continue ends the connection', async () => {
    const { app, peer } = await setup(answering(ok));
    peer.send('POST /denied HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n');
    expect(undated(await peer.untilEnd())).toBe(denied);
    expect(app.peers).toEqual([]);
  });

  it('a malformed request is 400 and the end, with what came before it answered', async () => {
    const { app, proxy, peer } = await setup(answering(ok));
    peer.send(`${get('/1')}GET /2 HTTP/1.1\r\nHost : web\r\n\r\n${get('/3')}`);
    expect(undated(await peer.untilEnd())).toBe(
      `${passed}HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: -\r\n\r\n`,
    );
    expect(app.received).toBe(get('/1'));
    expect(proxy.errors).toEqual([
      { status: 400, message: 'invalid request: a header name has a space before its colon' },
    ]);
  });

  it.each([
    [414, `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n`],
    [431, `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(101)}`],
  ])('too much is %i', async (status, text) => {
    const { app, peer } = await setup(answering(ok));
    peer.send(text);
    expect(await peer.untilEnd()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(app.peers).toEqual([]);
  });

  it('a decision that throws is 500, never a request let through', async () => {
    const { app, peer } = await setup(answering(ok), {
      decide: () => {
        throw new Error('broken');
      },
    });
    peer.send(get('/1'));
    expect(undated(await peer.untilEnd())).toBe(failed);
    expect(app.peers).toEqual([]);
  });

  it.each([
    [502, 'Bad Gateway'],
    [504, 'Gateway Timeout'],
  ] as const)('an application that cannot be reached is %i', async (status, text) => {
    const { peer } = await setup(answering(ok), {
      clientId: 'a',
      connectApp: async () => {
        throw new AppUnreachable(status, 'client error (Connect)');
      },
    });
    peer.send(get('/1') + get('/2'));
    expect(undated(await peer.untilEnd())).toBe(
      `HTTP/1.1 ${status} ${text}\r\nl5d-proxy-error: client error (Connect)\r\nl5d-proxy-connection: close\r\nconnection: close\r\ncontent-length: 0\r\ndate: -\r\n\r\n`,
    );
  });

  it('HTTP/1.0 without host is for the dialled address, or 500 where there is none', async () => {
    const authorities: (string | undefined)[] = [];
    const decide: ProxyParts['decide'] = (request) => {
      authorities.push(request.authority);
      return allow(request);
    };
    const one = await setup(answering(ok), { decide });
    one.peer.send('GET / HTTP/1.0\r\n\r\n');
    expect(await one.peer.untilEnd()).toBe(passed);
    expect(one.app.received).toBe('GET / HTTP/1.0\r\n\r\n');
    const other = await setup(answering(ok), { decide, options: { withoutHost: 'refuse' } });
    other.peer.send('GET / HTTP/1.0\r\n\r\n');
    expect(await other.peer.untilEnd()).toMatch(/^HTTP\/1\.0 500 /);
    expect(authorities).toEqual(['192.0.2.1:8080']);
  });
});

describe('headers towards the application', () => {
  it.each([
    ['a proven name is added', 'me', 'X: 1\r\n', 'X: 1\r\nl5d-client-id: me\r\n'],
    ['a claimed name is replaced', 'me', 'L5D-Client-ID: you\r\nX: 1\r\n', 'X: 1\r\nl5d-client-id: me\r\n'],
    ['a claimed name is dropped', undefined, 'l5d-client-id: you\r\nX: 1\r\n', 'X: 1\r\n'],
    [
      'so is every copy and spelling',
      undefined,
      'l5d-client-id: a\r\nX: 1\r\nl5d_client_id: b\r\nL5d-client_id: c\r\n',
      'X: 1\r\n',
    ],
    ['the proven name survives a connection header', 'me', 'Connection: l5d-client-id\r\n', 'l5d-client-id: me\r\n'],
    [
      'hop-by-hop headers go',
      undefined,
      'Connection: keep-alive, X\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nX: 1\r\nY: 2\r\n',
      'Y: 2\r\n',
    ],
    ['an upgrade without connection goes', undefined, 'Upgrade: websocket\r\nY: 2\r\n', 'Y: 2\r\n'],
    ['h2c goes', undefined, 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n', ''],
    [
      'what frames or addresses stays',
      undefined,
      'Connection: host, Content-Length, transfer-encoding, x\r\nContent-Length: 0\r\nX: 1\r\n',
      'Content-Length: 0\r\n',
    ],
  ])('%s', async (_what, clientId, lines, arrives) => {
    const { app, peer } = await setup(answering(ok), clientId === undefined ? {} : { clientId });
    peer.send(get('/1', lines));
    await peer.until((text) => text === passed);
    expect(app.received).toBe(get('/1', arrives));
  });

  it('policy sees what the application sees', async () => {
    const seen: unknown[] = [];
    const { peer } = await setup(answering(ok), {
      clientId: 'me',
      decide: (request) => {
        seen.push(['l5d-client-id', 'x', 'y', 'keep-alive', 'host'].map((name) => request.header(name)));
        return allow(request);
      },
    });
    peer.send(get('/1', 'L5d-Client-Id: you\r\nConnection: x, host\r\nX: 1\r\nY: 2\r\ny: 3\r\nKeep-Alive: 5\r\n'));
    await peer.until((text) => text === passed);
    expect(seen).toEqual([[['me'], [], ['2', '3'], [], ['web']]]);
  });

  it('policy sees bytes, one character each', async () => {
    const seen: unknown[] = [];
    const { peer } = await setup(answering(ok), {
      decide: (request) => {
        seen.push([request.path, request.query, request.header('x')]);
        return allow(request);
      },
    });
    peer.send(get('/\xc3\xa9?\xc3\xa9', 'X: \xc3\xa9\r\nX: \xe9\r\n'));
    await peer.until((text) => text === passed);
    expect(seen).toEqual([['/\xc3\xa9', '\xc3\xa9', ['\xc3\xa9', '\xe9']]]);
  });

  it('the absolute form stays, and HTTP/1.0 gets its host repeated', async () => {
    const { app, proxy, peer } = await setup(answering(ok));
    peer.send('GET http://web/a HTTP/1.1\r\nHost: WEB\r\n\r\n');
    await peer.until((text) => text === passed);
    peer.send('GET http://web:81/b HTTP/1.0\r\n\r\n');
    await peer.untilEnd();
    expect(app.received).toBe(
      'GET http://web/a HTTP/1.1\r\nHost: WEB\r\n\r\nGET http://web:81/b HTTP/1.0\r\nhost: web:81\r\n\r\n',
    );
    expect(proxy.decided).toEqual(['GET /a', 'GET /b']);
  });
});

describe('filters', () => {
  const withFilters = (filters: Parameters<typeof allow>[1]): Pick<ProxyParts, 'decide'> => ({
    decide: (request) => allow(request, filters),
  });

  it('modify headers: add, then set, then remove', async () => {
    const { app, peer } = await setup(
      answering(ok),
      withFilters([
        {
          kind: 'request-header-modifier',
          add: [
            { name: 'a', value: '2' },
            { name: 'gone', value: '1' },
          ],
          set: [{ name: 'b', value: 'é' }],
          remove: ['gone', 'c'],
        },
      ]),
    );
    peer.send(get('/1', 'A: 1\r\nB: 1\r\nb: 2\r\nC: 1\r\n'));
    await peer.until((text) => text === passed);
    expect(app.received).toBe(get('/1', 'A: 1\r\na: 2\r\nb: \xc3\xa9\r\n'));
  });

  it.each([
    { add: [{ name: 'host', value: 'x' }], set: [], remove: [] },
    { add: [], set: [{ name: 'content-length', value: '5' }], remove: [] },
    { add: [], set: [], remove: ['transfer-encoding'] },
    { add: [], set: [{ name: 'x', value: 'a\r\nb: c' }], remove: [] },
  ])('that would break the message open are 500: %j', async (change) => {
    const { app, peer } = await setup(answering(ok), withFilters([{ kind: 'request-header-modifier', ...change }]));
    peer.send(get('/1'));
    expect(undated(await peer.untilEnd())).toBe(failed);
    expect(app.peers).toEqual([]);
  });

  it('redirect, and leave alone what is already there', async () => {
    const { app, peer } = await setup(
      answering(ok),
      withFilters([{ kind: 'request-redirect', path: { kind: 'full', value: '/new' } }]),
    );
    peer.send(get('/old?q') + get('/new'));
    expect(undated(await peer.until((text) => text.endsWith('ok')))).toBe(
      `HTTP/1.1 301 Moved Permanently\r\nlocation: http://web/new\r\ncontent-length: 0\r\ndate: -\r\n\r\n${passed}`,
    );
    expect(app.received).toBe(get('/new'));
  });

  it('redirect with the bytes that the client wrote, and tell it no more than that', async () => {
    const { proxy, peer } = await setup(answering(ok), {
      clientId: 'a',
      ...withFilters([{ kind: 'request-redirect', host: 'new' }]),
    });
    peer.send(get('/\xc3\xa9'));
    const answer =
      'HTTP/1.1 301 Moved Permanently\r\nlocation: http://new/\xc3\xa9\r\nl5d-proxy-error: redirected\r\ncontent-length: 0\r\ndate: -\r\n\r\n';
    expect(undated(await peer.until((text) => text.endsWith('\r\n\r\n')))).toBe(answer);
    expect(proxy.errors).toEqual([
      {
        status: 301,
        message: 'client 192.0.2.7:4711: server: 192.0.2.1:8080: request redirected to http://new/\xc3\xa9',
      },
    ]);
  });

  it('inject failures at their ratio', async () => {
    const draws = [0.5, 0.49];
    const { app, peer } = await setup(answering(ok), {
      ...withFilters([
        { kind: 'failure-injector', status: 418, message: 'x', ratio: { numerator: 1, denominator: 2 } },
      ]),
      options: { random: () => draws.shift() ?? 1 },
    });
    peer.send(get('/1') + get('/2'));
    expect(undated(await peer.untilEnd())).toBe(passed + failed);
    expect(app.received).toBe(get('/1'));
  });

  it('of an unknown kind are 500', async () => {
    const { app, proxy, peer } = await setup(answering(ok), withFilters([{ kind: 'unknown' }]));
    peer.send(get('/1'));
    expect(undated(await peer.untilEnd())).toBe(failed);
    expect(app.peers).toEqual([]);
    expect(proxy.errors[0]?.message).toMatch(/invalid server policy: server policy configured with unknown filter$/);
  });
});

describe('bodies', () => {
  const chunked = '5;ext=1\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n';

  it('chunked ones pass both ways as they are, and the next request finds its place', async () => {
    const response = `HTTP/1.1 200 OK\r\nDate: -\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`;
    const post = `POST /1 HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`;
    const { app, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith(chunked));
      for (const byte of response) appPeer.send(byte);
      await appPeer.until((text) => text.endsWith(get('/2')));
      appPeer.send(ok);
    });
    for (const part of post.match(/[^]{1,7}/g) ?? []) peer.send(part);
    peer.send(get('/2'));
    expect(await peer.until((text) => text.endsWith('ok'))).toBe(response + passed);
    expect(app.received).toBe(post + get('/2'));
  });

  it.each([
    ['a chunk size that is none', 'xyz\r\n'],
    ['a chunk longer than its size', '1\r\nab\r\n0\r\n\r\n'],
    ['a claimed name in a trailer', '0\r\nl5d-client-id: x\r\n\r\n'],
  ])('%s ends both connections', async (_what, body) => {
    const head = 'POST /1 HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { app, proxy, peer } = await setup(() => undefined);
    peer.send(`${head}1\r\na\r\n`);
    const appPeer = await app.peer(0);
    await appPeer.until((text) => text === `${head}1\r\na\r\n`);
    peer.send(`${body}${get('/2')}`);
    expect(undated(await peer.untilEnd())).toBe(
      'HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\ndate: -\r\n\r\n',
    );
    expect(await (await app.peer(0)).untilEnd()).toBe(`${head}1\r\na\r\n`);
    expect(proxy.decided).toEqual(['POST /1']);
  });

  it('one that the client breaks off is broken off for the application', async () => {
    const { app, peer } = await setup(() => undefined);
    peer.socket.end('POST /1 HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nabc');
    expect(await peer.untilEnd()).toMatch(/^HTTP\/1\.1 502 /);
    expect(await (await app.peer(0)).untilEnd()).toMatch(/abc$/);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 99\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nDate: -\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nDate: -\r\nContent-Length: 99\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\nDate: -\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 0\r\n\r\n'],
    ['GET', 'HTTP/1.1 200\r\nDate: -\r\nContent-Length: 0\r\n\r\n'],
  ])('%s %j has none', async (method, response) => {
    const { peer } = await setup(answering(response));
    const request = `${method} /1 HTTP/1.1\r\nHost: web\r\n\r\n`;
    peer.send(request + request);
    expect(await peer.until((text) => text.length === response.length * 2)).toBe(response.repeat(2));
  });

  it('204 loses the lengths it must not have', async () => {
    const { peer } = await setup(answering('HTTP/1.1 204 No Content\r\nDate: -\r\nContent-Length: 0\r\n\r\n'));
    peer.send(get('/1'));
    expect(await peer.until((text) => text.endsWith('\r\n\r\n'))).toBe('HTTP/1.1 204 No Content\r\nDate: -\r\n\r\n');
  });

  it('one that ends with the connection is chunked for HTTP/1.1, and the client may go on', async () => {
    const { proxy, peer } = await setup(async (appPeer, number) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      if (number === 2) return appPeer.send(ok);
      appPeer.send('HTTP/1.0 200 OK\r\nDate: -\r\nConnection: close\r\n\r\nhello');
      await peer.until((text) => text.endsWith('hello\r\n'));
      appPeer.socket.end(' again');
    });
    peer.send(get('/1') + get('/2'));
    expect(await peer.until((text) => text.endsWith('ok'))).toBe(
      `HTTP/1.1 200 OK\r\nDate: -\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n again\r\n0\r\n\r\n${passed}`,
    );
    expect(proxy.dials).toBe(2);
  });

  it('and stays as it is for HTTP/1.0', async () => {
    const { peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.socket.end('HTTP/1.0 200 OK\r\nDate: -\r\n\r\nhello');
    });
    peer.send('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(await peer.untilEnd()).toBe('HTTP/1.0 200 OK\r\nDate: -\r\n\r\nhello');
  });

  it('a missing date is added, and hop-by-hop headers of the application go', async () => {
    const { peer } = await setup(
      answering(
        'HTTP/1.1 200 OK\r\nConnection: keep-alive, x\r\nKeep-Alive: timeout=5\r\nX: 1\r\nl5d-client-id: app\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    peer.send(get('/1'));
    expect(undated(await peer.until((text) => text.endsWith('\r\n\r\n')))).toBe(
      'HTTP/1.1 200 OK\r\nl5d-client-id: app\r\nContent-Length: 0\r\ndate: -\r\n\r\n',
    );
  });

  it('100 Continue is the application’s to say', async () => {
    const head = 'POST /1 HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';
    const { app, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text === head);
      appPeer.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
      await appPeer.until((text) => text === `${head}abc`);
      appPeer.send(ok);
    });
    peer.send(head);
    await peer.until((text) => text.endsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    peer.send('abc');
    expect(await peer.until((text) => text.endsWith('ok'))).toBe(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${passed}`,
    );
    expect(app.received).toBe(`${head}abc`);
  });

  it('whoever waits for 100 Continue and gets an answer instead is not read any further', async () => {
    const head = 'POST /1 HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';
    const { app, proxy, peer } = await setup(answering('HTTP/1.1 417 No\r\nDate: -\r\nContent-Length: 0\r\n\r\n'));
    peer.send(head);
    await peer.until((text) => text.startsWith('HTTP/1.1 417'));
    peer.send(get('/2'));
    await peer.untilEnd();
    expect({ received: app.received, decided: proxy.decided }).toEqual({ received: head, decided: ['POST /1'] });
  });

  it('an early answer does not cut off the upload', async () => {
    const head = 'POST /1 HTTP/1.1\r\nHost: web\r\nContent-Length: 6\r\n\r\n';
    const { app, peer } = await setup(answering(ok));
    peer.send(`${head}abc`);
    await peer.until((text) => text === passed);
    peer.send(`def${get('/2')}`);
    await peer.until((text) => text === passed.repeat(2));
    expect(app.received).toBe(`${head}abcdef${get('/2')}`);
  });
});

describe('an application that fails', () => {
  it.each([
    ['closes without an answer', ''],
    ['sends no HTTP', 'hello\r\n\r\n'],
    ['closes within a head', 'HTTP/1.1 200 OK\r\nX'],
    [
      'sends both lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ],
    ['switches unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ])('that %s gives 500', async (_what, response) => {
    const { peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.socket.end(response);
    });
    peer.send(get('/1') + get('/2'));
    expect(undated(await peer.untilEnd())).toBe(failed);
  });

  it.each([
    ['a body with length', 'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 9\r\n\r\nabc'],
    ['a chunked body', 'HTTP/1.1 200 OK\r\nDate: -\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('within %s shows the client the cut', async (_what, response) => {
    const { proxy, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.socket.end(response);
    });
    peer.send(get('/1') + get('/2'));
    expect(await peer.untilEnd()).toBe(response);
    expect(proxy.decided).toEqual(['GET /1']);
  });

  it('by a reset in a body without length does not look complete', async () => {
    const { peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.send('HTTP/1.1 200 OK\r\nDate: -\r\n\r\nabc');
      await peer.until((text) => text.endsWith('abc\r\n'));
      appPeer.socket.resetAndDestroy();
    });
    peer.send(get('/1'));
    expect(await peer.untilEnd()).toBe('HTTP/1.1 200 OK\r\nDate: -\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
  });

  it('nor for HTTP/1.0, where only a reset can say so', async () => {
    const { peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.send('HTTP/1.0 200 OK\r\nDate: -\r\n\r\nabc');
      await peer.until((text) => text.endsWith('abc'));
      appPeer.socket.resetAndDestroy();
    });
    peer.send('GET /1 HTTP/1.0\r\n\r\n');
    const [error] = await once(peer.socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(peer.received).toBe('HTTP/1.0 200 OK\r\nDate: -\r\n\r\nabc');
  });

  it('by closing an idle connection costs a new one and no request', async () => {
    const { app, proxy, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.socket.end(ok);
    });
    peer.send(get('/1'));
    await peer.until((text) => text === passed);
    await (await app.peer(0)).untilEnd();
    peer.send(`POST /2 HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n`);
    await peer.until((text) => text === passed.repeat(2));
    expect(proxy.dials).toBe(2);
  });

  it('by closing while a request is sent: a safe one is sent again, another is 500', async () => {
    const script = async (appPeer: RawPeer, number: number): Promise<void> => {
      await appPeer.until((text) => count(text, '\r\n\r\n') === 1);
      appPeer.send(ok);
      await appPeer.until((text) => count(text, '\r\n\r\n') === 2);
      if (number === 1) appPeer.socket.end();
    };
    const safe = await setup(script);
    safe.peer.send(get('/1') + get('/2'));
    await safe.peer.until((text) => text === passed.repeat(2));
    expect(safe.app.received).toBe(get('/1') + get('/2') + get('/2'));
    expect(safe.proxy.decided).toEqual(['GET /1', 'GET /2']);

    const unsafe = await setup(script);
    const post = 'POST /2 HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n';
    unsafe.peer.send(get('/1') + post);
    expect(undated(await unsafe.peer.untilEnd())).toBe(passed + failed);
    expect(unsafe.app.received).toBe(get('/1') + post);
  });

  it('by sending two responses to one request: the second reaches nobody', async () => {
    const evil = 'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 4\r\n\r\nevil';
    const { proxy, peer } = await setup(async (appPeer, number) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.send(number === 1 ? ok + evil : ok);
    });
    peer.send(get('/1') + get('/2'));
    await peer.until((text) => text === passed.repeat(2));
    expect(proxy.dials).toBe(2);
    expect(proxy.errors).toEqual([{ message: 'the application sent bytes behind its response' }]);
  });
});

describe('tunnels', () => {
  const upgrade = get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  it('an upgrade is raw both ways, from the first byte after it, and half-closes', async () => {
    const { app, proxy, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.startsWith(upgrade));
      appPeer.send(`${switching}\0hello`);
      await appPeer.untilEnd();
      appPeer.socket.end('bye');
    });
    // What looks like a request behind a switch is none.
    peer.send(`${upgrade}${get('/denied')}`);
    await peer.until((text) => text === `${switching}\0hello`);
    peer.socket.end('last');
    expect(await peer.untilEnd()).toBe(`${switching}\0hellobye`);
    expect(app.received).toBe(`${upgrade}${get('/denied')}last`);
    expect(proxy.decided).toEqual(['GET /ws']);
  });

  it('an upgrade that is not granted is a request like others', async () => {
    const { app, peer } = await setup(answering(ok));
    peer.send(upgrade + get('/denied'));
    expect(
      undated(await peer.until((text) => text.endsWith('\r\ndate: -\r\n\r\n') || count(text, 'HTTP/1.1') === 2)),
    ).toBe(passed + denied);
    expect(app.received).toBe(upgrade);
  });

  it('a denied upgrade never reaches the application', async () => {
    const { app, peer } = await setup(answering(switching));
    peer.send(upgrade.replace('/ws', '/denied'));
    expect(undated(await peer.until((text) => text.endsWith('\r\n\r\n')))).toBe(denied);
    expect(app.peers).toEqual([]);
  });

  it('a switch to HTTP is refused even if the application is willing', async () => {
    const { peer } = await setup(answering(switching.replace('websocket', 'h2c')));
    peer.send(upgrade);
    expect(undated(await peer.untilEnd())).toBe(failed);
  });

  it('CONNECT is a tunnel when granted, without the lengths of its reply', async () => {
    const connect = 'CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n';
    const { app, proxy, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text === connect);
      appPeer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      await appPeer.until((text) => text.endsWith('ping'));
      appPeer.socket.end('pong');
    });
    peer.send(connect);
    await peer.until((text) => text === 'HTTP/1.1 200 OK\r\n\r\n');
    peer.send('ping');
    expect(await peer.untilEnd()).toBe('HTTP/1.1 200 OK\r\n\r\npong');
    peer.socket.end();
    await Promise.all(proxy.spliced);
    expect(app.received).toBe(`${connect}ping`);
    expect(proxy.decided).toEqual(['CONNECT ']);
  });

  it('a refused CONNECT is a response like others', async () => {
    const { peer } = await setup(answering('HTTP/1.1 403 No\r\nDate: -\r\nContent-Length: 2\r\n\r\nno'));
    peer.send(`CONNECT db:1 HTTP/1.1\r\nHost: db:1\r\n\r\n${get('/denied')}`);
    expect(undated(await peer.until((text) => count(text, 'HTTP/1.1') === 2 && text.endsWith('\r\n\r\n')))).toBe(
      `HTTP/1.1 403 No\r\nDate: -\r\nContent-Length: 2\r\n\r\nno${denied}`,
    );
  });
});

describe('ends', () => {
  it('draining closes idle connections at once', async () => {
    const { proxy, peer } = await setup(answering(ok));
    peer.send(get('/1'));
    await peer.until((text) => text === passed);
    proxy.draining.abort();
    expect(await peer.untilEnd()).toBe(passed);
  });

  it('draining lets the exchange finish, says close, and takes no further request', async () => {
    const { app, proxy, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text === get('/1'));
      proxy.draining.abort();
      appPeer.send(ok);
    });
    peer.send(get('/1') + get('/2'));
    expect(await peer.untilEnd()).toBe(
      'HTTP/1.1 200 OK\r\nDate: -\r\nContent-Length: 2\r\nconnection: close\r\n\r\nok',
    );
    expect(app.received).toBe(get('/1'));
  });

  it('draining does not touch a tunnel', async () => {
    const { proxy, peer } = await setup(async (appPeer) => {
      await appPeer.until((text) => text.endsWith('\r\n\r\n'));
      appPeer.send('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n');
      await appPeer.until((text) => text.endsWith('ping'));
      appPeer.socket.end('pong');
    });
    peer.send(get('/1', 'Connection: upgrade\r\nUpgrade: x\r\n'));
    await peer.until((text) => text.endsWith('\r\n\r\n'));
    proxy.draining.abort();
    peer.send('ping');
    expect(await peer.untilEnd()).toMatch(/pong$/);
  });

  it('a head that takes too long and a connection that idles too long are closed', async () => {
    const slow = await setup(answering(ok), { options: { headTimeoutMs: 30 } });
    slow.peer.send('GET / HT');
    expect(await slow.peer.untilEnd()).toBe('');
    expect(slow.proxy.errors).toEqual([{ message: 'the client did not send a whole request head in time' }]);
    const idle = await setup(answering(ok), { options: { idleTimeoutMs: 30 } });
    idle.peer.send(get('/1'));
    expect(await idle.peer.untilEnd()).toBe(passed);
    expect(idle.proxy.errors).toEqual([]);
  });

  it('a client that goes away takes its connection to the application along', async () => {
    const { app, peer } = await setup(() => undefined);
    peer.send(get('/1'));
    const appPeer = await app.peer(0);
    await appPeer.until((text) => text === get('/1'));
    peer.socket.resetAndDestroy();
    await (await app.peer(0)).untilEnd();
    expect(app.received).toBe(get('/1'));
  });

  it('a client that goes away while the application is dialled leaves nothing open', async () => {
    const app = await rawApp(() => undefined);
    let dialled: (socket: Awaited<ReturnType<NonNullable<ProxyParts['connectApp']>>>) => void = () => undefined;
    let asked: () => void = () => undefined;
    const askedFor = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const proxy = await start({
      app: app.port,
      connectApp: async () => {
        asked();
        return new Promise((resolve) => {
          dialled = resolve;
        });
      },
    });
    const peer = await connectTo(proxy);
    peer.send(get('/1'));
    await askedFor;
    const { socket } = await RawPeer.connect(app.port);
    peer.socket.resetAndDestroy();
    await Promise.all(proxy.spliced);
    dialled(socket);
    if (!socket.closed) await once(socket, 'close');
    expect(app.received).toBe('');
  });
});

describe('smuggling', () => {
  const inner = get('/denied/smuggled');
  it.each([
    [
      'both lengths',
      `POST /1 HTTP/1.1\r\nHost: web\r\nContent-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'an obscured transfer-encoding',
      `POST /1 HTTP/1.1\r\nHost: web\r\nTransfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['a vertical tab', `POST /1 HTTP/1.1\r\nHost: web\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${inner}`],
    [
      'two lengths',
      `POST /1 HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    ],
    ['a folded length', `POST /1 HTTP/1.1\r\nHost: web\r\nX: y\r\n Content-Length: ${inner.length}\r\n\r\n${inner}`],
    ['a header split by LF', `GET /1 HTTP/1.1\r\nHost: web\r\nX: y\n\n${inner}`],
    ['a header split by CR', `GET /1 HTTP/1.1\r\nHost: web\r\nX: y\r\r${inner}`],
    [
      'a lengthy chunk size',
      `POST /1 HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${inner}`,
    ],
    [
      'a bare LF in a chunk extension',
      `POST /1 HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n0;a\n\r\n${inner}`,
    ],
    [
      'a connection header that hides the length',
      `POST /1 HTTP/1.1\r\nHost: web\r\nConnection: content-length\r\nContent-Length: 0\r\n\r\n${inner}`,
    ],
    ['a request behind an upgrade to h2c', get('/1', 'Connection: upgrade\r\nUpgrade: h2c\r\n') + inner],
    ['a GET with a body', `GET /1 HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n${inner}`],
  ])('by %s: no undecided request gets through', async (_what, text) => {
    const { app, proxy, peer } = await setup(answering(ok));
    peer.socket.end(text, 'latin1');
    await peer.untilEnd();
    await Promise.all(proxy.spliced);
    expect(app.received).not.toContain('smuggled');
    expect(proxy.decided.filter((request) => request !== 'POST /1' && request !== 'GET /1')).toEqual(
      proxy.decided.includes('GET /denied/smuggled') ? ['GET /denied/smuggled'] : [],
    );
  });
});

describe('with node:http on both sides', () => {
  async function nodeApp(listener: http.RequestListener): Promise<number> {
    const server = http.createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return portOf(server);
  }

  it('many requests over a keep-alive agent, some denied', async () => {
    const port = await nodeApp((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(parts).toString()}`));
    });
    const proxy = await start({ app: port });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
    opened.push(() => agent.destroy());
    const ask = async (path: string, body: string): Promise<string> => {
      const request = http.request({ port: proxy.port, host: '127.0.0.1', agent, path, method: 'POST' });
      request.end(body);
      const response = await responseOf(request);
      let text = `${response.statusCode} `;
      for await (const part of response) text += String(part);
      return text;
    };
    const asked = Array.from({ length: 40 }, async (_, i) => ask(i % 4 === 3 ? `/denied/${i}` : `/${i}`, `body ${i}`));
    const expected = Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? '403 ' : `200 POST /${i} body ${i}`));
    expect(await Promise.all(asked)).toEqual(expected);
    expect(proxy.decided.length).toBe(40);
  });

  it('64 MiB up and down at a slow reader: memory stays where it is', async () => {
    const size = 64 * 1024 * 1024;
    const part = Buffer.alloc(65_536, 'x');
    const port = await nodeApp(async (request, response) => {
      let got = 0;
      for await (const chunk of request) {
        got += lengthOf(chunk);
        // Slower than the sender, so that somebody has to hold back.
        if (got % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      response.writeHead(200, { 'x-got': String(got) });
      for (let sent = 0; sent < size; sent += part.length) {
        if (!response.write(part)) await once(response, 'drain');
      }
      response.end();
    });
    const proxy = await start({ app: port });
    const request = http.request({ port: proxy.port, host: '127.0.0.1', method: 'POST', agent: false });
    const answered = responseOf(request);
    let peak = 0;
    const look = (): void => {
      peak = Math.max(peak, proxy.heldBytes);
    };
    for (let sent = 0; sent < size; sent += part.length) {
      if (!request.write(part)) await once(request, 'drain');
      look();
    }
    request.end();
    const response = await answered;
    let got = 0;
    for await (const chunk of response) {
      got += lengthOf(chunk);
      if (got % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      look();
    }
    expect({ up: response.headers['x-got'], down: got }).toEqual({ up: String(size), down: size });
    // A chunk of 64 KiB and a stream's mark in each direction; without backpressure it would be many megabytes.
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(512 * 1024);
  }, 30_000);
});
