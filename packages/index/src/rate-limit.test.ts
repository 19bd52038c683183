/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import { describe, it } from 'vitest';
import { pod, rateLimit, server } from './testing/objects.js';
import { defaultGrpcRoute, defaultRoute, http1, serverPolicy } from './testing/policies.js';
import { check } from './testing/story.js';

const base = [pod('pod-0'), server('srv-0')];
const origin = (name: string) =>
  ({ kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'HTTPLocalRateLimitPolicy', name }) as const;
const limited = (name: string, total: number) =>
  serverPolicy('srv-0', [], {
    kind: 'http1',
    routes: [defaultRoute],
    rateLimit: { origin: origin(name), total, overrides: [] },
  });

describe('a rate limit', () => {
  it('holds on its Server, without waiting for a status', () => {
    const clients = [{ namespace: 'ns-0', name: 'client-0' }];
    const limit = rateLimit('rl-0', {
      total: 1000,
      perIdentity: 100,
      overrides: [{ requestsPerSecond: 500, clients }],
    });
    const policy = serverPolicy('srv-0', [], {
      kind: 'http1',
      routes: [defaultRoute],
      rateLimit: {
        origin: origin('rl-0'),
        total: 1000,
        perIdentity: 100,
        overrides: [
          {
            requestsPerSecond: 500,
            identities: ['client-0.ns-0.serviceaccount.identity.linkerd.cluster.example.com'],
          },
        ],
      },
    });
    check({}, [
      { apply: base, expect: serverPolicy('srv-0') },
      { apply: [rateLimit('rl-1', { server: 'srv-1' }), rateLimit('rl-0', { namespace: 'ns-1' })] },
      { apply: [limit], expect: policy },
      { remove: [limit], expect: serverPolicy('srv-0', [], http1()) },
    ]);
  });

  it('gives way to an older one', () => {
    const older = rateLimit('z', { total: 1, created: '2026-01-01T00:00:00Z' });
    check({}, [
      { apply: [...base, rateLimit('b', { total: 3 })], expect: limited('b', 3) },
      { apply: [rateLimit('a', { total: 2 })], expect: limited('a', 2) },
      { apply: [older], expect: limited('z', 1) },
      { remove: [older], expect: limited('a', 2) },
    ]);
  });

  it('is not for gRPC and opaque ports', () => {
    check({}, [
      {
        apply: [pod('pod-0'), server('srv-0', { proxyProtocol: 'gRPC' }), rateLimit('rl', { total: 1 })],
        expect: serverPolicy('srv-0', [], { kind: 'grpc', routes: [defaultGrpcRoute] }),
      },
      { apply: [server('srv-0', { proxyProtocol: 'opaque' })], expect: serverPolicy('srv-0', [], { kind: 'opaque' }) },
    ]);
  });
});
