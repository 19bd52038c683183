/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import { keyOf, type PolicyObject } from '@doorward/resources';
import { describe, expect, it } from 'vitest';
import { PolicyIndex } from './policy-index.js';
import type { Finding, ObjectStatus } from './finding.js';
import {
  accountRef,
  authorizationPolicy,
  container,
  grpcRoute,
  httpRoute,
  meshTLS,
  meshTLSRef,
  networkAuthentication,
  networkRef,
  pod,
  rateLimit,
  port,
  select,
  server,
  serverAuthorization,
  toNamespace,
  toRoute,
  toServer,
} from './testing/objects.js';
import { cluster } from './testing/policies.js';

const ref = { namespace: 'ns-0', kind: 'pod', name: 'pod-0' } as const;

function indexOf(objects: readonly PolicyObject[]): PolicyIndex {
  const index = new PolicyIndex(cluster);
  index.applyAll({ upserted: objects, removed: [] });
  return index;
}

/** The judgement of the first object; the others are there for its sake. */
function check(
  [object, ...others]: readonly [PolicyObject, ...PolicyObject[]],
  state: ObjectStatus['state'],
  findings: readonly Finding[] = [],
): void {
  const found = indexOf([object, ...others])
    .statuses()
    .find(({ key }) => key === keyOf(object));
  expect(found).toEqual({ key: keyOf(object), object, place: object.place, state, findings });
}

const web = pod('pod-0', { labels: { app: 'web' } });

describe('a Server', () => {
  it('is in force where it has a port', () => {
    check([server('srv-0'), web], 'in-force');
    check([server('srv-0', { selector: select({ app: 'db' }) }), web], 'not-in-force', [{ kind: 'no-workload' }]);
  });

  it('tells whom its port name doesn’t mean anything to', () => {
    const other = pod('pod-1', { containers: [container([port(1)])] });
    const finding: Finding = { kind: 'no-port', name: 'http', workloads: [{ ...ref, name: 'pod-1' }] };
    check([server('srv-0', { port: 'http' }), web, other], 'partly', [finding]);
    check([server('srv-0', { port: 'http' }), other], 'not-in-force', [finding]);
  });

  it('tells who has the port that it wanted', () => {
    const shadowed: Finding = { kind: 'shadowed', ports: [{ workload: ref, port: 2222, by: 'srv-0' }] };
    check([server('srv-1'), server('srv-0'), web], 'not-in-force', [shadowed]);
    const everywhere = [web, pod('pod-1')];
    check([server('srv-1'), server('srv-0', { selector: select({ app: 'web' }) }), ...everywhere], 'partly', [
      shadowed,
    ]);
    check([server('srv-0'), server('srv-1'), web], 'in-force');
  });
});

describe('a route', () => {
  it('is in force on a Server that has a port and such routes', () => {
    check([httpRoute('r'), server('srv-0'), web], 'in-force');
    check([grpcRoute('r'), server('srv-0', { proxyProtocol: 'gRPC' }), web], 'in-force');
  });

  it('tells what is wrong with its parents', () => {
    check([httpRoute('r', { servers: [] }), web], 'not-in-force', [{ kind: 'no-parent' }]);
    check([httpRoute('r'), web], 'not-in-force', [{ kind: 'target-missing', target: 'Server', name: 'srv-0' }]);
    check([httpRoute('r'), server('srv-0')], 'not-in-force', [
      { kind: 'target-not-in-force', target: 'Server', name: 'srv-0' },
    ]);
    check([httpRoute('r', { servers: ['srv-0', 'srv-1'] }), server('srv-0'), web], 'partly', [
      { kind: 'target-missing', target: 'Server', name: 'srv-1' },
    ]);
  });

  it('tells when the Server’s protocol passes it by', () => {
    for (const protocol of ['gRPC', 'opaque', 'TLS'] as const) {
      check([httpRoute('r'), server('srv-0', { proxyProtocol: protocol }), web], 'not-in-force', [
        { kind: 'protocol-without-routes', server: 'srv-0', protocol },
      ]);
    }
    check([grpcRoute('r'), server('srv-0'), web], 'not-in-force', [
      { kind: 'protocol-without-routes', server: 'srv-0', protocol: 'HTTP/1' },
    ]);
  });

  it('tells which GRPCRoutes it conflicts with', () => {
    check([httpRoute('r'), grpcRoute('b'), grpcRoute('a'), server('srv-0'), web], 'not-in-force', [
      { kind: 'conflicted', server: 'srv-0', with: ['a', 'b'] },
    ]);
  });
});

