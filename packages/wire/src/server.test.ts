import { create, toJson, type JsonValue } from '@bufbuild/protobuf';
import type { Authorization, HttpRoute, InboundPolicy, NetworkMatch, Origin } from '@doorward/core';
import { parseNetwork } from '@doorward/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerSchema } from './generated/inbound_pb.js';
import { decodeServer, encodeServer, fromProto, invalidPolicy, toProto } from './server.js';
import { arbitraryInboundPolicy } from './testing/arbitrary.js';

const networks = (...texts: string[]): NetworkMatch[] =>
  texts.flatMap((text) => parseNetwork(text) ?? []).map((network) => ({ network, except: [] }));
const anywhere = networks('0.0.0.0/0', '::/0');
const builtIn = (name: string): Origin => ({ kind: 'default', name });
const policyObject = (resourceKind: string, name: string): Origin => ({
  kind: 'resource',
  group: 'policy.linkerd.io',
  resourceKind,
  name,
});
const permitAll = (origin: Origin, where = anywhere): Authorization => ({
  origin,
  networks: where,
  authentication: { kind: 'unauthenticated' },
});

const defaultRoute: HttpRoute = {
  origin: builtIn('default'),
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', path: '/' }, headers: [], queryParams: [] }], filters: [] }],
};
const probeRoute: HttpRoute = {
  origin: builtIn('probe'),
  hosts: [],
  authorizations: [permitAll(builtIn('probe'))],
  rules: [
    {
      matches: ['/live', '/ready'].map((path) => ({
        path: { kind: 'exact', path },
        method: 'GET',
        headers: [],
        queryParams: [],
      })),
      filters: [],
    },
  ],
};

// The JSON form of the same messages: `first` and `last` of ::/0 and prefix length 0 are zero, so proto3 leaves them out.
const anywhereJson = [{ net: { ip: { ipv4: 0 } } }, { net: { ip: { ipv6: {} } } }];
const defaultLabels = (name: string) => ({ group: '', kind: 'default', name });
const policyLabels = (kind: string, name: string) => ({ group: 'policy.linkerd.io', kind, name });
const routesJson = [
  { metadata: { default: 'default' }, rules: [{ matches: [{ path: { prefix: '/' } }] }] },
  {
    metadata: { default: 'probe' },
    authorizations: [
      {
        networks: anywhereJson,
        authentication: { unauthenticated: {} },
        labels: defaultLabels('probe'),
        metadata: { default: 'probe' },
      },
    ],
    rules: [
      {
        matches: [
          { path: { exact: '/live' }, method: { registered: 'GET' } },
          { path: { exact: '/ready' }, method: { registered: 'GET' } },
        ],
      },
    ],
  },
];

