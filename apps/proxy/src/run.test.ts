/** A whole proxy from its start to its end. */
import { once } from 'node:events';
import { unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proxyDefaults, type ProxyOptions } from './options.js';
import { runProxy } from './run.js';
import { Cleanup } from './testing/cleanup.js';
import { dial, dialMesh, ended, everything, firstAnswer, Http1Client, Http2Client } from './testing/clients.js';
import { anyMesh, anyone, only, policy, route } from './testing/policies.js';
import { startProxy, type ProxyUnderTest } from './testing/proxy-under-test.js';
import { RecordedLog } from './testing/recorded-log.js';
import { TestMesh, voting, web } from './testing/test-mesh.js';

const here = { host: '127.0.0.1', port: 0 };
const whole = new Cleanup();
const cleanup = new Cleanup();
let mesh: TestMesh;
/** What is open while no proxy runs. */
let atRest: string[];
beforeAll(async () => {
  mesh = whole.add(await TestMesh.start());
  atRest = resources();
});
beforeEach(async () => {
  mesh.lifetimeSec = 3600;
  await resourcesOnce(atRest);
});
afterEach(async () => cleanup.run());
afterAll(async () => whole.run());

const start = async (...options: [policy: Parameters<typeof startProxy>[1], changes?: Partial<ProxyOptions>]) =>
  cleanup.add(await startProxy(mesh, ...options));
const plain = async ({ port }: ProxyUnderTest): Promise<Socket> => cleanup.destroyLater(await dial(port));
const http1 = async ({ port }: ProxyUnderTest): Promise<Http1Client> => cleanup.add(new Http1Client(await dial(port)));

/** Whether anybody still accepts there. */
async function refused(port: number): Promise<boolean> {
  const socket = cleanup.destroyLater(connect({ host: '127.0.0.1', port }));
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  });
}

async function optionsWith(changes: Partial<ProxyOptions>): Promise<ProxyOptions> {
  return {
    ...proxyDefaults,
    workload: 'default:web',
    controller: { host: '127.0.0.1', port: 9 },
    identityService: mesh.identityService,
    identity: web,
    tokenFile: await mesh.tokenFile(web),
    trustAnchorsFile: mesh.trustAnchorsFile,
    admin: here,
    ...changes,
  };
}

describe('the start of a proxy', () => {
  it('accepts nobody before the first certificate, and says so on /ready', async () => {
    const log = new RecordedLog();
    const options = await optionsWith({ inbound: [{ listen: here, app: { host: '127.0.0.1', port: 9 } }] });
    await unlink(options.tokenFile);
    const failed = log.next('identity.failed');
    const starting = runProxy(options, log);
    await failed;
    const admin = `http://${String(log.of('admin.listening')[0]?.['address'])}`;
    const statuses = async (): Promise<number[]> => {
      const answers: number[] = [];
      for (const path of ['/live', '/ready']) {
        const response = await fetch(`${admin}${path}`, { headers: { connection: 'close' } });
        await response.text();
        answers.push(response.status);
      }
      return answers;
    };
    expect(await statuses()).toEqual([200, 503]);
    expect(log.of('inbound.listening')).toEqual([]);

    await mesh.tokenFile(web);
    const proxy = cleanup.add(await starting);
    expect(await statuses()).toEqual([200, 200]);
    const events = log.lines.map(({ event }) => event);
    expect(events.indexOf('identity.certified')).toBeLessThan(events.indexOf('inbound.listening'));
    expect(proxy.inbound.length).toBe(1);
  });

  it('fails with a word about what to do, and leaves nothing behind', async () => {
    const holder = createServer();
    holder.listen(here);
    await once(holder, 'listening');
    cleanup.add({ close: () => holder.close() });
    const address = holder.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const taken = { host: '127.0.0.1', port: address.port };
    const app = { host: '127.0.0.1', port: 9 };
    const before = [...atRest, 'TCPServerWrap'].toSorted();
    for (const [changes, message] of [
      [
        { trustAnchorsFile: '/nonexistent/ca.crt' },
        /trust anchors `\/nonexistent\/ca\.crt` cannot be read; --trust-anchors/,
      ],
      [{ admin: taken }, /the admin server cannot use 127\.0\.0\.1:\d+: the port is in use/],
      [
        {
          inbound: [
            { listen: here, app },
            { listen: taken, app },
          ],
        },
        /the inbound listener cannot use .*: the port is in use/,
      ],
      [
        { outbound: [{ listen: taken, target: app, serverName: voting }] },
        /the outbound listener cannot use .*: the port is in use/,
      ],
    ] as const) {
      await expect(runProxy(await optionsWith(changes), new RecordedLog())).rejects.toThrow(message);
      expect(await resourcesOnce(before)).toEqual(before);
    }
    const noAnchors = `${mesh.trustAnchorsFile}.none`;
    await writeFile(noAnchors, 'nothing\n');
    await expect(runProxy(await optionsWith({ trustAnchorsFile: noAnchors }), new RecordedLog())).rejects.toThrow(
      /no certificate/,
    );
    expect(await resourcesOnce(before)).toEqual(before);
  });
});

