/** What is in force before the controller has spoken, when it cannot be understood, and for loopback (docs/spec/data-plane.md §3.2–§3.3). */
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dial, dialMesh, ended, everything, firstAnswer, Http1Client } from '../testing/clients.js';
import { anyone, nobodyHere, policy } from '../testing/policies.js';
import { policyPort, startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, vm, voting } from '../testing/test-mesh.js';
import { parseNetwork, type IpNetwork } from '@doorward/core';

const networks = (...texts: string[]): IpNetwork[] => texts.flatMap((text) => parseNetwork(text) ?? []);

describe('a proxy', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());

  async function start(...options: Parameters<typeof startProxy> extends [unknown, ...infer Rest] ? Rest : never) {
    return cleanup.add(await startProxy(mesh, ...options));
  }
  const plain = async ({ port }: ProxyUnderTest): Promise<Http1Client> =>
    cleanup.add(new Http1Client(await dial(port)));
  const meshed = async ({ port }: ProxyUnderTest, name?: string): Promise<Http1Client> =>
    cleanup.add(new Http1Client(await dialMesh(port, mesh, name === undefined ? undefined : mesh.credentials(name))));

  it('holds its first clients until the controller has answered', async () => {
    const proxy = await start(undefined, { detectTimeoutMs: 10_000 });
    const client = await plain(proxy);
    const reply = client.get('/');
    proxy.controller.set(policyPort, policy('detect', anyone));
    expect((await reply).status).toBe(200);
  });

  it('does not hold them for ever: then the default policy is in force', async () => {
    const silentController = await start(undefined, { detectTimeoutMs: 50 });
    const refused = cleanup.destroyLater(await dial(silentController.port));
    expect(await everything(refused)).toBe('');
    expect(silentController.log.of('decision')).toMatchObject([
      { verdict: 'denied', server: { group: '', kind: 'default', name: 'deny' } },
    ]);

    const trusting = await start(undefined, { detectTimeoutMs: 50, defaultPolicy: 'all-unauthenticated' });
    expect((await (await plain(trusting)).get('/')).status).toBe(200);
  });

  it('decides nothing about a client that did not want to wait', async () => {
    const proxy = await start(undefined, { detectTimeoutMs: 10_000, maxConnections: 1 });
    const gone = await dial(proxy.port);
    const full = proxy.log.next('connections.full');
    await everything(cleanup.destroyLater(await dial(proxy.port)));
    await full;
    gone.resetAndDestroy();
    // There is room once the proxy has noticed; and when that is taken, it is full for a second time.
    const others: Socket[] = [];
    while (proxy.log.of('connections.full').length < 2) {
      const pair = [await dial(proxy.port), await dial(proxy.port)].map((socket) => cleanup.destroyLater(socket));
      others.push(...pair);
      await Promise.race(pair.map(ended));
    }
    await proxy.set(policy('opaque', anyone));
    for (const socket of others) socket.write('x');
    const answers = await Promise.all(others.map(async (socket) => firstAnswer(socket, 6)));
    expect(answers.filter((answer) => answer !== '')).toEqual(['echo:x']);
    const decisions = (await proxy.metrics()).map((line) => line.replace(/\{.*\}/, ''));
    expect(decisions).toEqual(['inbound_tcp_authz_allow_total 1']);
    expect(proxy.log.of('decision')).toEqual([]);
  });

  it('starts with the default at once where it is told to', async () => {
    const proxy = await start(undefined, {
      policyStart: 'default',
      defaultPolicy: 'all-unauthenticated',
      detectTimeoutMs: 10_000,
    });
    const client = await plain(proxy);
    expect((await client.get('/')).status).toBe(200);
    await proxy.set(policy('detect', nobodyHere));
    expect((await client.get('/')).status).toBe(403);
  });

  it.each([
    ['all-unauthenticated', [], { plain: 200, anonymous: 200, named: 200, uri: 200 }],
    ['all-authenticated', [], { plain: 403, anonymous: 403, named: 200, uri: 403 }],
    ['cluster-unauthenticated', ['127.0.0.0/8'], { plain: 200, anonymous: 200, named: 200, uri: 200 }],
    ['cluster-unauthenticated', ['192.0.2.0/24'], { plain: 403, anonymous: 403, named: 403, uri: 403 }],
    ['cluster-authenticated', ['127.0.0.0/8'], { plain: 403, anonymous: 403, named: 200, uri: 403 }],
    ['audit', [], { plain: 200, anonymous: 200, named: 200, uri: 200 }],
  ] as const)('by default %s in %j lets in %j', async (defaultPolicy, clusterNetworks, statuses) => {
    const options = { policyStart: 'default', defaultPolicy, clusterNetworks: networks(...clusterNetworks) } as const;
    // The local defaults know no loopback.
    const proxy = await start(undefined, { ...options, trustLoopback: true });
    const clients = {
      plain: await plain(proxy),
      anonymous: await meshed(proxy),
      named: await meshed(proxy, voting),
      uri: await meshed(proxy, vm),
    };
    const got: Record<string, number> = {};
    for (const [name, client] of Object.entries(clients)) got[name] = (await client.get('/')).status;
    expect(got).toEqual(statuses);
    expect(proxy.log.of('decision').filter((line) => line['audit'] === true).length).toBe(
      defaultPolicy === 'audit' ? 4 : 0,
    );
  });

  it('denies everything when the controller`s message cannot be understood, until there is one that can', async () => {
    const proxy = await start(policy('detect', anyone), { trustLoopback: true });
    const client = await plain(proxy);
    expect((await client.get('/')).status).toBe(200);
    await proxy.set(Uint8Array.of(0xff, 0xff, 0xff));
    expect((await client.get('/')).status).toBe(403);
    const bytes = cleanup.destroyLater(await dial(proxy.port));
    bytes.write('\u0000\u0001');
    expect(await everything(bytes)).toBe('');
    expect(proxy.log.of('policy.misconfigured').length).toBe(1);
    expect(proxy.log.of('decision').at(-1)).toMatchObject({ server: { group: '', kind: 'default', name: 'invalid' } });
    await proxy.set(policy('detect', anyone));
    expect((await client.get('/')).status).toBe(200);
  });

  it('lets loopback in by every policy of the controller where it trusts it, and nowhere else', async () => {
    const trusting = await start(policy('detect'), { trustLoopback: true });
    const client = await plain(trusting);
    expect((await client.get('/')).status).toBe(200);
    const bytes = cleanup.destroyLater(await dial(trusting.port));
    bytes.write('\u0000');
    expect(await firstAnswer(bytes, 6)).toBe('echo:\u0000');
    expect(await trusting.metrics()).toEqual(
      expect.arrayContaining([expect.stringContaining('authz_group="",authz_kind="default",authz_name="localhost"')]),
    );
    const careful = await start(policy('detect'), { trustLoopback: false });
    expect((await (await plain(careful)).get('/')).status).toBe(403);
  });

  it('keeps the policy when the controller is lost', async () => {
    const proxy = await start(policy('detect', anyone));
    const client = await plain(proxy);
    const lost = proxy.log.next('controller.lost');
    proxy.controller.close();
    await lost;
    expect((await client.get('/')).status).toBe(200);
    expect((await (await plain(proxy)).get('/')).status).toBe(200);
  });
});
