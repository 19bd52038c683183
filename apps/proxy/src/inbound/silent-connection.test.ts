/** Mesh clients that say nothing at first: a greeting reaches them, and HTTP from them is decided whenever it comes. */
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dialMesh, ended, everything, firstAnswer, Http1Client, Http2Client } from '../testing/clients.js';
import { anyone, nobodyHere, policy, route } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import type { AppSide } from '../testing/recording-app.js';
import { TestMesh, voting } from '../testing/test-mesh.js';

/** SETTINGS without any setting. */
const settings = '\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000';

describe('a silent mesh client, on a port open for connections with a route for /open only', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
  });
  beforeEach(async () => {
    const routes = [route('/open')];
    proxy = cleanup.add(await startProxy(mesh, policy({ kind: 'detect', timeoutMs: 50, routes }, anyone)));
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());

  /** A client whose silence has been judged: the application has been dialled for it. */
  async function silent(greeting?: string): Promise<{ socket: Socket; app: AppSide }> {
    proxy.app.greeting = greeting;
    const connected = proxy.app.nextConnection();
    const socket = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
    const app = await connected;
    proxy.app.greeting = undefined;
    return { socket, app };
  }

  it('hears the application`s greeting, and is carried from then on', async () => {
    const { socket } = await silent('220 ready\r\n');
    expect(await firstAnswer(socket, 11)).toBe('220 ready\r\n');
    socket.write('HELO a\r\n');
    expect(await firstAnswer(socket, 13)).toBe('echo:HELO a\r\n');
  });

  it('is carried when it begins with something else', async () => {
    const { socket } = await silent();
    socket.write('\u0000\u0001');
    expect(await firstAnswer(socket, 7)).toBe('echo:\u0000\u0001');
    expect(proxy.app.connections.length).toBe(1);
  });

  it('is carried when it ends without a word', async () => {
    const { socket, app } = await silent();
    socket.end();
    expect(await everything(socket)).toBe('');
    await app.closed;
  });

  it('has its requests decided when it speaks HTTP/1 after all, and its name told', async () => {
    const { socket, app } = await silent();
    const client = cleanup.add(new Http1Client(socket));
    expect((await client.get('/secret')).status).toBe(404);
    await app.closed;
    expect(proxy.app.requests).toEqual([]);
    expect((await client.get('/open', { 'l5d-client-id': 'admin' })).status).toBe(200);
    expect(proxy.app.requests.map(({ headers }) => headers['l5d-client-id'])).toEqual([voting]);
  });

  it('has them decided however they are cut', async () => {
    const { socket } = await silent();
    for (const piece of ['G', 'ET', ' /secret HTTP/1.1\r\n', 'host: a\r\n\r\n']) socket.write(piece);
    expect(await firstAnswer(socket)).toMatch(/^HTTP\/1\.1 404 /);
    expect(proxy.app.requests).toEqual([]);
  });

  it('has them decided in HTTP/2, whose servers speak first', async () => {
    const { socket, app } = await silent(settings);
    await app.closed;
    const client = cleanup.add(new Http2Client(socket));
    expect((await client.get('/secret')).status).toBe(404);
    expect((await client.get('/open')).status).toBe(200);
    expect(proxy.app.requests.map(({ path }) => path)).toEqual(['/open']);
  });

  it('may say something else to a server of HTTP, on a new connection', async () => {
    const { socket, app } = await silent('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await app.closed;
    socket.write('\u0000');
    expect(await firstAnswer(socket, 6)).toBe('echo:\u0000');
    expect(proxy.app.connections.length).toBe(2);
  });

  it('is no longer tied to the permission for connections once it speaks HTTP', async () => {
    const { socket } = await silent();
    const client = cleanup.add(new Http1Client(socket));
    expect((await client.get('/open')).status).toBe(200);
    await proxy.set(policy('detect', nobodyHere));
    expect((await client.get('/open')).status).toBe(403);
  });

  it.each([undefined, settings, '220 ready\r\n'])(
    'is ended by a policy that withdraws the permission (%j)',
    async (greeting) => {
      const { socket, app } = await silent(greeting);
      await proxy.set(policy('detect', nobodyHere));
      await Promise.all([ended(socket), app.closed]);
      expect(proxy.log.of('decision').at(-1)).toMatchObject({ verdict: 'terminated' });
    },
  );

  it('goes when the application goes, and the application when it does', async () => {
    const one = await silent();
    one.app.socket.resetAndDestroy();
    await ended(one.socket);
    const other = await silent();
    other.socket.destroy();
    await other.app.closed;
    expect(proxy.app.connections.length).toBe(2);
  });

  it('is refused without a word where connections are for nobody', async () => {
    await proxy.set(policy({ kind: 'detect', timeoutMs: 50, routes: [route('/open', [anyone])] }, nobodyHere));
    const socket = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
    expect(await everything(socket)).toBe('');
    expect(proxy.app.connections).toEqual([]);
  });
});
