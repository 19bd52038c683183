import {
  encodeFields,
  frameFlag,
  frameHeader,
  frameType,
  goawayFrame,
  headersFrames,
  http2Error,
  http2Field,
  maxInt31,
  pingFrame,
  rstStreamFrame,
  settingId,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '@doorward/http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { spliceHttp2 } from './index.js';
import {
  acknowledge,
  dataFrame,
  get,
  type RawApp,
  type RawPeer,
  Started,
  type TestProxyOptions,
  TestSession,
} from './testing.js';

const started = new Started();
afterEach(() => started.end());

/** A frame of any kind. */
const frame = (type: number, flags: number, streamId: number, payload: Buffer | string = ''): Buffer => {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload;
  return Buffer.concat([frameHeader(type, flags, streamId, bytes.length), bytes]);
};

const block = (fields: readonly (readonly [string, string])[]): Buffer =>
  encodeFields(fields.map(([name, value]) => http2Field(name, value)));

const post = (path: string, ...more: (readonly [string, string])[]): (readonly [string, string])[] => [
  [':method', 'POST'],
  ...get(path).slice(1),
  ...more,
];

interface Trio {
  readonly client: RawPeer;
  readonly app: RawApp;
  readonly errors: () => readonly string[];
  readonly over: () => Promise<void>;
}

const trio = async (
  options: Partial<TestProxyOptions> = {},
  settings: readonly (readonly [number, number])[] = [],
  appSettings: readonly (readonly [number, number])[] = [],
): Promise<Trio> => {
  const app = await started.app(appSettings);
  const proxy = await started.proxy({ appPort: app.port, lingerMs: 50, ...options });
  const client = await started.client(proxy, settings);
  const prefix = 'client 127.0.0.9:45678: server: 127.0.0.1:8080: ';
  const errors = (): string[] =>
    proxy.sessions.flatMap((session) => session.errors.map(({ message }) => message.replace(prefix, '')));
  return { client, app, errors, over: () => proxy.over() };
};

/** An open, permitted request without its body on stream 1, and the application that has it. */
const openRequest = async (
  { client, app }: Pick<Trio, 'client' | 'app'>,
  ...more: (readonly [string, string])[]
): Promise<RawPeer> => {
  client.headers(1, false, post('/open', ...more));
  const peer = await app.accept();
  await peer.next({ type: frameType.headers, streamId: 1 });
  return peer;
};

const errorCode = ({ payload }: { payload: Buffer }): number => payload.readUInt32BE(payload.length - 4);
const settingsOf = ({ payload }: { payload: Buffer }): number[][] =>
  Array.from({ length: payload.length / 6 }, (_, index) => [
    payload.readUInt16BE(index * 6),
    payload.readUInt32BE(index * 6 + 2),
  ]);

describe('settings', () => {
  it('are ours on each hop: no dynamic table, no push', async () => {
    const parts = await trio({}, [
      [settingId.initialWindowSize, 1234],
      [settingId.maxFrameSize, 100_000],
    ]);
    const toClient = await parts.client.next({ type: frameType.settings, flags: 0 });
    expect(settingsOf(toClient)).toEqual([
      [settingId.headerTableSize, 0],
      [settingId.maxConcurrentStreams, 1000],
      [settingId.maxHeaderListSize, 16_384],
    ]);
    const peer = await openRequest(parts);
    expect(settingsOf(peer.seen[0] ?? { payload: Buffer.alloc(0) })).toEqual([
      [settingId.headerTableSize, 0],
      [settingId.enablePush, 0],
      [settingId.initialWindowSize, 1234],
    ]);
  });

  it('of the application reach the client, and are acknowledged when the client has', async () => {
    const parts = await trio(
      {},
      [],
      [
        [settingId.initialWindowSize, 100],
        [settingId.maxConcurrentStreams, 50],
      ],
    );
    await acknowledge(parts.client);
    const peer = await openRequest(parts);
    const relayed = await parts.client.next({ type: frameType.settings, flags: 0 });
    expect(settingsOf(relayed)).toEqual([
      [settingId.maxConcurrentStreams, 50],
      [settingId.initialWindowSize, 100],
    ]);
    // What the client sends before its acknowledgement arrives before it.
    parts.client.say(dataFrame(1, false, Buffer.from('by the old window')), settingsAckFrame());
    await peer.next({ type: frameType.settings, flags: frameFlag.ack });
    const order = peer.seen.filter(({ type, flags }) => type === frameType.data || flags === frameFlag.ack);
    expect(order.map(({ type }) => type)).toEqual([frameType.data, frameType.settings]);
  });

  it('of the client reach the application, and are acknowledged when the application has', async () => {
    const parts = await trio();
    await acknowledge(parts.client);
    await parts.client.next({ type: frameType.settings, flags: frameFlag.ack });
    const peer = await openRequest(parts);
    peer.say(settingsAckFrame());
    parts.client.say(settingsFrame([[settingId.initialWindowSize, 77]]));
    expect(settingsOf(await peer.next({ type: frameType.settings, flags: 0, streamId: 0 }))).toEqual([
      [settingId.initialWindowSize, 77],
    ]);
    peer.say(pingFrame(Buffer.from('12345678'), false));
    await peer.next({ type: frameType.ping });
    expect(parts.client.seen.filter(({ type, flags }) => type === frameType.settings && flags === 1)).toHaveLength(1);
    peer.say(settingsAckFrame());
    await parts.client.next({ type: frameType.settings, flags: frameFlag.ack });
  });
});

describe('what passes, and what stays', () => {
  it('pings are answered on each side', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    parts.client.say(pingFrame(Buffer.from('abcdefgh'), false));
    expect((await parts.client.next({ type: frameType.ping })).payload.toString()).toBe('abcdefgh');
    peer.say(pingFrame(Buffer.from('ABCDEFGH'), false));
    expect((await peer.next({ type: frameType.ping })).payload.toString()).toBe('ABCDEFGH');
    expect(
      [...parts.client.seen, ...peer.seen].filter(({ type, flags }) => type === frameType.ping && flags === 0),
    ).toEqual([]);
  });

  it('priorities and unknown frames end at the proxy', async () => {
    const parts = await trio();
    parts.client.say(frame(0xbe, 0xff, 1, 'ffff'), frame(frameType.priority, 0, 1, '0000000310'));
    parts.client.say(
      frame(frameType.headers, 0x25, 1, Buffer.concat([Buffer.from('8000000910', 'hex'), block(get('/open'))])),
    );
    const peer = await parts.app.accept();
    const head = await peer.next({ type: frameType.headers });
    expect([head.flags, head.headers]).toEqual([5, get('/open').map(([name, value]) => `${name}: ${value}`)]);
    const types = new Set(peer.seen.map(({ type }) => type));
    expect(types).toEqual(new Set([frameType.settings, frameType.headers]));
  });

  it('room that the client gave before there was an application reaches it', async () => {
    const parts = await trio();
    parts.client.say(windowUpdateFrame(0, 1000), windowUpdateFrame(0, 500));
    const peer = await openRequest(parts);
    const update = peer.seen.find(({ type }) => type === frameType.windowUpdate);
    expect(update?.payload.readUInt32BE(0)).toBe(1500);
    parts.client.say(windowUpdateFrame(1, 7), windowUpdateFrame(0, 8));
    const updates = [
      await peer.next({ type: frameType.windowUpdate }),
      await peer.next({ type: frameType.windowUpdate }),
    ];
    expect(updates.map(({ streamId, payload }) => [streamId, payload.readUInt32BE(0)])).toEqual([
      [1, 7],
      [0, 8],
    ]);
  });

  it('blocks that use the dynamic table are written anew until the client has given it up', async () => {
    const parts = await trio({ clientId: 'web.test' });
    const said = [':method: GET', ':scheme: http', ':path: /open', 'x-a: b', 'l5d-client-id: web.test'];
    // `x-a: b` is indexed, then referred to.
    parts.client.say(
      frame(
        frameType.headers,
        5,
        1,
        Buffer.concat([block(get('/open').slice(0, 3)), Buffer.from('4003782d610162', 'hex')]),
      ),
    );
    parts.client.say(
      frame(frameType.headers, 5, 3, Buffer.concat([block(get('/open').slice(0, 3)), Buffer.from('be', 'hex')])),
    );
    const peer = await parts.app.accept();
    expect((await peer.next({ type: frameType.headers, streamId: 1 })).headers).toEqual(said);
    expect((await peer.next({ type: frameType.headers, streamId: 3 })).headers).toEqual(said);
    await acknowledge(parts.client);
    const stateless = Buffer.concat([
      Buffer.from('20', 'hex'),
      block(get('/open').slice(0, 3)),
      Buffer.from('4003782d610162', 'hex'),
    ]);
    parts.client.say(frame(frameType.headers, 5, 5, stateless));
    const last = await peer.next({ type: frameType.headers, streamId: 5 });
    expect(last.headers).toEqual(said);
    expect(last.payload.subarray(0, stateless.length)).toEqual(stateless);
    parts.client.say(
      frame(frameType.headers, 5, 7, Buffer.concat([block(get('/open').slice(0, 3)), Buffer.from('be', 'hex')])),
    );
    expect(errorCode(await parts.client.next({ type: frameType.goaway }))).toBe(http2Error.compressionError);
  });

  it('a table that the client has given up is forgotten, also when it does not say so in a block', async () => {
    const { client } = await trio();
    const indexed = Buffer.concat([block(get('/denied')), Buffer.from('4003782d610162', 'hex')]);
    client.say(frame(frameType.headers, 5, 1, indexed));
    await client.next({ type: frameType.headers, streamId: 1 });
    client.say(frame(frameType.headers, 5, 3, Buffer.concat([block(get('/denied')), Buffer.from('be', 'hex')])));
    await client.next({ type: frameType.headers, streamId: 3 });
    client.say(settingsAckFrame());
    client.say(frame(frameType.headers, 5, 5, Buffer.concat([block(get('/denied')), Buffer.from('be', 'hex')])));
    expect(errorCode(await client.next({ type: frameType.goaway }))).toBe(http2Error.compressionError);
  });

  it('the first block of each direction says that there is no dynamic table', async () => {
    const parts = await trio();
    parts.client.headers(1, true, get('/open'));
    parts.client.headers(3, true, get('/open'));
    const peer = await parts.app.accept();
    const requests = [await peer.next({ type: frameType.headers }), await peer.next({ type: frameType.headers })];
    expect(requests.map(({ payload }) => payload[0] === 0x20)).toEqual([true, false]);
    for (const streamId of [1, 3]) peer.headers(streamId, true, [[':status', '200']]);
    const responses = [
      await parts.client.next({ type: frameType.headers }),
      await parts.client.next({ type: frameType.headers }),
    ];
    expect(responses.map(({ payload }) => payload[0] === 0x20)).toEqual([true, false]);
  });

  it('DATA that the chunks cut ends its stream with the last piece only', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    peer.headers(1, false, [[':status', '200']]);
    await parts.client.next({ type: frameType.headers });
    for (const [from, to] of [
      [parts.client, peer],
      [peer, parts.client],
    ] as const) {
      const data = dataFrame(1, true, Buffer.from('hello'));
      from.say(data.subarray(0, 11));
      const first = await to.next({ type: frameType.data });
      expect([first.flags, first.payload.toString()]).toEqual([0, 'he']);
      from.say(data.subarray(11));
      const last = await to.next({ type: frameType.data });
      expect([last.flags, last.payload.toString()]).toEqual([frameFlag.endStream, 'llo']);
    }
  });

  it('a header block in six frames is one', async () => {
    const parts = await trio();
    const bytes = block(get('/open'));
    parts.client.say(frame(frameType.headers, 1, 1, bytes.subarray(0, 3)));
    for (let index = 0; index < 4; index++) parts.client.say(frame(frameType.continuation, 0, 1));
    parts.client.say(frame(frameType.continuation, 4, 1, bytes.subarray(3)));
    const peer = await parts.app.accept();
    expect((await peer.next({ type: frameType.headers })).headers?.[2]).toBe(':path: /open');
  });

  it('padding passes, and does not count as content', async () => {
    const parts = await trio();
    const peer = await openRequest(parts, ['content-length', '2']);
    const padded = frame(frameType.data, 9, 1, '03aabb000000');
    parts.client.say(padded);
    const seen = await peer.next({ type: frameType.data });
    expect([seen.flags, seen.payload.toString('hex')]).toEqual([9, '03aabb000000']);
  });

  it('trailers pass without a claim to be somebody', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    parts.client.headers(1, true, [
      ['x-end', 'yes'],
      ['l5d-client-id', 'admin.test'],
    ]);
    expect((await peer.next({ type: frameType.headers })).headers).toEqual(['x-end: yes']);
  });

  it('a frame that the chunks cut stays in frame when its stream ends in the middle', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    const data = dataFrame(1, false, Buffer.alloc(10_000, 'x'));
    parts.client.say(data.subarray(0, 5000));
    await peer.next({ type: frameType.data, streamId: 1 });
    peer.say(rstStreamFrame(1, http2Error.cancel));
    await parts.client.next({ type: frameType.rstStream, streamId: 1 });
    parts.client.say(data.subarray(5000));
    parts.client.headers(3, true, get('/open'));
    expect((await peer.next({ type: frameType.headers, streamId: 3 })).headers?.[2]).toBe(':path: /open');
    // 4,991 bytes reached the application, which gives them back itself; the rest never did.
    const credit = await parts.client.next({ type: frameType.windowUpdate, streamId: 0 });
    expect(credit.payload.readUInt32BE(0)).toBe(5009);
  });

  it('GOAWAY of the client reaches the application', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    parts.client.say(goawayFrame(0, http2Error.internalError));
    expect(errorCode(await peer.next({ type: frameType.goaway }))).toBe(http2Error.internalError);
  });
});

