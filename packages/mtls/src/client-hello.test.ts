import * as fc from 'fast-check';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { longestHello, parseClientHello } from './client-hello.js';
import { listenLocally } from './testing/listen.js';

/** The bytes that node:tls sends first. */
async function captureHello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  const port = await listenLocally(server);
  const client = connect({ host: '127.0.0.1', port, ...options });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) break;
  }
  client.destroy();
  socket.destroy();
  server.close();
  return Buffer.concat(chunks);
}

/** The same handshake message in records of `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let at = 5; at < hello.length; at += size) {
    const fragment = hello.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 0xff]), fragment);
  }
  return Buffer.concat(records);
}

const mesh: ConnectionOptions = {
  servername: 'Web.Emojivoto.serviceaccount.identity.linkerd.cluster.local',
  ALPNProtocols: ['transport.l5d.io/v1', 'h2'],
};
const meshHello = {
  kind: 'tls',
  sni: 'web.emojivoto.serviceaccount.identity.linkerd.cluster.local',
  alpn: ['transport.l5d.io/v1', 'h2'],
};

describe('parseClientHello', () => {
  let hello: Buffer;
  let nameless: Buffer;
  beforeAll(async () => {
    hello = await captureHello(mesh);
    nameless = await captureHello({});
  });

  it('reads name and protocols of a real hello, the name in lower case', async () => {
    expect(parseClientHello(hello)).toEqual(meshHello);
    const plain = await captureHello({ servername: 'web', maxVersion: 'TLSv1.2' });
    expect(parseClientHello(plain)).toEqual({ kind: 'tls', sni: 'web' });
  });

  it('waits for the rest wherever a hello is cut, and ignores what follows it', () => {
    for (let cut = 0; cut < hello.length; cut++) {
      expect(parseClientHello(hello.subarray(0, cut))).toEqual({ kind: 'incomplete' });
    }
    expect(parseClientHello(Buffer.concat([hello, Buffer.from('early data')]))).toEqual(meshHello);
  });

  it('joins a hello that comes in several records, wherever that is cut', () => {
    for (const size of [Math.ceil(hello.length / 15), Math.ceil(hello.length / 4), hello.length]) {
      const split = inRecords(hello, size);
      expect(parseClientHello(split)).toEqual(meshHello);
      for (let cut = 0; cut < split.length; cut++) {
        expect(parseClientHello(split.subarray(0, cut))).toEqual({ kind: 'incomplete' });
      }
    }
  });

  it('gives up on a hello in more records than any client sends', () => {
    expect(parseClientHello(inRecords(hello, 1))).toEqual({ kind: 'not-tls' });
  });

  it('a hello without a name is not for us', () => {
    expect(parseClientHello(nameless)).toEqual({ kind: 'not-tls' });
    expect(parseClientHello(nameless.subarray(0, -1))).toEqual({ kind: 'incomplete' });
  });

  it.each([
    'GET / HTTP/1.1\r\n',
    'PRI * HTTP/2.0\r\n',
    '\u0016HTTP',
    '\u0016\u0003\u0002',
    '\u0016\u0003\u0004',
    '\u0017\u0003\u0003',
  ])('%j is no TLS at once', (text) => {
    expect(parseClientHello(Buffer.from(text, 'latin1'))).toEqual({ kind: 'not-tls' });
  });

  it.each([
    ['a record too long', [22, 3, 1, 0x20, 0x01]],
    ['an empty record', [22, 3, 1, 0, 0]],
    ['another handshake message', [22, 3, 1, 1, 0, 2]],
    ['a body too long', [22, 3, 1, 1, 0, 1, 0, 0x20, 0x01]],
    ['a body of 16 MiB', [22, 3, 1, 1, 0, 1, 1]],
  ])('%s is no hello at once', (_, bytes) => {
    expect(parseClientHello(Uint8Array.from(bytes))).toEqual({ kind: 'not-tls' });
    expect(parseClientHello(Uint8Array.from(bytes.slice(0, 3)))).toEqual({ kind: 'incomplete' });
  });

  it('takes only DNS names for names', () => {
    const named = (name: string) => {
      const entry = Buffer.concat([Buffer.from([0, 0, name.length]), Buffer.from(name, 'latin1')]);
      const extension = Buffer.concat([Buffer.from([0, 0, 0, entry.length + 2, 0, entry.length]), entry]);
      const head = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]);
      const body = Buffer.concat([head, Buffer.from([0, extension.length]), extension]);
      const message = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 0xff]), body]);
      return Buffer.concat([Buffer.from([22, 3, 1, message.length >> 8, message.length & 0xff]), message]);
    };
    const results = [
      'web',
      'a_b.c-d',
      'web.',
      'web..',
      '',
      '.',
      '10.0.0.1',
      '-a.b',
      'a-.b',
      'a b',
      'ä',
      '*.web',
      'a'.repeat(64),
    ].map((name) => [name, parseClientHello(named(name)).kind]);
    expect(Object.fromEntries(results)).toEqual({
      web: 'tls',
      'a_b.c-d': 'tls',
      'web.': 'tls',
      'web..': 'not-tls',
      '': 'not-tls',
      '.': 'not-tls',
      '10.0.0.1': 'not-tls',
      '-a.b': 'not-tls',
      'a-.b': 'not-tls',
      'a b': 'not-tls',
      ä: 'not-tls',
      '*.web': 'not-tls',
      ['a'.repeat(64)]: 'not-tls',
    });
  });

  it('does not read past the message, however much of its record has arrived', () => {
    // The message says that it ends before its extensions; the record goes on.
    const short = Uint8Array.from(hello);
    short.set([0, 0, 181], 6);
    const verdicts = Array.from({ length: short.length - 190 }, (_, more) =>
      parseClientHello(short.subarray(0, 190 + more)),
    );
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(['not-tls']));
  });

  it('never throws, never waits past its bound, and never changes its mind', () => {
    const mutated = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }).map((changes) => {
      const bytes = Uint8Array.from(hello);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    });
    const longer = fc.uint8Array({ minLength: longestHello, maxLength: longestHello + 64 });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 600 }), longer), fc.nat(), (bytes, cut) => {
        const whole = parseClientHello(bytes);
        expect(bytes.length > longestHello && whole.kind === 'incomplete').toBe(false);
        const part = parseClientHello(bytes.subarray(0, cut % (bytes.length + 1)));
        expect([{ kind: 'incomplete' }, whole]).toContainEqual(part);
      }),
      { numRuns: 1000 },
    );
  });
});
