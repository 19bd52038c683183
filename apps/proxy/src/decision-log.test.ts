import type { Client, InboundPolicy } from '@doorward/core';
import { describe, expect, it } from 'vitest';
import { DecisionLog } from './decision-log.js';
import { anonymous, clientWith, decided, emoji, meshed, passthru, plain, skipped, subject } from './testing/asked.js';
import { anyMesh, anyone, audit, nobodyHere, only, origin, policy, route } from './testing/policies.js';
import { RecordedLog, type Line } from './testing/recorded-log.js';

const web = { group: 'policy.linkerd.io', kind: 'server', name: 'web' };
const defaultRoute = { group: '', kind: 'default', name: 'default' };

function told(of: InboundPolicy, client: Client, path?: string, everything = false): readonly Line[] {
  const log = new RecordedLog();
  new DecisionLog(log, everything).decided(decided(of, client, path), subject(client, path));
  return log.lines;
}

/** docs/spec/data-plane.md §7.1, as fields instead of text. */
describe('the log of decisions', () => {
  it('tells of a denied request: where, who, and what came nearest', () => {
    expect(told(policy('detect', nobodyHere), plain, '/a')).toEqual([
      {
        level: 'info',
        message: 'Request denied',
        event: 'decision',
        verdict: 'denied',
        reason: 'unauthorized',
        server: web,
        route: defaultRoute,
        closest: { group: 'policy.linkerd.io', kind: 'authorizationpolicy', name: 'elsewhere', network: 'outside' },
        client: { address: '127.0.0.1:45678', ip: '127.0.0.1', tls: 'none' },
        port: 9100,
        request: 'GET /a',
      },
    ]);
  });

  it('tells of a denied connection', () => {
    expect(told(policy('opaque', only('somebody')), skipped)).toEqual([
      {
        level: 'info',
        message: 'Connection denied',
        event: 'decision',
        verdict: 'denied',
        reason: 'unauthorized',
        server: web,
        closest: { group: 'policy.linkerd.io', kind: 'authorizationpolicy', name: 'only', identity: 'not-meshed' },
        client: { address: '127.0.0.1:45678', ip: '127.0.0.1', tls: 'none' },
        port: 9100,
      },
    ]);
  });

  it('tells why nothing was tried', () => {
    const routed = policy({ kind: 'http1', routes: [route('/a')] }, anyone);
    const reasons = [told(routed, plain, '/b'), told(policy('opaque', anyone), plain, '/'), told(routed, plain)];
    expect(reasons.map(([line]) => [line?.['reason'], line?.['closest']])).toEqual([
      ['no-route', undefined],
      ['not-http', undefined],
      ['http-only', undefined],
    ]);
  });

  it('says of the client what TLS has proven', () => {
    const clients = [plain, passthru, anonymous, meshed, clientWith(plain.tls, '2001:db8::1')];
    const seen = clients.map((client) => told(policy('detect'), client)[0]?.['client']);
    const address = '127.0.0.1:45678';
    expect(seen).toEqual([
      { address, ip: '127.0.0.1', tls: 'none' },
      { address, ip: '127.0.0.1', tls: 'passthru' },
      { address, ip: '127.0.0.1', tls: 'established' },
      { address, ip: '127.0.0.1', tls: 'established', identity: emoji },
      { address, ip: '2001:db8::1', tls: 'none' },
    ]);
  });

  it('names the network that excepts a client, and the identity that it lacks', () => {
    const [network] = anyone.networks;
    if (network === undefined) throw new Error('no network');
    const excepting = { ...anyone, networks: [{ ...network, except: nobodyHere.networks.map((n) => n.network) }] };
    const closest = [
      told(policy('detect', excepting), clientWith(plain.tls, '192.0.2.1'))[0]?.['closest'],
      told(policy('detect', only('somebody')), meshed)[0]?.['closest'],
      told(policy('detect', only('somebody')), anonymous)[0]?.['closest'],
      told(policy('detect', anyMesh), plain)[0]?.['closest'],
    ];
    expect(closest).toEqual([
      expect.objectContaining({ network: 'excepted by 192.0.2.0/24' }),
      expect.objectContaining({ identity: 'other-identity' }),
      expect.objectContaining({ identity: 'no-identity' }),
      expect.objectContaining({ identity: 'not-meshed' }),
    ]);
  });

  it('is silent about grants unless asked, but never about audited ones', () => {
    expect(told(policy('detect', anyone), plain, '/')).toEqual([]);
    const granted = {
      level: 'info',
      event: 'decision',
      verdict: 'allowed',
      server: web,
      client: { address: '127.0.0.1:45678', ip: '127.0.0.1', tls: 'none' },
      port: 9100,
    };
    const request = { ...granted, route: defaultRoute, request: 'GET /' };
    const byAnyone = {
      audit: false,
      authz: { group: 'policy.linkerd.io', kind: 'authorizationpolicy', name: 'anyone' },
    };
    const byAudit = { audit: true, authz: { group: '', kind: 'default', name: 'audit' } };
    const everything = true;
    expect(told(policy('detect', anyone), plain, '/', everything)).toEqual([
      { ...request, ...byAnyone, message: 'Request authorized' },
    ]);
    expect(told(policy('opaque', anyone), plain, undefined, everything)).toEqual([
      { ...granted, ...byAnyone, message: 'Connection authorized' },
    ]);
    expect(told(policy('detect', audit), plain, '/')).toEqual([{ ...request, ...byAudit, message: 'Request allowed' }]);
    expect(told(policy('opaque', audit), plain)).toEqual([{ ...granted, ...byAudit, message: 'Request allowed' }]);
  });

  it('tells of requests that are limited and connections that are ended', () => {
    const log = new RecordedLog();
    const decisions = new DecisionLog(log, false);
    const allowed = decided(policy('detect', anyone), plain, '/');
    const denied = decided(policy('opaque', nobodyHere), skipped);
    if (allowed.verdict !== 'allowed' || denied.verdict !== 'denied') throw new Error('decided otherwise');
    const limit = { origin: origin('httplocalratelimitpolicy', 'rl'), scope: 'total' } as const;
    decisions.rateLimited(allowed, subject(plain, '/'), { ...limit, message: 'total rate limit exceeded: 1rps' });
    decisions.terminated(denied, subject(skipped));
    expect(log.lines).toMatchObject([
      {
        level: 'info',
        message: 'Request rate-limited',
        event: 'decision',
        verdict: 'rate-limited',
        reason: 'total rate limit exceeded: 1rps',
        rateLimit: { group: 'policy.linkerd.io', kind: 'httplocalratelimitpolicy', name: 'rl' },
        authz: { name: 'anyone' },
        request: 'GET /',
      },
      {
        level: 'info',
        message: 'Connection terminated due to policy change',
        event: 'decision',
        verdict: 'terminated',
        server: web,
        client: { address: '127.0.0.1:45678', ip: '127.0.0.1', tls: 'none' },
      },
    ]);
  });
});
