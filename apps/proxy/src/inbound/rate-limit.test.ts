/** Rate limits through the proxy: who shares which allowance, and what is counted (docs/spec/data-plane.md §4.6, §7.3). */
import { defaultHttpRoute, type InboundPolicy, type RateLimit } from '@doorward/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dial, dialMesh, Http1Client, Http2Client } from '../testing/clients.js';
import { anyone, nobodyHere, origin, policy } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, voting, web } from '../testing/test-mesh.js';

function limited(limit: Omit<RateLimit, 'origin'>): InboundPolicy['protocol'] {
  const rateLimit = { ...limit, origin: origin('httplocalratelimitpolicy', 'rl') };
  return { kind: 'http1', routes: [defaultHttpRoute], rateLimit };
}

describe('a rate limit of one request a second', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());

  const start = async (of: InboundPolicy): Promise<void> => {
    proxy = cleanup.add(await startProxy(mesh, of));
  };
  const plain = async (): Promise<Http1Client> => cleanup.add(new Http1Client(await dial(proxy.port)));
  const named = async (name: string): Promise<Http1Client> =>
    cleanup.add(new Http1Client(await dialMesh(proxy.port, mesh, mesh.credentials(name))));

  it('in total is shared by all, over every protocol, and the connection stays', async () => {
    await start(policy(limited({ total: 1, overrides: [] }), anyone));
    const client = await named(voting);
    const other = cleanup.add(new Http2Client(await dialMesh(proxy.port, mesh)));
    const first = await client.get('/');
    const [second, third] = [await client.get('/a'), await other.get('/b')];
    expect([first.status, second.status, third.status]).toEqual([200, 429, 429]);
    expect(second.headers['l5d-proxy-error']).toMatch(
      /^client 127\.0\.0\.1:\d+: server: 127\.0\.0\.1:0: total rate limit exceeded: 1rps$/,
    );
    expect(third.headers['l5d-proxy-error']).toBeUndefined();
    expect(proxy.app.requests.length).toBe(1);
    expect(proxy.log.of('decision')).toMatchObject([
      {
        verdict: 'rate-limited',
        reason: 'total rate limit exceeded: 1rps',
        request: 'GET /a',
        authz: { name: 'anyone' },
      },
      { verdict: 'rate-limited', request: 'GET /b', rateLimit: { name: 'rl' } },
    ]);
    const here =
      'target_addr="127.0.0.1:0",target_ip="127.0.0.1",target_port="0",' +
      'srv_group="policy.linkerd.io",srv_kind="server",srv_name="web",srv_port="0"';
    const rl =
      'ratelimit_group="policy.linkerd.io",ratelimit_kind="httplocalratelimitpolicy",ratelimit_name="rl",ratelimit_scope="total"';
    const route = 'route_group="",route_kind="default",route_name="default"';
    const authz = 'authz_group="policy.linkerd.io",authz_kind="authorizationpolicy",authz_name="anyone"';
    expect((await proxy.metrics()).sort()).toEqual([
      // A limited request was authorized.
      `inbound_http_authz_allow_total{${here},${route},${authz},tls="true",client_id=""} 1`,
      `inbound_http_authz_allow_total{${here},${route},${authz},tls="true",client_id="${voting}"} 2`,
      `inbound_http_local_ratelimit_total{${here},${rl},tls="true",client_id=""} 1`,
      `inbound_http_local_ratelimit_total{${here},${rl},tls="true",client_id="${voting}"} 1`,
    ]);
  });

  it('for each identity leaves others alone, and all without one share theirs', async () => {
    await start(policy(limited({ perIdentity: 1, overrides: [] }), anyone));
    const statuses: number[] = [];
    for (const client of [await named(voting), await named(voting), await named(web), await plain(), await plain()])
      statuses.push((await client.get('/')).status);
    expect(statuses).toEqual([200, 429, 200, 200, 429]);
  });

  it('may be overridden for some', async () => {
    const overrides = [{ requestsPerSecond: 1000, identities: [voting] }];
    await start(policy(limited({ perIdentity: 1, overrides }), anyone));
    const [often, once] = [await named(voting), await named(web)];
    const statuses: number[] = [];
    for (const client of [often, often, once, once]) statuses.push((await client.get('/')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('starts anew with each policy', async () => {
    const of = policy(limited({ total: 1, overrides: [] }), anyone);
    await start(of);
    const client = await plain();
    const statuses = [(await client.get('/')).status, (await client.get('/')).status];
    await proxy.set(of);
    statuses.push((await client.get('/')).status);
    expect(statuses).toEqual([200, 429, 200]);
  });

  it('is not spent on requests that are denied', async () => {
    await start(policy(limited({ total: 1, overrides: [] }), nobodyHere));
    const client = await plain();
    expect([(await client.get('/')).status, (await client.get('/')).status]).toEqual([403, 403]);
  });
});