describe('flow control', () => {
  it('stops reading the client while the application does not read', async () => {
    const app = await started.app([[settingId.initialWindowSize, maxInt31]]);
    const proxy = await started.proxy({ appPort: app.port });
    const client = await started.client(proxy);
    const peer = await openRequest({ client, app });
    peer.say(windowUpdateFrame(0, maxInt31 - 65_535));
    await client.next({ type: frameType.windowUpdate });
    peer.socket.pause();
    const total = 30_000_000;
    const payload = Buffer.alloc(15_000);
    for (let left = total; left > 0; left -= payload.length) client.data(1, left === payload.length, payload);
    const [session] = proxy.sessions;
    const appSocket = await session?.connected;
    if (session?.stream === undefined || appSocket === undefined) throw new Error('not dialled');
    if (!session.stream.isPaused()) await once(session.stream, 'pause');
    expect(appSocket.writableLength).toBeGreaterThan(131_072);
    expect(appSocket.writableLength).toBeLessThan(400_000);
    peer.socket.resume();
    let received = 0;
    while (received < total) received += (await peer.next({ type: frameType.data })).payload.length;
    expect(received).toBe(total);
  });

  it('gives back what denied requests take: 12 MB on them, then a permitted one', async () => {
    const parts = await trio();
    let room = 65_535;
    let sent = 0;
    const payload = Buffer.alloc(16_384, 'x');
    for (let streamId = 1; sent < 12_000_000; streamId += 2) {
      parts.client.headers(streamId, false, post('/denied'));
      // Three frames on each stream, whatever the proxy says meanwhile.
      for (let index = 0; index < 3; index++) {
        while (room < payload.length) {
          const update = await parts.client.next({ type: frameType.windowUpdate, streamId: 0 });
          room += update.payload.readUInt32BE(0);
        }
        parts.client.data(streamId, false, payload);
        room -= payload.length;
        sent += payload.length;
      }
    }
    const open = 100_001;
    parts.client.headers(open, false, post('/open'));
    const peer = await parts.app.accept();
    while (room < 60_000) {
      const update = await parts.client.next({ type: frameType.windowUpdate, streamId: 0 });
      room += update.payload.readUInt32BE(0);
    }
    for (let left = 60_000; left > 0; left -= 10_000)
      parts.client.data(open, left === 10_000, payload.subarray(0, 10_000));
    let received = 0;
    while (received < 60_000) received += (await peer.next({ type: frameType.data, streamId: open })).payload.length;
    expect(received).toBe(60_000);
    expect(peer.seen.filter(({ type }) => type === frameType.headers).map(({ streamId }) => streamId)).toEqual([open]);
  });

  it('gives the application back what it sends on streams that the client has left', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    parts.client.say(rstStreamFrame(1, http2Error.cancel));
    await peer.next({ type: frameType.rstStream, streamId: 1 });
    peer.headers(1, false, [[':status', '200']]);
    peer.data(1, true, Buffer.alloc(300));
    expect((await peer.next({ type: frameType.windowUpdate, streamId: 0 })).payload.readUInt32BE(0)).toBe(300);
    expect(parts.client.seen.filter(({ streamId }) => streamId === 1)).toEqual([]);
  });
});