describe('a rate limit', () => {
  it('is in force when it is the first on a Server that has a port and HTTP', () => {
    check([rateLimit('a'), rateLimit('b'), server('srv-0'), web], 'in-force');
    check([rateLimit('b'), rateLimit('a'), server('srv-0'), web], 'not-in-force', [
      { kind: 'rate-limit-exists', server: 'srv-0', by: 'a' },
    ]);
    check([rateLimit('a'), web], 'not-in-force', [{ kind: 'target-missing', target: 'Server', name: 'srv-0' }]);
    check([rateLimit('a'), server('srv-0')], 'not-in-force', [
      { kind: 'target-not-in-force', target: 'Server', name: 'srv-0' },
    ]);
    check([rateLimit('a'), server('srv-0', { proxyProtocol: 'TLS' }), web], 'not-in-force', [
      { kind: 'protocol-without-rate-limit', server: 'srv-0', protocol: 'TLS' },
    ]);
  });
});

describe('who is permitted', () => {
  const srv = server('srv-0');

  it('is in force on a target that is', () => {
    check([authorizationPolicy('p', toServer('srv-0')), srv, web], 'in-force');
    check([authorizationPolicy('p', toNamespace('ns-0')), srv, web], 'in-force');
    check([authorizationPolicy('p', toRoute('r')), httpRoute('r'), srv, web], 'in-force');
    check([serverAuthorization('s'), srv, web], 'in-force');
  });

  it('tells which target is missing or idle', () => {
    check([authorizationPolicy('p', toServer('srv-1')), srv, web], 'not-in-force', [
      { kind: 'target-missing', target: 'Server', name: 'srv-1' },
    ]);
    check([authorizationPolicy('p', toNamespace('ns-0')), web], 'not-in-force', [
      { kind: 'target-missing', target: 'Namespace', name: undefined },
    ]);
    check([authorizationPolicy('p', toNamespace('ns-0')), srv, server('srv-1'), web], 'partly', [
      { kind: 'target-not-in-force', target: 'Server', name: 'srv-1' },
    ]);
    check([authorizationPolicy('p', toRoute('r')), srv, web], 'not-in-force', [
      { kind: 'target-missing', target: 'HTTPRoute', name: 'r' },
    ]);
    check(
      [serverAuthorization('s', { server: { kind: 'selector', selector: select({ app: 'x' }) } }), srv, web],
      'not-in-force',
      [{ kind: 'target-missing', target: 'Server', name: undefined }],
    );
  });

  it('tells which reference is missing, doubled or empty', () => {
    const policy = (...refs: Parameters<typeof authorizationPolicy>[2] & {}) =>
      authorizationPolicy('p', toServer('srv-0'), refs);
    check([policy(meshTLSRef('m', 'ns-1'), networkRef('n')), meshTLS('m'), srv, web], 'not-in-force', [
      { kind: 'authentication-missing', ref: meshTLSRef('m', 'ns-1') },
      { kind: 'authentication-missing', ref: networkRef('n') },
    ]);
    check([policy(accountRef('a'), accountRef('b')), srv, web], 'not-in-force', [
      { kind: 'several-authentications', of: 'identity', count: 2 },
    ]);
    check([policy(networkRef('n')), networkAuthentication('n', []), srv, web], 'not-in-force', [
      { kind: 'authentication-empty', ref: networkRef('n') },
    ]);
    check([serverAuthorization('s', { client: { kind: 'none' } }), srv, web], 'not-in-force', [{ kind: 'no-client' }]);
  });

  it('tells when it names a namespace that it doesn’t act on', () => {
    check([authorizationPolicy('p', toNamespace('ns-1')), srv, web], 'partly', [
      { kind: 'names-other-namespace', name: 'ns-1' },
    ]);
  });
});

describe('an authentication', () => {
  const required = authorizationPolicy('p', toServer('srv-0'), [meshTLSRef('m', 'ns-1')]);
  const m = meshTLS('m', { namespace: 'ns-1' });

  it('is in force when a policy in force requires it, from whatever namespace', () => {
    check([m, required, server('srv-0'), web], 'in-force');
    check([m, required, web], 'not-in-force', [{ kind: 'referrers-not-in-force' }]);
    check([m, server('srv-0'), web], 'not-in-force', [{ kind: 'not-referenced' }]);
  });
});

describe('an origin', () => {
  it('leads back to its object', () => {
    const objects = [
      server('srv-0', { accessPolicy: 'audit' }),
      authorizationPolicy('p', toServer('srv-0')),
      serverAuthorization('s'),
      httpRoute('r'),
      web,
    ];
    const index = indexOf(objects);
    const policy = index.policyOf(ref, 2222);
    const routes = policy?.protocol.kind === 'http1' ? policy.protocol.routes : [];
    const origins = [
      policy?.server,
      ...(policy?.authorizations ?? []).map(({ origin }) => origin),
      ...routes.map(({ origin }) => origin),
    ];
    expect(origins.map((origin) => origin && index.objectOf('ns-0', origin))).toEqual([
      objects[0],
      objects[1],
      objects[2],
      undefined,
      objects[3],
    ]);
  });
});