const server = policyObject('server', 's');
const onServer = { server, protocol: { kind: 'http1', routes: [defaultRoute, probeRoute] } } as const;
const goldenExamples: [title: string, policy: InboundPolicy, message: JsonValue][] = [
  [
    '(a) a port without a Server has the default policy and the probe route',
    {
      server: builtIn('all-unauthenticated'),
      protocol: { kind: 'detect', timeoutMs: 10_000, routes: [defaultRoute, probeRoute] },
      authorizations: [permitAll(builtIn('all-unauthenticated'))],
    },
    {
      labels: defaultLabels('all-unauthenticated'),
      protocol: { detect: { timeout: '10s', httpRoutes: routesJson } },
      authorizations: [
        {
          networks: anywhereJson,
          authentication: { unauthenticated: {} },
          labels: defaultLabels('all-unauthenticated'),
          metadata: { default: 'all-unauthenticated' },
        },
      ],
    },
  ],

  [
    '(b) a Server without policies permits nobody but the probes',
    { ...onServer, authorizations: [] },
    { labels: policyLabels('server', 's'), protocol: { http1: { routes: routesJson } } },
  ],

  [
    '(c) a ServerAuthorization without networks gets those of the cluster',
    {
      ...onServer,
      authorizations: [permitAll(policyObject('serverauthorization', 'all'), networks('10.0.0.0/8', 'fd00::/8'))],
    },
    {
      labels: policyLabels('server', 's'),
      protocol: { http1: { routes: routesJson } },
      authorizations: [
        {
          networks: [
            { net: { ip: { ipv4: 0x0a00_0000 }, prefixLen: 8 } },
            { net: { ip: { ipv6: { first: String(0xfd00_0000_0000_0000n) } }, prefixLen: 8 } },
          ],
          authentication: { unauthenticated: {} },
          labels: policyLabels('serverauthorization', 'all'),
          metadata: { resource: policyLabels('serverauthorization', 'all') },
        },
      ],
    },
  ],

  [
    '(d) an AuthorizationPolicy without references permits everybody',
    { ...onServer, authorizations: [permitAll(policyObject('authorizationpolicy', 'all'))] },
    {
      labels: policyLabels('server', 's'),
      protocol: { http1: { routes: routesJson } },
      authorizations: [
        {
          networks: anywhereJson,
          authentication: { unauthenticated: {} },
          labels: policyLabels('authorizationpolicy', 'all'),
          metadata: { resource: policyLabels('authorizationpolicy', 'all') },
        },
      ],
    },
  ],

  [
    '(e) a route of its own replaces default and probe, and carries its own authorization',
    {
      server,
      protocol: {
        kind: 'http1',
        routes: [
          {
            origin: policyObject('HTTPRoute', 'r'),
            hosts: [],
            authorizations: [permitAll(policyObject('authorizationpolicy', 'p'))],
            rules: [
              { matches: [{ path: { kind: 'exact', path: '/metrics' }, headers: [], queryParams: [] }], filters: [] },
            ],
          },
        ],
      },
      authorizations: [],
    },
    {
      labels: policyLabels('server', 's'),
      protocol: {
        http1: {
          routes: [
            {
              metadata: { resource: policyLabels('HTTPRoute', 'r') },
              authorizations: [
                {
                  networks: anywhereJson,
                  authentication: { unauthenticated: {} },
                  labels: policyLabels('authorizationpolicy', 'p'),
                  metadata: { resource: policyLabels('authorizationpolicy', 'p') },
                },
              ],
              rules: [{ matches: [{ path: { exact: '/metrics' } }] }],
            },
          ],
        },
      },
    },
  ],
];

describe('the golden examples of docs/spec/control-plane.md §5.5', () => {
  it.each(goldenExamples)('%s', (_, policy, message) => {
    expect(toJson(ServerSchema, toProto(policy))).toEqual(message);
    expect(decodeServer(encodeServer(policy))).toEqual({ kind: 'policy', policy });
  });
});

