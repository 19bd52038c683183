/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import type { AuthorizationPolicy } from '@doorward/resources';
import { describe, it } from 'vitest';
import {
  accountRef,
  authorizationPolicy,
  meshTLS,
  meshTLSRef,
  namespace,
  networkAuthentication,
  networkRef,
  pod,
  select,
  server,
  serverAuthorization,
  toNamespace,
  toServer,
} from './testing/objects.js';
import {
  anyone,
  anywhere,
  byDefault,
  defaultRoute,
  granted,
  identities,
  inCluster,
  networks,
  serverPolicy,
} from './testing/policies.js';
import { check } from './testing/story.js';

const base = [pod('pod-0'), server('srv-0')];
const closed = serverPolicy('srv-0');
const ten = networks('10.0.0.0/8');

describe('a ServerAuthorization', () => {
  const client = {
    kind: 'mesh-tls',
    identities: [{ kind: 'exact', identity: 'foo.bar' }],
    serviceAccounts: [],
  } as const;
  const open = serverPolicy('srv-0', [granted('serverauthorization', 'saz', ten, identities('foo.bar'))]);

  it('permits on the Server that it names', () => {
    const saz = serverAuthorization('saz', { networks: ten, client });
    check({}, [
      { apply: base, expect: closed },
      { apply: [saz], expect: open },
      {
        apply: [serverAuthorization('saz', { networks: ten, client, server: { kind: 'name', name: 'srv-1' } })],
        expect: closed,
      },
      { apply: [saz], expect: open },
      { remove: [saz], expect: closed },
    ]);
  });

  it('permits on the Servers whose labels it selects', () => {
    const saz = (app: string) =>
      serverAuthorization('saz', { networks: ten, client, server: { kind: 'selector', selector: select({ app }) } });
    check({}, [
      { apply: [pod('pod-0'), server('srv-0', { labels: { app: 'web' } })], expect: closed },
      { apply: [saz('web')], expect: open },
      { apply: [server('srv-0', { labels: { app: 'db' } })], expect: closed },
      { apply: [saz('db')], expect: open },
    ]);
  });

  it('stays in its namespace', () => {
    check({}, [{ apply: [...base, serverAuthorization('saz', { namespace: 'ns-1' })], expect: closed }]);
  });

  it('without networks means the cluster’s', () => {
    const open = serverPolicy('srv-0', [granted('serverauthorization', 'saz', inCluster, anyone)]);
    check({}, [{ apply: [...base, serverAuthorization('saz')], expect: open }]);
    check({ config: { clusterNetworks: [] } }, [{ apply: [...base, serverAuthorization('saz')], expect: closed }]);
  });

  it.each([
    ['anybody with mesh TLS', { kind: 'mesh-tls-unauthenticated' }, { kind: 'mesh-tls-unauthenticated' }],
    [
      'identities, then service accounts',
      { ...client, serviceAccounts: [{ namespace: 'ns-1', name: 'sa' }] },
      identities('foo.bar', 'sa.ns-1.serviceaccount.identity.linkerd.cluster.example.com'),
    ],
  ] as const)('permits %s', (_, client, authentication) => {
    const open = serverPolicy('srv-0', [granted('serverauthorization', 'saz', inCluster, authentication)]);
    check({}, [{ apply: [...base, serverAuthorization('saz', { client })], expect: open }]);
  });

  it.each([
    ['no client', { kind: 'none' }],
    ['nobody', { kind: 'mesh-tls', identities: [], serviceAccounts: [] }],
  ] as const)('that names %s permits nobody', (_, client) => {
    check({}, [{ apply: [...base, serverAuthorization('saz', { client })], expect: closed }]);
  });
});

