/** A refused connection: no byte, and nothing for the application to see (docs/spec/data-plane.md §5.2). */
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dial, dialMesh, everything, firstAnswer } from '../testing/clients.js';
import { anyone, audit, nobodyHere, only, policy } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, voting, web } from '../testing/test-mesh.js';

describe('a connection', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
    proxy = whole.add(await startProxy(mesh, policy('opaque')));
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());
  const plain = async (): Promise<Socket> => cleanup.destroyLater(await dial(proxy.port));
  const meshed = async (name: string): Promise<Socket> =>
    cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(name)));

  it('that nobody permits ends without a byte, whatever it sends and when', async () => {
    await proxy.set(policy('opaque', nobodyHere));
    const silent = await plain();
    const talking = await plain();
    talking.write('anybody there?');
    const endingFirst = await plain();
    endingFirst.end('bye');
    expect(await Promise.all([silent, talking, endingFirst].map(everything))).toEqual(['', '', '']);
    expect(proxy.app.connections).toEqual([]);
  });

  it('that is refused behind mesh TLS ends without a byte too', async () => {
    await proxy.set(policy('tls', only(voting)));
    expect(await everything(await meshed(web))).toBe('');
    expect(proxy.app.connections).toEqual([]);

    const permitted = await meshed(voting);
    permitted.write('hello');
    expect(await firstAnswer(permitted, 10)).toBe('echo:hello');
  });

  it('is told to the log and the counters, refused and permitted', async () => {
    await proxy.set(policy('opaque', only(voting)));
    const logged = proxy.log.next('decision');
    const refused = await plain();
    expect(await everything(refused)).toBe('');
    expect(await logged).toEqual({
      level: 'info',
      message: 'Connection denied',
      event: 'decision',
      verdict: 'denied',
      reason: 'unauthorized',
      server: { group: 'policy.linkerd.io', kind: 'server', name: 'web' },
      closest: { group: 'policy.linkerd.io', kind: 'authorizationpolicy', name: 'only', identity: 'not-meshed' },
      client: { address: `127.0.0.1:${refused.localPort}`, ip: '127.0.0.1', tls: 'none' },
      port: 0,
    });

    await proxy.set(policy('opaque', audit));
    const audited = proxy.log.next('decision');
    const socket = await plain();
    socket.end('x');
    expect(await everything(socket)).toBe('echo:x');
    expect(await audited).toMatchObject({
      message: 'Request allowed',
      audit: true,
      authz: { group: '', kind: 'default', name: 'audit' },
    });
    const here =
      'target_addr="127.0.0.1:0",target_ip="127.0.0.1",target_port="0",' +
      'srv_group="policy.linkerd.io",srv_kind="server",srv_name="web",srv_port="0"';
    const skipped = 'tls="no_identity",no_tls_reason="port_skipped"';
    expect(await proxy.metrics()).toEqual(
      expect.arrayContaining([
        `inbound_tcp_authz_allow_total{${here},authz_group="",authz_kind="default",authz_name="audit",${skipped}} 1`,
        expect.stringContaining(`inbound_tcp_authz_deny_total{${here},${skipped}} `),
      ]),
    );
  });

  it('that is permitted passes bytes and half-closes both ways', async () => {
    await proxy.set(policy('opaque', anyone));
    const connected = proxy.app.nextConnection();
    const socket = await plain();
    const { socket: app, closed } = await connected;
    const large = Buffer.alloc(4_000_000, 'x');
    socket.end(large);
    expect((await everything(socket)).length).toBe('echo:'.length + large.length);
    await closed;
    expect(app.bytesRead).toBe(large.length);
  });

  it('goes when the application goes', async () => {
    await proxy.set(policy('opaque', anyone));
    const connected = proxy.app.nextConnection();
    const socket = await plain();
    (await connected).socket.resetAndDestroy();
    expect(await everything(socket)).toBe('');
  });
});