describe('an answered request', () => {
  it('whose body is still to come is told to stop', async () => {
    const { client } = await trio();
    client.headers(1, false, post('/denied'));
    const head = await client.next({ type: frameType.headers, streamId: 1 });
    expect([head.flags & frameFlag.endStream, head.headers?.[0]]).toEqual([1, ':status: 403']);
    expect(errorCode(await client.next({ type: frameType.rstStream, streamId: 1 }))).toBe(http2Error.noError);
  });

  it('whose body has come is not', async () => {
    const { client } = await trio();
    client.say(...headersFrames(1, false, block(post('/denied'))), dataFrame(1, true, Buffer.from('body')));
    await client.next({ type: frameType.headers, streamId: 1 });
    client.headers(3, true, get('/denied'));
    await client.next({ type: frameType.headers, streamId: 3 });
    expect(client.seen.filter(({ type }) => type === frameType.rstStream)).toEqual([]);
  });
});

describe('a client that breaks a rule of the connection is sent away', () => {
  const open = frame(frameType.headers, 4, 1, block(post('/open')));
  it.each<[string, Buffer[], number]>([
    ['DATA on stream 0', [dataFrame(0, false, Buffer.from('x'))], http2Error.protocolError],
    ['DATA on an idle stream', [dataFrame(1, false, Buffer.from('x'))], http2Error.protocolError],
    ['HEADERS on stream 0', [frame(frameType.headers, 5, 0, block(get('/open')))], http2Error.protocolError],
    ['HEADERS on an even stream', [frame(frameType.headers, 5, 2, block(get('/open')))], http2Error.protocolError],
    [
      'HEADERS on a lower stream',
      [frame(frameType.headers, 5, 5, block(get('/denied'))), frame(frameType.headers, 5, 3, block(get('/open')))],
      http2Error.protocolError,
    ],
    [
      'HEADERS on a closed stream',
      [frame(frameType.headers, 5, 1, block(get('/denied'))), frame(frameType.headers, 5, 1, block(get('/open')))],
      http2Error.streamClosed,
    ],
    ['CONTINUATION alone', [frame(frameType.continuation, 4, 1, block(get('/open')))], http2Error.protocolError],
    [
      'a frame within a header block',
      [frame(frameType.headers, 1, 1, block(get('/open'))), pingFrame(Buffer.alloc(8), false)],
      http2Error.protocolError,
    ],
    [
      'DATA within a header block',
      [frame(frameType.headers, 0, 1, block(get('/open'))), dataFrame(1, true, Buffer.alloc(100_000 % 16_384))],
      http2Error.protocolError,
    ],
    [
      'CONTINUATION of another stream',
      [frame(frameType.headers, 1, 1, block(get('/open'))), frame(frameType.continuation, 4, 3)],
      http2Error.protocolError,
    ],
    [
      'six CONTINUATION',
      [
        frame(frameType.headers, 1, 1, block(get('/open'))),
        ...Array.from({ length: 6 }, () => frame(frameType.continuation, 0, 1)),
      ],
      http2Error.enhanceYourCalm,
    ],
    [
      'an upper-case name',
      [frame(frameType.headers, 5, 1, block([...get('/open'), ['X-A', 'b']]))],
      http2Error.protocolError,
    ],
    ['a header block that is none', [frame(frameType.headers, 5, 1, 'ffffffffff')], http2Error.compressionError],
    ['more padding than payload in HEADERS', [frame(frameType.headers, 0xd, 1, 'ff82')], http2Error.protocolError],
    ['more padding than payload in DATA', [open, frame(frameType.data, 8, 1, '0300')], http2Error.protocolError],
    ['a frame that is too long', [frameHeader(frameType.data, 0, 1, 16_385)], http2Error.frameSizeError],
    ['PUSH_PROMISE', [open, frame(frameType.pushPromise, 4, 1, '00000002')], http2Error.protocolError],
    ['PING of 7 bytes', [frame(frameType.ping, 0, 0, '00000000000000')], http2Error.frameSizeError],
    ['PING on a stream', [frame(frameType.ping, 0, 1, '0000000000000000')], http2Error.protocolError],
    ['SETTINGS on a stream', [frame(frameType.settings, 0, 1)], http2Error.protocolError],
    ['SETTINGS of 5 bytes', [frame(frameType.settings, 0, 0, '0001000000')], http2Error.frameSizeError],
    [
      'SETTINGS with a window that is too large',
      [settingsFrame([[settingId.initialWindowSize, 0x8000_0000]])],
      http2Error.flowControlError,
    ],
    [
      'SETTINGS with a frame size that is too small',
      [settingsFrame([[settingId.maxFrameSize, 100]])],
      http2Error.protocolError,
    ],
    [
      'SETTINGS acknowledged with a payload',
      [frame(frameType.settings, 1, 0, '000100000000')],
      http2Error.frameSizeError,
    ],
    ['SETTINGS acknowledged that nobody sent', [settingsAckFrame(), settingsAckFrame()], http2Error.protocolError],
    ['WINDOW_UPDATE of 0', [windowUpdateFrame(0, 0)], http2Error.protocolError],
    ['WINDOW_UPDATE beyond the largest window', [windowUpdateFrame(0, maxInt31)], http2Error.flowControlError],
    ['WINDOW_UPDATE on an idle stream', [windowUpdateFrame(1, 1)], http2Error.protocolError],
    ['RST_STREAM on an idle stream', [rstStreamFrame(1, 0)], http2Error.protocolError],
    [
      'RST_STREAM on a stream that only a server could open',
      [frame(frameType.headers, 5, 5, block(get('/denied'))), rstStreamFrame(2, 0)],
      http2Error.protocolError,
    ],
    ['RST_STREAM of 3 bytes', [open, frame(frameType.rstStream, 0, 1, '000000')], http2Error.frameSizeError],
    ['GOAWAY of 4 bytes', [frame(frameType.goaway, 0, 0, '00000000')], http2Error.frameSizeError],
  ])('%s', async (_name, frames, code) => {
    const { client, errors, over } = await trio();
    client.say(...frames);
    expect(errorCode(await client.next({ type: frameType.goaway }))).toBe(code);
    await client.end();
    expect(errors().length).toBeGreaterThan(0);
    await over();
  });

  it('also when it does not begin with SETTINGS, or speaks no HTTP/2', async () => {
    const proxy = await started.proxy({ appPort: undefined, lingerMs: 50 });
    for (const bytes of [
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), pingFrame(Buffer.alloc(8), false)]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ]) {
      const socket = connect(proxy.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await proxy.over();
    expect(proxy.sessions.map(({ requests, errors }) => [requests.length, errors.length])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });
});

describe('a request that breaks a rule is reset, and never reaches the application', () => {
  it.each<[string, readonly (readonly [string, string])[]]>([
    ['connection', [...get('/open'), ['connection', 'close']]],
    ['te', [...get('/open'), ['te', 'gzip']]],
    ['no path', get('/open').filter(([name]) => name !== ':path')],
    [':protocol', [...get('/open').slice(0, 3), [':protocol', 'websocket']]],
    ['a length without a body', [...get('/open'), ['content-length', '5']]],
  ])('%s', async (_name, fields) => {
    const { client, app } = await trio();
    client.headers(1, true, fields);
    expect(errorCode(await client.next({ type: frameType.rstStream, streamId: 1 }))).toBe(http2Error.protocolError);
    client.headers(3, true, get('/open'));
    const peer = await app.accept();
    expect((await peer.next({ type: frameType.headers })).streamId).toBe(3);
  });

  it.each<[string, Buffer[], number]>([
    ['a body longer than its length', [dataFrame(1, false, Buffer.alloc(6))], http2Error.protocolError],
    [
      'a body shorter than its length',
      [dataFrame(1, false, Buffer.alloc(2)), dataFrame(1, true, Buffer.alloc(2))],
      http2Error.protocolError,
    ],
    [
      'trailers before all of the body',
      [frame(frameType.headers, 5, 1, block([['a', 'b']]))],
      http2Error.protocolError,
    ],
    [
      'trailers that do not end',
      [dataFrame(1, false, Buffer.alloc(5)), frame(frameType.headers, 4, 1, block([['a', 'b']]))],
      http2Error.protocolError,
    ],
    [
      'trailers with a pseudo-header',
      [dataFrame(1, false, Buffer.alloc(5)), frame(frameType.headers, 5, 1, block([[':path', '/denied']]))],
      http2Error.protocolError,
    ],
    [
      'DATA after the end',
      [dataFrame(1, true, Buffer.alloc(5)), dataFrame(1, true, Buffer.alloc(5))],
      http2Error.streamClosed,
    ],
    ['WINDOW_UPDATE of 0', [windowUpdateFrame(1, 0)], http2Error.protocolError],
  ])('%s: both sides give the stream up', async (_name, frames, code) => {
    const parts = await trio();
    const peer = await openRequest(parts, ['content-length', '5']);
    parts.client.say(...frames);
    expect(errorCode(await parts.client.next({ type: frameType.rstStream, streamId: 1 }))).toBe(code);
    expect(errorCode(await peer.next({ type: frameType.rstStream, streamId: 1 }))).toBe(code);
    expect(
      peer.seen.filter(
        ({ type, flags }) => type === frameType.data && flags === 1 && code === http2Error.protocolError,
      ),
    ).toEqual([]);
  });
});

describe('a connection that is over', () => {
  it('gives a slow client the time to read what was said last', async () => {
    const said: Buffer[] = [];
    let release: () => void = () => undefined;
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        said.push(chunk);
        release = done;
      },
    });
    const session = new TestSession(undefined, undefined, [], new AbortController().signal, 0);
    const over = spliceHttp2({ stream, session }, { lingerMs: 1 });
    stream.push(Buffer.from('no HTTP/2'));
    await once(stream, 'data');
    // Time is what this is about: twenty times the wait for a client that has everything.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([stream.destroyed, said.length]).toEqual([false, 1]);
    release();
    await new Promise(setImmediate);
    release();
    await over;
    expect(said.map((frames) => frames.readUInt8(3))).toEqual([frameType.settings, frameType.goaway]);
  });
});