describe('a running proxy', () => {
  it('counts and logs each outcome as the samples of the spec', async () => {
    const routes = [route('/open', [anyone]), route('/voting', [only(voting)])];
    const proxy = await start(policy({ kind: 'detect', timeoutMs: 200, routes }));
    const client = await http1(proxy);
    const named = cleanup.add(new Http2Client(await dialMesh(proxy.port, mesh, mesh.credentials(web))));
    expect((await client.get('/open')).status).toBe(200);
    expect((await client.get('/open')).status).toBe(200);
    expect((await client.get('/none')).status).toBe(404);
    expect((await named.get('/voting')).status).toBe(403);
    const bytes = await plain(proxy);
    bytes.write('\u0000');
    await ended(bytes);

    const at =
      'target_addr="127.0.0.1:0",target_ip="127.0.0.1",target_port="0",' +
      'srv_group="policy.linkerd.io",srv_kind="server",srv_name="web",srv_port="0"';
    const httpRoute = 'route_group="policy.linkerd.io",route_kind="httproute",route_name';
    const unmeshed = 'tls="no_identity",no_tls_reason="no_tls_from_remote"';
    const byAnyone = 'authz_group="policy.linkerd.io",authz_kind="authorizationpolicy",authz_name="anyone"';
    expect(await proxy.metrics()).toEqual([
      `inbound_http_authz_allow_total{${at},${httpRoute}="open",${byAnyone},${unmeshed}} 2`,
      `inbound_http_authz_deny_total{${at},${httpRoute}="voting",tls="true",client_id="${web}"} 1`,
      `inbound_http_route_not_found_total{${at},${unmeshed}} 1`,
      `inbound_tcp_authz_deny_total{${at},${unmeshed}} 1`,
    ]);
    expect(proxy.log.of('decision').map(({ message, reason, request }) => [message, reason, request])).toEqual([
      ['Request denied', 'no-route', 'GET /none'],
      ['Request denied', 'unauthorized', 'GET /voting'],
      ['Connection denied', 'unauthorized', undefined],
    ]);
  });

  it('uses a new certificate for new handshakes, and leaves open connections alone', async () => {
    mesh.lifetimeSec = 2;
    const proxy = await start(policy('detect', anyMesh), { identityMinRefreshMs: 50 });
    const first = await dialMesh(proxy.port, mesh, mesh.credentials(voting));
    const client = cleanup.add(new Http1Client(first));
    expect((await client.get('/')).status).toBe(200);
    mesh.lifetimeSec = 3600;
    await proxy.log.next('identity.certified');
    const second = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
    const serials = [first, second].map((socket) => socket.getPeerX509Certificate()?.serialNumber);
    expect(new Set(serials).size).toBe(2);
    expect((await client.get('/')).status).toBe(200);
    expect(first.destroyed).toBe(false);
  });

  it('takes no more connections than it may, says so once, and goes on when one has ended', async () => {
    const proxy = await start(policy('opaque', anyone), { maxConnections: 2 });
    const open: Socket[] = [];
    for (const text of ['a', 'b']) {
      const socket = await plain(proxy);
      socket.write(text);
      expect(await firstAnswer(socket, 6)).toBe(`echo:${text}`);
      open.push(socket);
    }
    for (const _ of [1, 2]) expect(await everything(await plain(proxy))).toBe('');
    expect(proxy.log.of('connections.full')).toMatchObject([{ level: 'warn', max: 2 }]);
    expect(proxy.app.connections.length).toBe(2);
    open[0]?.destroy();
    // How soon the proxy notices is up to the system.
    let answer = '';
    while (answer === '') {
      const next = await plain(proxy);
      next.write('c');
      answer = await firstAnswer(next, 6);
    }
    expect(answer).toBe('echo:c');
  });

  it('knows its clients by their IPv4 address on a listener for both families', async () => {
    const proxy = await start(policy('opaque'), {
      inbound: [{ listen: { host: '::', port: 0 }, app: { host: '127.0.0.1', port: 9 } }],
    });
    const socket = await plain(proxy);
    await ended(socket);
    expect(proxy.log.of('decision')).toMatchObject([
      { client: { address: `127.0.0.1:${socket.localPort}`, ip: '127.0.0.1' } },
    ]);
    const [line] = await proxy.metrics();
    expect(line).toContain('target_addr="127.0.0.1:0",target_ip="127.0.0.1"');
  });

  it('says when the application cannot be reached, to whom it may concern', async () => {
    const down = createServer();
    down.listen(here);
    await once(down, 'listening');
    const address = down.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await new Promise((resolve) => down.close(resolve));
    const proxy = await start(policy('detect', anyone), {
      inbound: [{ listen: here, app: { host: '127.0.0.1', port: address.port } }],
    });
    expect((await (await http1(proxy)).get('/')).status).toBe(502);
    const bytes = await plain(proxy);
    bytes.write('\u0000');
    expect(await everything(bytes)).toBe('');
    expect(proxy.log.of('app.unreachable').length).toBe(1);
    // The connection was permitted all the same.
    expect((await proxy.metrics()).some((line) => line.startsWith('inbound_tcp_authz_allow_total'))).toBe(true);
  });
});