describe('toProto', () => {
  it('writes the bytes that the field numbers of docs/spec/control-plane.md §5.4 ask for', () => {
    const policy: InboundPolicy = {
      server: builtIn('x'),
      protocol: { kind: 'tls' },
      authorizations: [
        {
          origin: builtIn('y'),
          networks: [{ network: { address: { family: 4, value: 0x0a00_0001 }, prefixLength: 32 }, except: [] }],
          authentication: {
            kind: 'mesh-tls',
            identities: [
              { kind: 'exact', identity: 'a' },
              { kind: 'suffix', labels: [] },
            ],
          },
        },
      ],
    };
    const entry = (key: string, value: string) => [
      0x0a,
      key.length,
      ...Buffer.from(key),
      0x12,
      value.length,
      ...Buffer.from(value),
    ];
    const field = (tag: number, ...bytes: number[]) => [tag, bytes.length, ...bytes];
    const labels = (tag: number, name: string) => [
      ...field(tag, ...entry('group', '')),
      ...field(tag, ...entry('kind', 'default')),
      ...field(tag, ...entry('name', name)),
    ];
    const expected = [
      ...field(0x0a, ...field(0x1a)), // protocol { tls }
      ...field(
        0x1a, // authorizations
        ...field(0x0a, ...field(0x0a, ...field(0x0a, 0x0d, 0x01, 0x00, 0x00, 0x0a), 0x10, 32)), // networks { net { ip { ipv4 } prefix_len } }
        ...field(0x12, ...field(0x12, ...field(0x12, ...field(0x0a, ...field(0x0a, 0x61)), ...field(0x12)))), // meshTLS { identities }
        ...labels(0x1a, 'y'),
        ...field(0x22, ...field(0x0a, 0x79)), // metadata { default }
      ),
      ...labels(0x22, 'x'),
    ];
    expect([...encodeServer(policy)]).toEqual(expected);
  });

  it('leaves out an authorization without networks, which would make proxies refuse the whole message', () => {
    const policy: InboundPolicy = {
      server: builtIn('deny'),
      protocol: { kind: 'opaque' },
      authorizations: [permitAll(builtIn('nobody'), []), permitAll(builtIn('somebody'))],
    };
    expect(decodeServer(encodeServer(policy))).toEqual({
      kind: 'policy',
      policy: { ...policy, authorizations: [permitAll(builtIn('somebody'))] },
    });
  });

  it('sends an empty RPC match rather than none, and 0 for a redirect without a status', () => {
    const rules = <Match, Filter>(match: Match, ...filters: Filter[]) => [{ matches: [match], filters }];
    const grpc = toProto({
      server: builtIn('x'),
      protocol: {
        kind: 'grpc',
        routes: [{ ...defaultRoute, rules: rules({ service: '', method: '', headers: [] }) }],
      },
      authorizations: [],
    });
    expect(toJson(ServerSchema, grpc)).toMatchObject({
      protocol: { grpc: { routes: [{ rules: [{ matches: [{ rpc: {} }] }] }] } },
    });
    const http = toProto({
      server: builtIn('x'),
      protocol: {
        kind: 'http1',
        routes: [
          { ...defaultRoute, rules: rules({ headers: [], queryParams: [] }, { kind: 'request-redirect', host: 'h' }) },
        ],
      },
      authorizations: [],
    });
    const kind = http.protocol?.kind;
    expect(kind?.case === 'http1' && kind.value.routes[0]?.rules[0]?.filters[0]?.kind).toMatchObject({
      case: 'redirect',
      value: { host: 'h', port: 0, status: 0 },
    });
  });
});

describe('properties', () => {
  it('what was sent is what is read', () => {
    fc.assert(
      fc.property(arbitraryInboundPolicy, (policy) => {
        expect(decodeServer(encodeServer(policy))).toEqual({ kind: 'policy', policy });
        expect(fromProto(toProto(policy))).toEqual({ kind: 'policy', policy });
      }),
      { numRuns: 300 },
    );
  });

  it('no bytes make the reader throw, and what it accepts survives another round', () => {
    const mutated = fc
      .tuple(
        arbitraryInboundPolicy,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
      )
      .map(([policy, changes, cut]) => {
        const bytes = Uint8Array.from(encodeServer(policy));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return cut % 3 === 0 ? bytes.slice(0, cut % bytes.length) : bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), (bytes) => {
        const result = decodeServer(bytes);
        const again = result.kind === 'policy' ? fromProto(toProto(result.policy)) : result;
        expect(again).toEqual(result);
      }),
      { numRuns: 1000 },
    );
  });

  it('bytes that are no message at all are a problem', () => {
    expect(decodeServer(Uint8Array.of(0xff, 0xff, 0xff))).toMatchObject({
      kind: 'problem',
      problem: expect.stringMatching(/^malformed message: /),
    });
  });
});

describe('the invalid policy', () => {
  it('permits nobody and says `invalid`', () => {
    expect(invalidPolicy.authorizations).toEqual([]);
    expect(invalidPolicy.protocol).toMatchObject({ kind: 'detect', routes: [{ authorizations: [] }] });
    expect(fromProto(toProto(invalidPolicy))).toEqual({ kind: 'policy', policy: invalidPolicy });
  });

  it('is what an empty message leads to: no protocol', () => {
    expect(fromProto(create(ServerSchema))).toEqual({ kind: 'problem', problem: 'missing protocol detection timeout' });
  });
});