describe('limits', () => {
  it('streams above the limit are refused, and there is room again when one ends', async () => {
    const { client, app } = await trio({ limits: { concurrentStreamsMax: 2 } });
    for (const streamId of [1, 3, 5]) client.headers(streamId, true, get('/open'));
    expect(errorCode(await client.next({ type: frameType.rstStream, streamId: 5 }))).toBe(http2Error.refusedStream);
    const peer = await app.accept();
    await peer.next({ type: frameType.headers, streamId: 3 });
    peer.headers(1, true, [[':status', '204']]);
    await client.next({ type: frameType.headers, streamId: 1 });
    client.headers(7, true, get('/open'));
    await peer.next({ type: frameType.headers, streamId: 7 });
  });

  it.each<[string, (index: number) => Buffer[]]>([
    [
      'rapid resets',
      (index) => [frame(frameType.headers, 4, index * 2 + 1, block(post('/open'))), rstStreamFrame(index * 2 + 1, 8)],
    ],
    [
      'resets that we are made to send',
      (index) => [frame(frameType.headers, 4, index * 2 + 1, block([...get('/open'), ['te', 'gzip']]))],
    ],
    ['pings', () => [pingFrame(Buffer.alloc(8), false)]],
    ['settings', () => [settingsFrame([])]],
    [
      'DATA without content',
      (index) =>
        index === 0 ? [frame(frameType.headers, 4, 1, block(post('/open')))] : [dataFrame(1, false, Buffer.alloc(0))],
    ],
  ])('%s without end', async (_name, frames) => {
    const limits = {
      resetsBurst: 20,
      resetsPerSecond: 1,
      idleFramesBurst: 20,
      idleFramesPerSecond: 1,
      settingsBurst: 20,
      settingsPerSecond: 1,
    };
    const { client } = await trio({ limits });
    for (let index = 0; index < 15; index++) client.say(...frames(index));
    client.headers(1001, true, get('/denied'));
    await client.next({ type: frameType.headers, streamId: 1001 });
    for (let index = 600; index < 610; index++) client.say(...frames(index));
    expect(errorCode(await client.next({ type: frameType.goaway }))).toBe(http2Error.enhanceYourCalm);
  });
});

