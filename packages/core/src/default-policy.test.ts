import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { isPermit } from './decision.js';
import { defaultAuthorization, isDefaultPolicyName, localDefaultPolicy } from './default-policy.js';
import { trustLoopback } from './loopback.js';
import { defaultPolicyNames, type DefaultPolicyName } from './policy.js';
import { connection, meshed, net, policy, request, unmeshed } from './testing/build.js';

const clusterNetworks = [net('10.0.0.0/8'), net('fd00::/8')];
const local = (name: DefaultPolicyName) => localDefaultPolicy(name, { clusterNetworks, detectTimeoutMs: 10_000 });

describe('a default policy', () => {
  const clients = {
    plainInside: unmeshed('10.1.2.3'),
    meshedInside: meshed('10.1.2.3', 'web.bank.id'),
    uriInside: meshed('10.1.2.3', 'spiffe://id/web'),
    plainOutside: unmeshed('192.0.2.3'),
    meshedOutside: meshed('2001:db8::1', 'web.bank.id'),
  };
  it.each<[DefaultPolicyName, (keyof typeof clients)[]]>([
    ['all-unauthenticated', ['plainInside', 'meshedInside', 'uriInside', 'plainOutside', 'meshedOutside']],
    ['all-authenticated', ['meshedInside', 'meshedOutside']],
    ['cluster-unauthenticated', ['plainInside', 'meshedInside', 'uriInside']],
    ['cluster-authenticated', ['meshedInside']],
    ['audit', ['plainInside', 'meshedInside', 'uriInside', 'plainOutside', 'meshedOutside']],
    ['deny', []],
  ])('%s lets in %j', (name, welcome) => {
    const policy = local(name);
    for (const wanted of [connection, request({})]) {
      const let_in = Object.entries(clients).filter(
        ([, client]) => decide(policy, client, wanted).verdict === 'allowed',
      );
      expect(let_in.map(([who]) => who)).toEqual(welcome);
    }
    expect(policy.server).toEqual({ kind: 'default', name });
  });

  it('is one of six names, spelled exactly', () => {
    expect(defaultPolicyNames.filter(isDefaultPolicyName)).toHaveLength(6);
    for (const wrong of ['', 'all_authenticated', 'Deny', 'allow', 'toString'])
      expect(isDefaultPolicyName(wrong)).toBe(false);
  });

  it('names itself in its authorization', () => {
    const origins = defaultPolicyNames.map((name) => defaultAuthorization(name, clusterNetworks)?.origin.name);
    expect(origins).toEqual(defaultPolicyNames.map((name) => (name === 'deny' ? undefined : name)));
  });

  it('audit marks its grants, the others do not', () => {
    expect(decide(local('audit'), clients.plainInside, request({}))).toMatchObject({ verdict: 'allowed', audit: true });
    expect(decide(local('all-unauthenticated'), clients.plainInside, request({}))).toMatchObject({ audit: false });
  });

  it('deny refuses connections before anything is detected', () => {
    expect(local('deny').protocol).toEqual({ kind: 'opaque' });
    expect(decide(local('deny'), clients.plainInside, request({}))).toMatchObject({ reason: 'not-http' });
  });
});

describe('trust in the loopback', () => {
  const closed = policy({ kind: 'opaque' });
  const trusting = trustLoopback(closed);

  it.each(['127.0.0.1', '::1'])('lets %s in', (address) => {
    expect(decide(trusting, unmeshed(address), connection)).toMatchObject({
      verdict: 'allowed',
      authorization: { origin: { kind: 'default', name: 'localhost' } },
    });
    expect(decide(closed, unmeshed(address), connection).verdict).toBe('denied');
  });

  it.each(['127.0.0.2', '127.0.1.1', '10.0.0.1', '::2'])('does not let %s in', (address) => {
    expect(decide(trusting, unmeshed(address), connection).verdict).toBe('denied');
  });

  it('comes after what the policy says, and leaves the policy as it was', () => {
    const open = localDefaultPolicy('all-unauthenticated', { clusterNetworks, detectTimeoutMs: 10_000 });
    expect(decide(trustLoopback(open), unmeshed('127.0.0.1'), connection)).toMatchObject({
      authorization: { origin: { kind: 'default', name: 'all-unauthenticated' } },
    });
    expect(open.authorizations).toHaveLength(1);
  });
});

describe('a permit', () => {
  it('comes from a decision and from nowhere else', () => {
    const decision = decide(local('all-unauthenticated'), unmeshed('10.0.0.1'), connection);
    expect(decision.verdict === 'allowed' && isPermit(decision.permit)).toBe(true);
    expect([undefined, {}, { permit: true }, Object.create(Object.prototype)].map(isPermit)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(decide(local('deny'), unmeshed('10.0.0.1'), connection)).not.toHaveProperty('permit');
  });
});
