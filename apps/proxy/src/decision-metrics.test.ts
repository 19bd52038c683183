import { Metrics } from '@doorward/telemetry';
import type { Client, InboundPolicy } from '@doorward/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { DecisionMetrics } from './decision-metrics.js';
import { anonymous, decided, meshed, passthru, plain, skipped, target } from './testing/asked.js';
import { anyone, audit, nobodyHere, only, origin, policy, route } from './testing/policies.js';

const here =
  'target_addr="127.0.0.1:9100",target_ip="127.0.0.1",target_port="9100",' +
  'srv_group="policy.linkerd.io",srv_kind="server",srv_name="web",srv_port="9100"';
const defaultRoute = 'route_group="",route_kind="default",route_name="default"';
const byAnyone = 'authz_group="policy.linkerd.io",authz_kind="authorizationpolicy",authz_name="anyone"';
const unmeshed = 'tls="no_identity",no_tls_reason="no_tls_from_remote"';
const emojiTls = 'tls="true",client_id="client.emojivoto.serviceaccount.identity.linkerd.cluster.local"';

/** As in the samples of docs/spec/data-plane.md §7.3. */
describe('the counters of decisions', () => {
  let metrics: Metrics;
  let counters: DecisionMetrics;
  beforeEach(() => {
    metrics = new Metrics();
    counters = new DecisionMetrics(metrics);
  });
  const lines = (): string[] =>
    metrics
      .expose()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  const request = (of: InboundPolicy, client: Client, path = '/'): void =>
    counters.request(decided(of, client, path), target, client.tls);
  const connection = (of: InboundPolicy, client: Client): void =>
    counters.connection(decided(of, client), target, client.tls);

  it('count a request that is authorized', () => {
    request(policy('detect', anyone), plain);
    expect(lines()).toEqual([
      `inbound_http_authz_allow_total{${here},${defaultRoute},${byAnyone},tls="no_identity",no_tls_reason="no_tls_from_remote"} 1`,
    ]);
  });

  it('count a request that is not', () => {
    request(policy('detect', nobodyHere), meshed);
    expect(lines()).toEqual([`inbound_http_authz_deny_total{${here},${defaultRoute},${emojiTls}} 1`]);
  });

  it('count requests that match no route, and HTTP where the policy knows none', () => {
    const routed = policy({ kind: 'http1', routes: [route('/a')] }, anyone);
    request(routed, plain, '/b');
    request(policy('opaque', anyone), plain);
    expect(lines()).toEqual([`inbound_http_route_not_found_total{${here},${unmeshed}} 2`]);
  });

  it('name the route and the authorization', () => {
    request(policy({ kind: 'http1', routes: [route('/a', [only('x')])] }, anyone), plain, '/a');
    expect(lines()).toEqual([
      `inbound_http_authz_allow_total{${here},route_group="policy.linkerd.io",route_kind="httproute",route_name="a",${byAnyone},${unmeshed}} 1`,
    ]);
  });

  it('count a limited request besides its grant', () => {
    const decision = decided(policy('detect', anyone), plain, '/');
    if (decision.verdict !== 'allowed') throw new Error('not allowed');
    const limit = { origin: origin('httplocalratelimitpolicy', 'rl'), message: 'total rate limit exceeded: 1rps' };
    counters.rateLimited(decision, { ...limit, scope: 'total' }, target, plain.tls);
    counters.rateLimited(decision, { ...limit, scope: 'identity' }, target, meshed.tls);
    const rl =
      'ratelimit_group="policy.linkerd.io",ratelimit_kind="httplocalratelimitpolicy",ratelimit_name="rl",ratelimit_scope';
    expect(lines()).toEqual([
      `inbound_http_local_ratelimit_total{${here},${rl}="total",${unmeshed}} 1`,
      `inbound_http_local_ratelimit_total{${here},${rl}="identity",${emojiTls}} 1`,
    ]);
  });

  it('count connections: carried, refused and ended', () => {
    connection(policy('opaque', audit), skipped);
    connection(policy('opaque', nobodyHere), passthru);
    connection(policy('http1', anyone), anonymous);
    const denied = decided(policy('opaque', nobodyHere), skipped);
    if (denied.verdict !== 'denied') throw new Error('not denied');
    counters.terminated(denied, target, skipped.tls);
    const byAudit = 'authz_group="",authz_kind="default",authz_name="audit"';
    expect(lines()).toEqual([
      `inbound_tcp_authz_allow_total{${here},${byAudit},tls="no_identity",no_tls_reason="port_skipped"} 1`,
      `inbound_tcp_authz_deny_total{${here},tls="opaque",sni="other.example.com"} 1`,
      `inbound_tcp_authz_deny_total{${here},tls="true",client_id=""} 1`,
      `inbound_tcp_authz_terminate_total{${here},tls="no_identity",no_tls_reason="port_skipped"} 1`,
    ]);
  });

  it('name defaults without a group', () => {
    const invalid: InboundPolicy = { ...policy('detect'), server: { kind: 'default', name: 'invalid' } };
    request(invalid, plain);
    const server = here.replace(/srv_group.*web"/, 'srv_group="",srv_kind="default",srv_name="invalid"');
    expect(lines()).toEqual([`inbound_http_authz_deny_total{${server},${defaultRoute},${unmeshed}} 1`]);
  });

  it('write an IPv6 address in brackets where a port follows', () => {
    const v6 = { host: '::1', port: 9100 };
    counters.connection(decided(policy('opaque', nobodyHere), plain), v6, plain.tls);
    expect(lines()[0]).toContain('{target_addr="[::1]:9100",target_ip="::1",target_port="9100",');
  });

  it('keep clients apart, and add up what one of them does', () => {
    const one = policy('detect', anyone);
    for (const client of [plain, meshed, plain, { ...plain }]) request(one, client);
    expect(lines().map((line) => line.replace(/.*tls="(\w+)".*} /, '$1 '))).toEqual(['no_identity 3', 'true 1']);
  });
});
