/** What a new policy does to connections that are open already (docs/spec/data-plane.md §2.1, §3.5). */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dial, dialMesh, ended, everything, firstAnswer, Http1Client, Http2Client } from '../testing/clients.js';
import { anyone, nobodyHere, policy, protocol, route } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, voting } from '../testing/test-mesh.js';

describe('a policy update', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
  });
  beforeEach(async () => {
    // Nothing here has to run out.
    proxy = cleanup.add(await startProxy(mesh, policy('detect', anyone), { detectTimeoutMs: 10_000 }));
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());
  const plain = async (): Promise<Socket> => cleanup.destroyLater(await dial(proxy.port));
  const counted = async (family: string): Promise<number> => {
    const lines = (await proxy.metrics()).filter((line) => line.startsWith(`inbound_${family}_total{`));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };

  it('holds for the next request of an open connection, and the one after', async () => {
    const first = cleanup.add(new Http1Client(await dial(proxy.port)));
    const second = cleanup.add(new Http2Client(await dialMesh(proxy.port, mesh, mesh.credentials(voting))));
    const both = async (path: string): Promise<number[]> => [
      (await first.get(path)).status,
      (await second.get(path)).status,
    ];
    expect(await both('/a')).toEqual([200, 200]);
    await proxy.set(policy('detect', nobodyHere));
    expect(await both('/a')).toEqual([403, 403]);
    await proxy.set(policy({ kind: 'detect', timeoutMs: 200, routes: [route('/a', [anyone]), route('/b')] }));
    expect([await both('/a'), await both('/b'), await both('/c')]).toEqual([
      [200, 200],
      [403, 403],
      [404, 404],
    ]);
    expect(proxy.app.connections.length).toBe(2);
  });

  it('answers HTTP with 404 where the policy has become opaque, and again as before when it turns back', async () => {
    const client = cleanup.add(new Http1Client(await dial(proxy.port)));
    const http2 = cleanup.add(new Http2Client(await dial(proxy.port)));
    for (const [kind, status] of [
      ['detect', 200],
      ['opaque', 404],
      ['tls', 404],
      ['http1', 200],
    ] as const) {
      await proxy.set(policy(kind, anyone));
      expect([kind, (await client.get('/')).status, (await http2.get('/')).status]).toEqual([kind, status, status]);
    }
    expect(await counted('http_route_not_found')).toBe(4);
  });

  it('lets a request that was permitted finish', async () => {
    const client = cleanup.add(new Http1Client(await dial(proxy.port)));
    const held = proxy.app.nextHeld();
    const reply = client.get('/held');
    await held;
    await proxy.set(policy('detect', nobodyHere));
    proxy.app.release();
    expect((await reply).body).toBe('hello at last');
    expect((await client.get('/')).status).toBe(403);
  });

  it('ends an open TCP connection at once, and the application`s side with it', async () => {
    await proxy.set(policy('opaque', anyone));
    const connected = proxy.app.nextConnection();
    const socket = await plain();
    const side = await connected;
    socket.write('x');
    expect(await firstAnswer(socket, 6)).toBe('echo:x');
    const terminated = proxy.log.next('decision');
    proxy.controller.set(0, policy('opaque', nobodyHere));
    await Promise.all([ended(socket), side.closed]);
    expect(await terminated).toMatchObject({
      message: 'Connection terminated due to policy change',
      verdict: 'terminated',
      server: { group: 'policy.linkerd.io', kind: 'server', name: 'web' },
    });
    expect([await counted('tcp_authz_terminate'), await counted('tcp_authz_deny')]).toEqual([1, 0]);
  });

  it('ends it at once too when the client has finished sending', async () => {
    proxy.app.quiet = true;
    await proxy.set(policy('opaque', anyone));
    const connected = proxy.app.nextConnection();
    const socket = await plain();
    const { socket: app, closed } = await connected;
    socket.end();
    await once(app.resume(), 'end');
    await proxy.set(policy('opaque', nobodyHere));
    const started = performance.now();
    // Nobody is there to take it; were the connection only on its way out, it would be taken and thrown away.
    while (!app.destroyed) await new Promise((resolve) => app.write('answer', resolve));
    await closed;
    expect(performance.now() - started).toBeLessThan(900);
    expect(await everything(socket)).toBe('');
  });

  it('ends it at once too when the application has finished sending', async () => {
    proxy.app.quiet = true;
    await proxy.set(policy('opaque', anyone));
    const connected = proxy.app.nextConnection();
    const socket = await plain();
    const { socket: app, closed } = await connected;
    app.end();
    await once(socket.resume(), 'end');
    await proxy.set(policy('opaque', nobodyHere));
    app.resume();
    await closed;
    expect(await counted('tcp_authz_terminate')).toBe(1);
  });

  it('leaves a TCP connection that is still permitted', async () => {
    await proxy.set(policy('opaque', anyone));
    const socket = await plain();
    socket.write('x');
    expect(await firstAnswer(socket, 6)).toBe('echo:x');
    await proxy.set(policy('opaque', nobodyHere, anyone));
    await proxy.set(policy('detect', anyone));
    socket.write('still here');
    expect(await firstAnswer(socket, 10)).toBe('still here');
    expect(await counted('tcp_authz_terminate')).toBe(0);
  });

  it.each(['http1', 'http2', 'grpc'] as const)('ends a TCP connection when only HTTP is left: %s', async (kind) => {
    await proxy.set(policy('opaque', anyone));
    const connected = proxy.app.nextConnection();
    const socket = await plain();
    const side = await connected;
    await proxy.set(policy(kind, anyone));
    await Promise.all([ended(socket), side.closed]);
    expect(await counted('tcp_authz_terminate')).toBe(1);
  });

  it('ends mesh connections by the identity they came with', async () => {
    await proxy.set(policy('tls', anyone));
    const connected = proxy.app.nextConnection();
    const socket = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
    const side = await connected;
    await proxy.set(policy('tls', nobodyHere));
    await Promise.all([ended(socket), side.closed]);
    expect((await proxy.metrics()).find((line) => line.startsWith('inbound_tcp_authz_terminate_total'))).toContain(
      `tls="true",client_id="${voting}"`,
    );
  });

  describe('while the protocol of a connection is still being found out', () => {
    it('that makes the port opaque: the connection is decided and carried', async () => {
      const socket = await plain();
      await proxy.set(policy('opaque', anyone));
      const connected = proxy.app.nextConnection();
      socket.write('GET /any HTTP/1.1\r\n');
      await connected;
      expect([await counted('tcp_authz_allow'), await counted('http_authz_allow')]).toEqual([1, 0]);
    });

    it('that makes the port opaque and closes it: nothing gets through', async () => {
      const socket = await plain();
      await proxy.set(policy('opaque', nobodyHere));
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      expect(await everything(socket)).toBe('');
      expect([await counted('tcp_authz_deny'), proxy.app.connections.length]).toEqual([1, 0]);
    });

    it('that makes the port HTTP: what is none is refused', async () => {
      const socket = await plain();
      await proxy.set(policy('http1', anyone));
      socket.write('\u0000\u0001');
      expect(await everything(socket)).toMatch(/^HTTP\/1\.1 400 /);
      expect(proxy.app.connections.length).toBe(0);
    });

    it('in the second step, that makes a detecting port HTTP/1: a silent mesh client may yet send a request', async () => {
      const timed = policy(protocol('detect', 500), anyone);
      const quick = cleanup.add(await startProxy(mesh, timed, { detectTimeoutMs: 600 }));
      const client = cleanup.add(new Http1Client(await dialMesh(quick.port, mesh, mesh.credentials(voting))));
      await quick.set(policy({ kind: 'http1', routes: [route('/a')] }, anyone));
      // By the time that this silent client is cut, the other one's silence has been judged.
      await ended(cleanup.destroyLater(await dial(quick.port)));
      // By the new policy it meant HTTP/1, and not a connection, which would have been refused.
      expect((await client.get('/a')).status).toBe(200);
      expect((await client.get('/b')).status).toBe(404);
    });

    it('in the second step, that withdraws the permission: what is no HTTP is refused', async () => {
      const socket = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
      await proxy.set(policy('detect', nobodyHere));
      socket.write('\u0000\u0001');
      expect(await everything(socket)).toBe('');
      expect([await counted('tcp_authz_deny'), proxy.app.connections.length]).toEqual([1, 0]);
    });
  });
});