describe('an application that breaks a rule', () => {
  it.each<[string, Buffer[]]>([
    ['DATA before the head', [dataFrame(1, false, Buffer.from('x'))]],
    ['an informational response that ends', [frame(frameType.headers, 5, 1, block([[':status', '103']]))]],
    ['no status', [frame(frameType.headers, 5, 1, block([['a', 'b']]))]],
    [
      'a connection header',
      [
        frame(
          frameType.headers,
          5,
          1,
          block([
            [':status', '200'],
            ['connection', 'x'],
          ]),
        ),
      ],
    ],
    [
      'a body that is not as long as it says',
      [
        frame(
          frameType.headers,
          4,
          1,
          block([
            [':status', '200'],
            ['content-length', '3'],
          ]),
        ),
        dataFrame(1, true, Buffer.from('xx')),
      ],
    ],
    [
      'a second head',
      [
        frame(frameType.headers, 4, 1, block([[':status', '200']])),
        frame(frameType.headers, 4, 1, block([[':status', '200']])),
      ],
    ],
  ])('on a stream loses the stream: %s', async (_name, frames) => {
    const parts = await trio();
    const peer = await openRequest(parts);
    peer.say(...frames);
    expect(errorCode(await parts.client.next({ type: frameType.rstStream, streamId: 1 }))).toBe(
      http2Error.protocolError,
    );
    expect(errorCode(await peer.next({ type: frameType.rstStream, streamId: 1 }))).toBe(http2Error.protocolError);
    parts.client.headers(3, true, get('/open'));
    await peer.next({ type: frameType.headers, streamId: 3 });
  });

  it.each<[string, Buffer[], number]>([
    ['PUSH_PROMISE', [frame(frameType.pushPromise, 4, 1, '00000002')], http2Error.protocolError],
    [
      'a stream that nobody opened',
      [frame(frameType.headers, 5, 99, block([[':status', '200']]))],
      http2Error.protocolError,
    ],
    ['a header block that is none', [frame(frameType.headers, 5, 1, 'ffffffffff')], http2Error.compressionError],
    ['ENABLE_PUSH', [settingsFrame([[settingId.enablePush, 1]])], http2Error.protocolError],
    ['no HTTP/2', [Buffer.from('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')], http2Error.frameSizeError],
  ])('of the connection is left; its requests are answered 500: %s', async (_name, frames, code) => {
    const parts = await trio();
    const peer = await openRequest(parts);
    peer.say(...frames);
    expect((await parts.client.next({ type: frameType.headers, streamId: 1 })).headers?.[0]).toBe(':status: 500');
    expect(errorCode(await parts.client.next({ type: frameType.goaway }))).toBe(http2Error.noError);
    expect(errorCode(await peer.next({ type: frameType.goaway }))).toBe(code);
    await parts.over();
  });

  it('or leaves: requests above what it took are not answered, the client repeats them', async () => {
    const parts = await trio();
    const peer = await openRequest(parts);
    parts.client.headers(3, true, get('/open'));
    await peer.next({ type: frameType.headers, streamId: 3 });
    peer.say(goawayFrame(1, http2Error.noError));
    const goaway = await parts.client.next({ type: frameType.goaway });
    expect(goaway.payload.toString('hex')).toBe('0000000100000000');
    // Sent before the client knew: dropped, not decided.
    parts.client.headers(5, true, get('/denied'));
    parts.client.say(pingFrame(Buffer.alloc(8), false));
    await parts.client.next({ type: frameType.ping });
    peer.headers(1, true, [[':status', '204']]);
    parts.client.data(1, true, Buffer.from('end'));
    await parts.client.end();
    expect(parts.client.seen.filter(({ type }) => type === frameType.headers).map(({ streamId }) => streamId)).toEqual([
      1,
    ]);
    await parts.over();
  });
});
