/** Who a mesh client is to the proxy, and what it takes to be nobody or somebody else (docs/spec/data-plane.md §2.3, §4.1). */
import type { Credentials } from '@doorward/mtls';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dial, dialMesh, everything, firstAnswer, Http1Client, Http2Client, type Reply } from '../testing/clients.js';
import { anyMesh, anyName, only, policy, route } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, vm, voting, web } from '../testing/test-mesh.js';

const routes = [
  route('/mesh', [anyMesh]),
  route('/anybody', [anyName]),
  route('/voting', [only(voting)]),
  route('/vm', [only(vm)]),
];
const paths = routes.map(({ origin }) => `/${origin.name}`);

describe('a mesh client', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
    proxy = whole.add(await startProxy(mesh, policy({ kind: 'detect', timeoutMs: 10_000, routes })));
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());

  const http1 = async (credentials?: Credentials, servername?: string): Promise<Http1Client> =>
    cleanup.add(new Http1Client(await dialMesh(proxy.port, mesh, credentials, servername)));

  /** The paths that it may read. */
  async function mayRead(credentials?: Credentials): Promise<string[]> {
    const client = await http1(credentials);
    const may: string[] = [];
    for (const path of paths) {
      const { status } = await client.get(path);
      expect([200, 403]).toContain(status);
      if (status === 200) may.push(path);
    }
    return may;
  }

  it('is nobody without mesh TLS', async () => {
    const client = cleanup.add(new Http1Client(await dial(proxy.port)));
    for (const path of paths) expect((await client.get(path)).status).toBe(403);
  });

  it('has no name without a certificate, which is enough where any mesh client may come', async () => {
    expect(await mayRead()).toEqual(['/mesh']);
  });

  it('has the name of its certificate', async () => {
    expect(await mayRead(mesh.credentials(voting))).toEqual(['/mesh', '/anybody', '/voting']);
    expect(await mayRead(mesh.credentials(web))).toEqual(['/mesh', '/anybody']);
  });

  it('with a URI is met by its whole name only, never by `*`', async () => {
    expect(await mayRead(mesh.credentials(vm))).toEqual(['/mesh', '/vm']);
    expect(await mayRead(mesh.credentials(`${vm}0`))).toEqual(['/mesh']);
  });

  it.each([
    ['the first of several DNS names', `DNS:${voting},DNS:${web},URI:${vm}`, ['/mesh', '/anybody', '/voting']],
    ['a URI that comes first', `URI:${vm},DNS:${voting}`, ['/mesh', '/vm']],
    ['not a later name', `DNS:${web},DNS:${voting}`, ['/mesh', '/anybody']],
    [
      'the first usable name',
      `email:a@example.com,IP:127.0.0.1,DNS:${voting}.,DNS:${voting}`,
      ['/mesh', '/anybody', '/voting'],
    ],
    ['a name in lower case', `DNS:${voting.toUpperCase()}`, ['/mesh', '/anybody', '/voting']],
    ['nobody, when no name can be used', 'email:a@example.com', ['/mesh']],
    ['nobody, whatever the common name', undefined, ['/mesh']],
  ])('is %s', async (_, subjectAltName, may) => {
    expect(await mayRead(await mesh.unusualCredentials(subjectAltName))).toEqual(may);
  });

  it('is refused with a certificate of another CA, even where anybody of the mesh may come', async () => {
    const stranger = cleanup.add(await TestMesh.start());
    const reached = proxy.app.connections.length;
    const socket = cleanup.destroyLater(await dialMesh(proxy.port, mesh, stranger.credentials(voting)));
    socket.write('GET /mesh HTTP/1.1\r\nhost: web.test\r\n\r\n');
    expect(await everything(socket)).toBe('');
    expect(proxy.app.connections.length).toBe(reached);
    // Its neighbour of our own CA gets in.
    expect(await mayRead(mesh.credentials(voting))).toContain('/mesh');
  });

  it('speaks TLS 1.3', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: proxy.port,
      servername: web,
      ca: mesh.trustAnchorsPem,
      maxVersion: 'TLSv1.2',
    });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toMatch(/version|closed|reset|disconnected/i);
  });

  it('may write our name in any case', async () => {
    const client = await http1(mesh.credentials(voting), web.toUpperCase());
    expect((await client.get('/voting')).status).toBe(200);
  });

  it('may offer protocols, which mean nothing here', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: proxy.port,
      servername: web,
      ca: mesh.trustAnchorsPem,
      ALPNProtocols: ['h2', 'transport.l5d.io/v1'],
      checkServerIdentity: () => undefined,
    });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe(false);
    const client = cleanup.add(new Http1Client(socket));
    expect((await client.get('/mesh')).status).toBe(200);
  });

  it('is told to the application by its proven name and no other, over HTTP/1 and HTTP/2', async () => {
    const lies = { 'l5d-client-id': 'admin', 'L5D-Client-Id': 'root' };
    const told = async (reply: Promise<Reply>): Promise<unknown> => {
      expect((await reply).status).toBe(200);
      return proxy.app.requests.at(-1)?.headers['l5d-client-id'];
    };
    for (const [credentials, path, name] of [
      [mesh.credentials(voting), '/voting', voting],
      [mesh.credentials(vm), '/vm', vm],
      [undefined, '/mesh', undefined],
    ] as const) {
      const first = await http1(credentials);
      expect(await told(first.get(path, lies))).toBe(name);
      const second = cleanup.add(new Http2Client(await dialMesh(proxy.port, mesh, credentials)));
      expect(await told(second.get(path, { 'l5d-client-id': 'admin' }))).toBe(name);
    }
  });

  it('cannot say its name in another spelling either', async () => {
    const lies = { l5d_client_id: 'admin', 'l5d_client-id': 'admin' };
    const first = await http1();
    const second = cleanup.add(new Http2Client(await dialMesh(proxy.port, mesh)));
    for (const ask of [async () => first.get('/mesh', lies), async () => second.get('/mesh', lies)]) {
      expect((await ask()).status).toBe(200);
      const names = Object.keys(proxy.app.requests.at(-1)?.headers ?? {});
      expect(names.filter((name) => name.includes('client'))).toEqual([]);
    }
  });

  it('learns why it was refused only if it has a name', async () => {
    const named = await (await http1(mesh.credentials(web))).get('/voting');
    const nameless = await (await http1()).get('/voting');
    expect([named.status, nameless.status]).toEqual([403, 403]);
    expect(named.headers['l5d-proxy-error']).toMatch(
      /^client 127\.0\.0\.1:\d+: server: 127\.0\.0\.1:\d+: unauthorized request on route$/,
    );
    expect(nameless.headers['l5d-proxy-error']).toBeUndefined();
  });

  it('of another name is carried unopened, and is nobody', async () => {
    const socket = cleanup.destroyLater(await dial(proxy.port));
    const tls = connect({ socket, servername: `${web}.example`, ca: mesh.trustAnchorsPem });
    tls.on('error', () => {});
    // Connections are for nobody here: HTTP is all that this policy permits.
    expect(await firstAnswer(socket)).toBe('');
    expect(proxy.log.of('decision').at(-1)).toMatchObject({
      message: 'Connection denied',
      client: { tls: 'passthru' },
      server: { name: 'web' },
    });
  });
});