describe('the end of a proxy', () => {
  it('lets open requests finish, closes what is idle, and takes nothing new', async () => {
    const proxy = await start(policy('detect', anyone));
    const idle = await http1(proxy);
    await idle.get('/');
    const idle2 = cleanup.add(new Http2Client(await dial(proxy.port)));
    await idle2.get('/');
    const busy = await http1(proxy);
    const busy2 = cleanup.add(new Http2Client(await dialMesh(proxy.port, mesh, mesh.credentials(voting))));
    const held = proxy.app.nextHeld();
    const reply = busy.get('/held');
    await held;
    const held2 = proxy.app.nextHeld();
    const reply2 = busy2.get('/held');
    await held2;

    let over = false;
    const goaway = once(busy2.session, 'goaway');
    const closing = proxy.proxy.close().then(() => {
      over = true;
    });
    expect(await refused(proxy.port)).toBe(true);
    await ended(idle.socket);
    await once(idle2.session, 'close');
    await goaway;
    expect(over).toBe(false);
    proxy.app.release();
    expect(await reply).toMatchObject({ status: 200, body: 'hello at last', headers: { connection: 'close' } });
    expect(await reply2).toMatchObject({ status: 200, body: 'hello at last' });
    await closing;
    await ended(busy.socket);
    expect(proxy.log.of('shutdown.forced')).toEqual([]);
  });

  it('waits for open TCP connections', async () => {
    const proxy = await start(policy('opaque', anyone));
    const socket = await plain(proxy);
    socket.write('x');
    await firstAnswer(socket, 6);
    const closing = proxy.proxy.close();
    expect(await refused(proxy.port)).toBe(true);
    socket.end('y');
    expect(await everything(socket)).toBe('y');
    await closing;
  });

  it('closes everything when the grace is over, and says how much that was', async () => {
    const proxy = await start(policy('opaque', anyone), { shutdownGraceMs: 50 });
    const sockets = [await plain(proxy), await plain(proxy)];
    for (const socket of sockets) {
      socket.write('x');
      await firstAnswer(socket, 6);
    }
    await proxy.proxy.close();
    await Promise.all(sockets.map(ended));
    await Promise.all(proxy.app.connections.map(({ closed }) => closed));
    expect(proxy.log.of('shutdown.forced')).toMatchObject([{ level: 'warn', open: 2 }]);
  });

  it('may be asked for twice, and while clients are still being looked at', async () => {
    const proxy = await start(policy('detect', anyone));
    const silent = await plain(proxy);
    const half = await plain(proxy);
    half.on('end', () => half.end());
    half.write('GE');
    await Promise.all([proxy.proxy.close(), proxy.proxy.close()]);
    await Promise.all([ended(silent), ended(half)]);
    expect(proxy.log.of('shutdown.forced')).toEqual([]);
  });

  it('leaves no socket and no server behind', async () => {
    const stranger = await TestMesh.start();
    const proxy = await startProxy(mesh, policy('detect', anyone), {
      outbound: [{ listen: here, target: { host: '127.0.0.1', port: 9 }, serverName: voting }],
    });
    const opaque = await dial(proxy.port);
    opaque.write('\u0000');
    await firstAnswer(opaque, 6);
    const client = new Http1Client(await dial(proxy.port));
    await client.get('/');
    const named = new Http2Client(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
    await named.get('/');
    const unwanted = await dialMesh(proxy.port, mesh, stranger.credentials(voting));
    await ended(unwanted);
    const silent = await dialMesh(proxy.port, mesh);
    const nowhere = await dial(proxy.proxy.outbound[0]?.port ?? 0);
    await ended(nowhere);
    opaque.resetAndDestroy();
    for (const thing of [silent, unwanted, nowhere]) thing.destroy();
    client.close();
    named.close();

    await proxy.proxy.close();
    // All clients are gone, so these close because the proxy has let go of them.
    await Promise.all(proxy.app.connections.map(({ closed }) => closed));
    await proxy.close();
    await stranger.close();
    expect(await resourcesOnce(atRest)).toEqual(atRest);
  });
});

/** What keeps the process awake and is ours: sockets and servers. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /^(?:TCP|TLS|Pipe)/.test(name))
    .toSorted();
}

/** What is open, once that is `wanted`. Closing takes a few turns of the event loop; what is not closed after 4 s is not going to be. */
async function resourcesOnce(wanted: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + 4_000;
  while (resources().join() !== wanted.join() && performance.now() < deadline) await setImmediate();
  return resources();
}