describe('an AuthorizationPolicy', () => {
  const permits = (networks = anywhere, authentication: Parameters<typeof granted>[3] = anyone) =>
    serverPolicy('srv-0', [granted('authorizationpolicy', 'policy', networks, authentication)]);

  it.each([
    ['its Server', toServer('srv-0'), true],
    ['another Server', toServer('srv-1'), false],
    ['a Server in other case', toServer('SRV-0'), false],
    ['its namespace', toNamespace('ns-0'), true],
    ['another namespace, which acts on its own', toNamespace('ns-1'), true],
  ])('needs network and identity at once, on %s', (_, target, applies) => {
    const refs = [networkRef('net'), meshTLSRef('mtls', 'ns-1')];
    const open = permits(ten, identities('foo.bar'));
    check({}, [
      { apply: [...base, networkAuthentication('net'), meshTLS('mtls', { namespace: 'ns-1' })], expect: closed },
      { apply: [authorizationPolicy('policy', target, refs)], ...(applies ? { expect: open } : {}) },
    ]);
  });

  it('of another namespace has no say', () => {
    for (const target of [toServer('srv-0'), toNamespace('ns-0')]) {
      check({}, [
        { apply: [...base, authorizationPolicy('policy', target, [], { namespace: 'ns-1' })], expect: closed },
      ]);
    }
  });

  it('without references permits everyone', () => {
    check({}, [{ apply: [...base, authorizationPolicy('policy', toServer('srv-0'))], expect: permits() }]);
  });

  it('takes a service account without looking it up', () => {
    const policy = authorizationPolicy('policy', toServer('srv-0'), [accountRef('foo')]);
    const identity = 'foo.ns-0.serviceaccount.identity.linkerd.cluster.example.com';
    check({}, [{ apply: [...base, policy], expect: permits(anywhere, identities(identity)) }]);
  });

  it('takes identities, service accounts and namespaces of a MeshTLSAuthentication', () => {
    const mtls = meshTLS('mtls', {
      identities: [{ kind: 'suffix', labels: ['example', 'com'] }],
      serviceAccounts: [{ namespace: 'ns-2', name: 'sa' }],
      namespaces: ['ns-3'],
    });
    const authentication = {
      kind: 'mesh-tls',
      identities: [
        { kind: 'suffix', labels: ['example', 'com'] },
        { kind: 'exact', identity: 'sa.ns-2.serviceaccount.identity.linkerd.cluster.example.com' },
        { kind: 'suffix', labels: ['ns-3', 'serviceaccount', 'identity', 'linkerd', 'cluster', 'example', 'com'] },
      ],
    } as const;
    const policy = authorizationPolicy('policy', toServer('srv-0'), [meshTLSRef('mtls')]);
    check({}, [{ apply: [...base, mtls, policy], expect: permits(anywhere, authentication) }]);
  });

  it('waits for what it refers to, and goes with it', () => {
    const net = networkAuthentication('net');
    const mtls = meshTLS('mtls', { namespace: 'ns-1' });
    const open = permits(ten, identities('foo.bar'));
    const policy = authorizationPolicy('policy', toServer('srv-0'), [networkRef('net'), meshTLSRef('mtls', 'ns-1')]);
    check({}, [
      { apply: [...base, policy], expect: closed },
      { apply: [net, meshTLS('mtls'), networkAuthentication('net', ['0.0.0.0/0'], { namespace: 'ns-1' })] },
      { apply: [mtls], expect: open },
      { remove: [mtls], expect: closed },
      { apply: [mtls], expect: open },
      { remove: [net], expect: closed },
      {
        apply: [networkAuthentication('net', ['10.1.0.0/16'])],
        expect: permits(networks('10.1.0.0/16'), identities('foo.bar')),
      },
    ]);
  });

  const mtls = meshTLS('mtls');
  const net = networkAuthentication('net');
  it.each([
    ['two identities', [meshTLSRef('mtls'), accountRef('foo')]],
    ['two accounts', [accountRef('foo'), accountRef('bar')]],
    ['one identity twice', [meshTLSRef('mtls'), meshTLSRef('mtls')]],
    ['one network twice', [networkRef('net'), networkRef('net')]],
    ['an identity that is missing beside a network', [networkRef('net'), meshTLSRef('nobody')]],
    ['a network that is missing beside an identity', [networkRef('nowhere'), meshTLSRef('mtls')]],
  ])('that needs %s permits nobody', (_, refs) => {
    check({}, [
      { apply: [...base, mtls, net, authorizationPolicy('policy', toServer('srv-0'), refs)], expect: closed },
    ]);
  });

  it('that needs one of nobody, or of nowhere, permits nobody', () => {
    const empty = [meshTLS('mtls', { identities: [] }), networkAuthentication('net', [])];
    for (const ref of [meshTLSRef('mtls'), networkRef('net')]) {
      const policy = authorizationPolicy('policy', toServer('srv-0'), [ref]);
      check({}, [{ apply: [...base, ...empty, policy], expect: closed }]);
    }
  });

  it('for a namespace does nothing where no Server is', () => {
    check({ port: 1, config: { defaultPolicy: 'deny' } }, [
      {
        apply: base,
        expect: {
          server: { kind: 'default', name: 'deny' },
          protocol: { kind: 'detect', timeoutMs: 1000, routes: [defaultRoute] },
          authorizations: [],
        },
      },
      { apply: [authorizationPolicy('policy', toNamespace('ns-0'))] },
    ]);
  });
});

describe('the order of authorizations', () => {
  it('is policies, server authorizations, each by name, and the default last', () => {
    const policy = (name: string): AuthorizationPolicy => authorizationPolicy(name, toServer('srv-0'));
    check({}, [
      {
        apply: [
          pod('pod-0'),
          server('srv-0', { accessPolicy: 'audit' }),
          serverAuthorization('b-saz'),
          policy('z-policy'),
          serverAuthorization('a-saz'),
          policy('m-policy'),
          authorizationPolicy('n-policy', toNamespace('ns-0')),
        ],
        expect: serverPolicy('srv-0', [
          granted('authorizationpolicy', 'm-policy', anywhere, anyone),
          granted('authorizationpolicy', 'n-policy', anywhere, anyone),
          granted('authorizationpolicy', 'z-policy', anywhere, anyone),
          granted('serverauthorization', 'a-saz', inCluster, anyone),
          granted('serverauthorization', 'b-saz', inCluster, anyone),
          ...byDefault('audit'),
        ]),
      },
    ]);
  });
});

describe('a change that means nothing to a port', () => {
  it('is not told', () => {
    check({}, [
      {
        apply: [...base, authorizationPolicy('policy', toServer('srv-0'))],
        expect: serverPolicy('srv-0', [granted('authorizationpolicy', 'policy', anywhere, anyone)]),
      },
      { apply: [...base, authorizationPolicy('policy', toServer('srv-0'))] },
      {
        apply: [{ ...authorizationPolicy('policy', toServer('srv-0')), place: { file: 'a.yaml', line: 9, column: 1 } }],
      },
      {
        apply: [
          pod('pod-1'),
          server('srv-1', { port: 1 }),
          meshTLS('unused'),
          namespace('ns-0', { 'config.linkerd.io/default-inbound-policy': 'deny' }),
        ],
      },
      { apply: [authorizationPolicy('policy', toNamespace('ns-0'))] },
    ]);
  });
});
