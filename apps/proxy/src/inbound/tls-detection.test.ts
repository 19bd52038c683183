/** What a client's first bytes make of it, however they are cut and whenever they come (docs/spec/data-plane.md §2.2). */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { clientHello, dial, dialMesh, ended, everything, firstAnswer, Http1Client } from '../testing/clients.js';
import { anyMesh, anyone, policy } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, voting, web } from '../testing/test-mesh.js';

/** A connection that sends each byte by itself. */
function dribbling(socket: Socket): Duplex {
  const duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      for (const byte of chunk.subarray(0, -1)) socket.write(Buffer.of(byte));
      socket.write(chunk.subarray(-1), done);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => duplex.push(chunk));
  socket.on('close', () => duplex.destroy());
  return duplex;
}

describe('the beginning of a connection', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  /** Anybody may come, but HTTP needs mesh TLS: so a mistake about who is a mesh client shows. */
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
    proxy = whole.add(await startProxy(mesh, policy('detect', anyone)));
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());
  const plain = async (): Promise<Socket> => cleanup.destroyLater(await dial(proxy.port));

  it('may be a hello in the smallest of pieces', async () => {
    const socket = await plain();
    const tls = connect({
      socket: dribbling(socket),
      servername: web,
      ca: mesh.trustAnchorsPem,
      checkServerIdentity: () => undefined,
    });
    await once(tls, 'secureConnect');
    const client = cleanup.add(new Http1Client(tls));
    expect((await client.get('/')).status).toBe(200);
  });

  it('is cut when it is half a hello and nothing follows', async () => {
    const reached = proxy.app.connections.length;
    const socket = await plain();
    socket.write((await clientHello(web)).subarray(0, 40));
    expect(await everything(socket)).toBe('');
    expect(proxy.app.connections.length).toBe(reached);
  });

  it('is forwarded whole when it is half a hello and the client has finished: that was no TLS', async () => {
    const half = (await clientHello(web)).subarray(0, 40);
    const socket = await plain();
    socket.end(half);
    expect(await everything(socket)).toBe(`echo:${half.toString('latin1')}`);
    // The neighbour that only mesh TLS would open.
    await proxy.set(policy('detect', anyMesh));
    const other = await plain();
    other.end(half);
    expect(await everything(other)).toBe('');
    await proxy.set(policy('detect', anyone));
  });

  it('is cut when the handshake stops behind the hello', async () => {
    const socket = await plain();
    socket.write(await clientHello(web));
    const answer = await firstAnswer(socket);
    expect(answer.charCodeAt(0)).toBe(22);
    // Half of the client's part is never sent.
    await ended(socket);
  });

  it('is cut when the client leaves in the middle of the handshake, without a decision', async () => {
    const before = await proxy.metrics();
    const socket = await plain();
    socket.write(await clientHello(web));
    await firstAnswer(socket);
    socket.resetAndDestroy();
    // What was sent later is served, so the proxy has seen the first one leave.
    const client = cleanup.add(new Http1Client(await dialMesh(proxy.port, mesh)));
    await client.get('/');
    expect((await proxy.metrics()).filter((line) => line.includes('tcp_authz'))).toEqual(
      before.filter((line) => line.includes('tcp_authz')),
    );
  });

  it('is forwarded untouched when a hello names nobody', async () => {
    const hello = await clientHello(undefined);
    const socket = await plain();
    socket.end(hello);
    expect(await everything(socket)).toBe(`echo:${hello.toString('latin1')}`);
  });

  it('is forwarded untouched when a hello names another: TLS is then the application`s affair', async () => {
    const { certPem, keyPem } = mesh.credentials('other.example.com');
    const app = createServer({ cert: certPem, key: keyPem, ALPNProtocols: ['http/1.1'] }, (socket) =>
      socket.end('app'),
    );
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const address = app.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const other = cleanup.add(
      await startProxy(mesh, policy('detect', anyone), {
        inbound: [{ listen: { host: '127.0.0.1', port: 0 }, app: { host: '127.0.0.1', port: address.port } }],
      }),
    );
    const socket = connect({
      socket: connectTcp({ host: '127.0.0.1', port: other.port }),
      servername: 'other.example.com',
      ca: mesh.trustAnchorsPem,
      ALPNProtocols: ['http/1.1'],
    });
    expect(await everything(socket)).toBe('app');
    expect(socket.authorized).toBe(true);
    app.close();
  });

  it('may have application data right behind the handshake', async () => {
    const socket = cleanup.destroyLater(
      connect({
        host: '127.0.0.1',
        port: proxy.port,
        servername: web,
        ca: mesh.trustAnchorsPem,
        checkServerIdentity: () => undefined,
      }),
    );
    // Written before the handshake is done, so that it leaves together with its last message.
    socket.write('GET /early HTTP/1.1\r\nhost: web.test\r\n\r\n');
    expect(await firstAnswer(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(proxy.app.requests.at(-1)?.path).toBe('/early');
  });

  it('may not begin TLS inside mesh TLS to become somebody else', async () => {
    const outer = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
    outer.write(await clientHello(web));
    // A hello inside is bytes like any other.
    expect(await firstAnswer(outer)).toMatch(/^echo:/);
  });
});
