/** The CRDs in a real API server: it takes them, and does with objects what docs/spec/control-plane.md §1 and §2.3 say. */
import { customResourceDefinitions, type CustomResourceDefinition } from '@doorward/resources';
import { acceptedCases, crdRejections, rejectedCases } from '@doorward/resources/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { KubeApi, type KubeAnswer, type KubeObject } from './kube-api.js';

const definitions = customResourceDefinitions({ gatewayApi: true });
const crdsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const isRecord = (value: unknown): value is KubeObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

describe.skipIf(inject('kubeAssets') === '')('a Kubernetes API server with our CRDs', () => {
  let api: KubeApi;
  let named = 0;

  beforeAll(async () => {
    api = await KubeApi.start(inject('kubeAssets'));
    await Promise.all(definitions.map(async (definition) => establish(definition)));
    await api.ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } });
  });
  afterAll(async () => api?.stop());

  /** Created, and then served: the API server says so in a condition of the definition. */
  async function establish(definition: CustomResourceDefinition): Promise<void> {
    const { status, body } = await api.ask('POST', crdsPath, definition);
    if (status !== 201) throw new Error(`${definition.metadata.name}: ${JSON.stringify(body)}`);
    const deadline = Date.now() + 30_000;
    for (;;) {
      const { body: read } = await api.ask('GET', `${crdsPath}/${definition.metadata.name}`);
      const conditions = conditionsOf(read);
      if (conditions['NonStructuralSchema'] === 'True') throw new Error(JSON.stringify(read['status']));
      if (conditions['Established'] === 'True') return;
      if (Date.now() > deadline) throw new Error(`${definition.metadata.name}: ${JSON.stringify(conditions)}`);
    }
  }

  function conditionsOf(object: KubeObject): Readonly<Record<string, string>> {
    const status = isRecord(object['status']) ? object['status'] : {};
    const list: readonly unknown[] = Array.isArray(status['conditions']) ? status['conditions'] : [];
    return Object.fromEntries(list.filter(isRecord).map(({ type, status: is }) => [String(type), String(is)]));
  }

  /** Where objects of this version and kind are, in the namespace `ns`; undefined for kinds of others. */
  function pathOf(apiVersion: string, kind: string): string | undefined {
    const definition = definitions.find(
      ({ spec }) => spec.names.kind === kind && apiVersion.startsWith(`${spec.group}/`),
    );
    return definition && `/apis/${apiVersion}/namespaces/ns/${definition.spec.names.plural}`;
  }

  /** Under a name of its own. */
  async function create(written: KubeObject): Promise<KubeAnswer & { readonly name: string }> {
    named += 1;
    const name = `x${named}`;
    const path = pathOf(String(written['apiVersion']), String(written['kind']));
    if (path === undefined) throw new Error(`no CRD for ${String(written['kind'])}`);
    return { name, ...(await api.ask('POST', path, { ...written, metadata: { name, namespace: 'ns' } })) };
  }

  /** Write a spec through one version, and give the spec as it is read through another. */
  async function readBack(kind: string, written: string, spec: KubeObject, read: string): Promise<unknown> {
    const { status, body, name } = await create({ apiVersion: written, kind, spec });
    if (status !== 201) throw new Error(JSON.stringify(body));
    const answer = await api.ask('GET', `${pathOf(read, kind)}/${name}`);
    return answer.body['spec'];
  }

  const ours = <C extends readonly [string, string, ...unknown[]]>(cases: readonly C[]): readonly C[] =>
    cases.filter(([, text]) => !/kind: T(CP|LS)Route/.test(text));
  const object = (text: string): KubeObject => parse(text) as KubeObject;

  it('accepts every definition without complaint', async () => {
    const { body } = await api.ask('GET', crdsPath);
    const items: readonly unknown[] = Array.isArray(body['items']) ? body['items'] : [];
    const found = items.filter(isRecord).map((item) => {
      const { Established, NamesAccepted, NonStructuralSchema } = conditionsOf(item);
      const metadata = isRecord(item['metadata']) ? item['metadata'] : {};
      return [metadata['name'], Established, NamesAccepted, NonStructuralSchema];
    });
    expect(found).toEqual(definitions.map(({ metadata }) => [metadata.name, 'True', 'True', undefined]));
  });

  describe('takes', () => {
    it.each(ours(acceptedCases))('%s', async (_name, text) => {
      const { status, body } = await create(object(text));
      expect([status, body['message']]).toEqual([201, undefined]);
    });

    it.each(ours(rejectedCases).filter(([, , by]) => by === 'webhook'))(
      '%s, which only the webhook refuses',
      async (_name, text) => {
        const { status, body } = await create(object(text));
        expect([status, body['message']]).toEqual([201, undefined]);
      },
    );
  });

  describe('refuses', () => {
    const refused = [...ours(rejectedCases).filter(([, , by]) => by !== 'webhook'), ...crdRejections].map(
      ([name, text]) => [name, text] as const,
    );
    it.each(refused)('%s', async (_name, text) => {
      const { status, body } = await create(object(text));
      expect([status, body['reason']]).toEqual([422, 'Invalid']);
    });

    it('a path that is not normalised, on a route of the Gateway API only', async () => {
      const spec = { rules: [{ matches: [{ path: { type: 'Exact', value: '/a/../b' } }] }] };
      const gateway = await create({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', spec });
      expect([gateway.status, String(gateway.body['message']).includes('paths must be normalised')]).toEqual([
        422,
        true,
      ]);
      const policy = await create({ apiVersion: 'policy.linkerd.io/v1beta3', kind: 'HTTPRoute', spec });
      expect(policy.status).toBe(201);
    });

    it('a parent that is listed twice, on a route of the Gateway API', async () => {
      const apiVersion = 'gateway.networking.k8s.io/v1';
      const parent = { group: 'policy.linkerd.io', kind: 'Server', name: 'a' };
      const twice = await create({ apiVersion, kind: 'HTTPRoute', spec: { parentRefs: [parent, parent] } });
      expect([twice.status, String(twice.body['message']).includes('parentRefs must be unique')]).toEqual([422, true]);
      const two = await create({
        apiVersion,
        kind: 'HTTPRoute',
        spec: { parentRefs: [parent, { ...parent, name: 'b' }] },
      });
      expect(two.status).toBe(201);
    });

    it('a match of a gRPC method that names neither service nor method', async () => {
      const spec = (method: KubeObject): KubeObject => ({ rules: [{ matches: [{ method }] }] });
      const apiVersion = 'gateway.networking.k8s.io/v1';
      const neither = await create({ apiVersion, kind: 'GRPCRoute', spec: spec({ type: 'Exact' }) });
      expect(neither.status).toBe(422);
      const service = await create({ apiVersion, kind: 'GRPCRoute', spec: spec({ service: 'a.B' }) });
      expect(service.status).toBe(201);
    });
  });

  describe('serves every version', () => {
    const minimal: Readonly<Record<string, KubeObject>> = {
      Server: { podSelector: { matchLabels: { a: 'b' } }, port: 80 },
      ServerAuthorization: { server: { name: 's' }, client: { unauthenticated: true } },
      AuthorizationPolicy: { targetRef: { kind: 'Namespace', name: 'ns' }, requiredAuthenticationRefs: [] },
      MeshTLSAuthentication: { identities: ['*'] },
      NetworkAuthentication: { networks: [{ cidr: '10.0.0.0/8' }] },
      HTTPRoute: {},
      GRPCRoute: {},
      HTTPLocalRateLimitPolicy: { targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 's' } },
      EgressNetwork: { trafficPolicy: 'Allow' },
      ExternalWorkload: { meshTLS: { identity: 'a.b', serverName: 'a.b' } },
    };
    const versions = definitions.flatMap(({ spec }) =>
      spec.versions.map(
        ({ name, deprecationWarning }) => [`${spec.group}/${name}`, spec.names.kind, deprecationWarning] as const,
      ),
    );

    it.each(versions)('%s %s', async (apiVersion, kind, deprecation) => {
      const spec =
        apiVersion === 'workload.linkerd.io/v1alpha1'
          ? { meshTls: { identity: 'a.b', serverName: 'a.b' } }
          : minimal[kind];
      const { status, body, warnings } = await create({ apiVersion, kind, spec });
      expect([status, body['message']]).toEqual([201, undefined]);
      expect(warnings).toEqual(deprecation === undefined ? [] : [deprecation]);
    });
  });

  describe('fills in', () => {
    const v1beta3 = 'policy.linkerd.io/v1beta3';

    it('a Server: denied, and a protocol to be found out', async () => {
      expect(await readBack('Server', v1beta3, { podSelector: {}, port: 'http' }, v1beta3)).toEqual({
        podSelector: {},
        port: 'http',
        proxyProtocol: 'unknown',
        accessPolicy: 'deny',
      });
    });

    it('an HTTPRoute: one rule for every path', async () => {
      expect(await readBack('HTTPRoute', v1beta3, { parentRefs: [{ name: 'a' }] }, v1beta3)).toEqual({
        parentRefs: [{ group: 'policy.linkerd.io', kind: 'Gateway', name: 'a' }],
        rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
      });
    });

    it('a rule of an HTTPRoute: every path, exact headers, status 302, a Service', async () => {
      const rules = [
        {
          matches: [{ headers: [{ name: 'a', value: 'b' }] }, { path: { value: '/x' } }],
          filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https' } }],
          backendRefs: [{ name: 'b', port: 80 }],
        },
        {},
      ];
      const slash = { type: 'PathPrefix', value: '/' };
      expect(await readBack('HTTPRoute', v1beta3, { rules }, v1beta3)).toEqual({
        rules: [
          {
            matches: [
              { path: slash, headers: [{ type: 'Exact', name: 'a', value: 'b' }] },
              { path: { type: 'PathPrefix', value: '/x' } },
            ],
            filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 302 } }],
            backendRefs: [{ group: '', kind: 'Service', name: 'b', port: 80, weight: 1 }],
          },
          { matches: [{ path: slash }] },
        ],
      });
    });

    it('a GRPCRoute: the parent, and no rule', async () => {
      const v1 = 'gateway.networking.k8s.io/v1';
      const spec = {
        parentRefs: [{ kind: 'Server', name: 'a' }],
        rules: [{ matches: [{ method: { service: 'a.B' } }] }],
      };
      expect(await readBack('GRPCRoute', v1, spec, v1)).toEqual({
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Server', name: 'a' }],
        rules: [{ matches: [{ method: { type: 'Exact', service: 'a.B' } }] }],
      });
      expect(await readBack('GRPCRoute', v1, {}, v1)).toEqual({});
    });

    it('a port of an ExternalWorkload: TCP', async () => {
      const v1beta1 = 'workload.linkerd.io/v1beta1';
      const meshTLS = { identity: 'a.b', serverName: 'a.b' };
      expect(await readBack('ExternalWorkload', v1beta1, { meshTLS, ports: [{ port: 1 }] }, v1beta1)).toEqual({
        meshTLS,
        ports: [{ port: 1, protocol: 'TCP' }],
      });
    });
  });

  describe('drops what a version lacks', () => {
    it.each(['v1beta2', 'v1beta1', 'v1alpha1'])('the access policy of a Server, through %s', async (version) => {
      const spec = { podSelector: { matchLabels: { a: 'b' } }, port: 80, accessPolicy: 'audit' };
      expect(await readBack('Server', `policy.linkerd.io/${version}`, spec, 'policy.linkerd.io/v1beta3')).toEqual({
        ...spec,
        proxyProtocol: 'unknown',
        accessPolicy: 'deny',
      });
      // And nothing of it through the newest.
      expect(await readBack('Server', 'policy.linkerd.io/v1beta3', spec, 'policy.linkerd.io/v1beta3')).toEqual({
        ...spec,
        proxyProtocol: 'unknown',
      });
    });

    it('the access policy of a Server that is written again through v1beta2', async () => {
      const spec = { podSelector: {}, port: 80, accessPolicy: 'audit' };
      const { name, body } = await create({ apiVersion: 'policy.linkerd.io/v1beta3', kind: 'Server', spec });
      const path = `/apis/policy.linkerd.io/v1beta2/namespaces/ns/servers/${name}`;
      const { status } = await api.ask('PUT', path, { ...body, apiVersion: 'policy.linkerd.io/v1beta2', spec });
      expect(status).toBe(200);
      const read = await api.ask('GET', path.replace('v1beta2', 'v1beta3'));
      expect(read.body['spec']).toEqual({ ...spec, proxyProtocol: 'unknown', accessPolicy: 'deny' });
    });

    it('the external selector of a Server, through v1beta1', async () => {
      const spec = { podSelector: {}, externalWorkloadSelector: {}, port: 80 };
      expect(await readBack('Server', 'policy.linkerd.io/v1beta1', spec, 'policy.linkerd.io/v1beta3')).toEqual({
        podSelector: {},
        port: 80,
        proxyProtocol: 'unknown',
        accessPolicy: 'deny',
      });
    });

    it.each(['v1beta2', 'v1beta1', 'v1alpha1'])('the timeouts of an HTTPRoute, through %s', async (version) => {
      const rules = [{ timeouts: { request: '1s' } }];
      const matches = [{ path: { type: 'PathPrefix', value: '/' } }];
      const newest = 'policy.linkerd.io/v1beta3';
      expect(await readBack('HTTPRoute', `policy.linkerd.io/${version}`, { rules }, newest)).toEqual({
        rules: [{ matches }],
      });
      expect(await readBack('HTTPRoute', newest, { rules }, newest)).toEqual({ rules: [{ ...rules[0], matches }] });
    });

    it('the identity of an ExternalWorkload, through v1alpha1', async () => {
      const identity = { identity: 'a.b', serverName: 'a.b' };
      const [oldest, newest] = ['workload.linkerd.io/v1alpha1', 'workload.linkerd.io/v1beta1'];
      expect(await readBack('ExternalWorkload', oldest, { meshTls: identity }, newest)).toEqual({});
      expect(await readBack('ExternalWorkload', newest, { meshTLS: identity }, newest)).toEqual({ meshTLS: identity });
    });
  });

  describe('keeps statuses apart', () => {
    it('where the kind has a subresource for them', async () => {
      const { name, body } = await create({
        apiVersion: 'policy.linkerd.io/v1beta3',
        kind: 'HTTPRoute',
        spec: {},
        status: {},
      });
      expect(body['status']).toBeUndefined();
      const path = `/apis/policy.linkerd.io/v1beta3/namespaces/ns/httproutes/${name}/status`;
      const conditions = [
        {
          type: 'Accepted',
          status: 'True',
          reason: 'Accepted',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ];
      const parent = { group: 'policy.linkerd.io', kind: 'Server', namespace: 'ns', name: 's' };
      const parents = [{ parentRef: parent, controllerName: 'linkerd.io/policy-controller', conditions }];
      const written = await api.ask('PATCH', path, { status: { parents } });
      expect([written.status, written.body['status']]).toEqual([200, { parents }]);
      const wrong = await api.ask('PATCH', path, { status: { parents: [{ parentRef: parent }] } });
      expect(wrong.status).toBe(422);
    });

    it.each([
      ['policy.linkerd.io/v1alpha1', 'EgressNetwork', { trafficPolicy: 'Deny' }, {}],
      [
        'policy.linkerd.io/v1alpha1',
        'HTTPLocalRateLimitPolicy',
        { targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 's' } },
        { targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 's' } },
      ],
      ['workload.linkerd.io/v1beta1', 'ExternalWorkload', { meshTLS: { identity: 'a.b', serverName: 'a.b' } }, {}],
      ['gateway.networking.k8s.io/v1', 'GRPCRoute', {}, { parents: [] }],
    ] as const)('%s %s', async (apiVersion, kind, spec, more) => {
      const { name } = await create({ apiVersion, kind, spec });
      const status = more;
      const written = await api.ask('PATCH', `${pathOf(apiVersion, kind)}/${name}/status`, { status });
      expect(written.status).toBe(200);
    });

    it('has none for a Server', async () => {
      const { name } = await create({
        apiVersion: 'policy.linkerd.io/v1beta3',
        kind: 'Server',
        spec: { podSelector: {}, port: 1 },
      });
      const answer = await api.ask('GET', `/apis/policy.linkerd.io/v1beta3/namespaces/ns/servers/${name}/status`);
      expect(answer.status).toBe(404);
    });
  });

  describe('shows', () => {
    const servers = [
      ['v1beta3', ['Port', 'Protocol', 'Access Policy']],
      ['v1beta2', ['Port', 'Protocol']],
      ['v1beta1', ['Port', 'Protocol']],
      // Without columns of its own a kind has this one.
      ['v1alpha1', ['Age']],
    ] as const;
    it.each(servers)('the columns of Servers in %s', async (version, columns) => {
      const table = await api.table(`/apis/policy.linkerd.io/${version}/namespaces/ns/servers?limit=1`);
      expect(table.columns).toEqual(['Name', ...columns]);
    });

    it.each([
      ['policy.linkerd.io/v1beta1', 'ServerAuthorization', ['Server']],
      ['policy.linkerd.io/v1alpha1', 'ServerAuthorization', ['Age']],
      ['policy.linkerd.io/v1alpha1', 'AuthorizationPolicy', ['Age']],
      ['policy.linkerd.io/v1beta3', 'HTTPRoute', ['Hostnames', 'Age']],
      [
        'policy.linkerd.io/v1alpha1',
        'HTTPLocalRateLimitPolicy',
        ['Target_kind', 'Target_name', 'Total_RPS', 'Identity_RPS'],
      ],
      ['workload.linkerd.io/v1beta1', 'ExternalWorkload', ['Identity', 'Age']],
      ['gateway.networking.k8s.io/v1', 'GRPCRoute', ['Hostnames', 'Age']],
    ])('the columns of %s %s', async (apiVersion, kind, columns) => {
      const table = await api.table(`${pathOf(apiVersion, kind)}?limit=1`);
      expect(table.columns).toEqual(['Name', ...columns]);
    });

    it('what stands in them', async () => {
      const spec = { podSelector: {}, port: 8080, proxyProtocol: 'gRPC', accessPolicy: 'audit' };
      const { name } = await create({ apiVersion: 'policy.linkerd.io/v1beta3', kind: 'Server', spec });
      const { rows } = await api.table(`/apis/policy.linkerd.io/v1beta3/namespaces/ns/servers/${name}`);
      expect(rows).toEqual([[name, '8080', 'gRPC', 'audit']]);
    });
  });

  it('knows the short names', async () => {
    const { body } = await api.ask('GET', '/apis/policy.linkerd.io/v1alpha1');
    const resources: readonly unknown[] = Array.isArray(body['resources']) ? body['resources'] : [];
    const short = resources
      .filter(isRecord)
      .filter(({ name }) => !String(name).includes('/'))
      .map(({ name, shortNames = [], categories = [] }) => [name, shortNames, categories]);
    expect(new Set(short)).toEqual(
      new Set([
        ['authorizationpolicies', ['authzpolicy'], []],
        ['egressnetworks', [], ['policy']],
        ['httplocalratelimitpolicies', [], []],
        ['httproutes', [], []],
        ['meshtlsauthentications', ['meshtlsauthn'], []],
        ['networkauthentications', ['netauthn', 'networkauthn'], []],
        ['serverauthorizations', ['saz', 'serverauthz', 'srvauthz'], []],
        ['servers', ['srv'], []],
      ]),
    );
  });
});
