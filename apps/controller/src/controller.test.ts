/* oxlint-disable vitest/expect-expect -- `check` asserts every step */
import type { Authorization, HttpRoute, InboundPolicy, InboundProtocol } from '@doorward/core';
import { parseNetwork } from '@doorward/core';
import { formatWorkloadToken } from '@doorward/wire';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { runController } from './controller.js';
import { controllerDefaults } from './options.js';
import { TestClient, type TestWatch } from './testing/client.js';
import { TestFolder } from './testing/folder.js';
import { TestLog } from './testing/log.js';

const token = formatWorkloadToken({ namespace: 'shop', kind: 'external-workload', name: 'web' });
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const workload = `
apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  meshTLS: {identity: web.example, serverName: web.example}
  workloadIPs: [{ip: 192.0.2.1}]
  ports: [{name: http, port: 80}]
`;
const server = (name = 'web-http', more = '') => `
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: ${name}, namespace: shop}
spec:
  externalWorkloadSelector: {matchLabels: {app: web}}
  port: http
  proxyProtocol: HTTP/1
  ${more}
`;
const serverAuthorization = `
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization
metadata: {name: all, namespace: shop}
spec: {server: {name: web-http}, client: {unauthenticated: true}}
`;
const policy = (kind: string, name: string, refs = '[]') => `
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: permit, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: ${kind}, name: ${name}}
  requiredAuthenticationRefs: ${refs}
`;
const networkAuthentication = `
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkAuthentication
metadata: {name: office, namespace: shop}
spec: {networks: [{cidr: 10.1.0.0/16, except: [10.1.9.0/24]}]}
`;
const route = (name: string, path = '/metrics') => `
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: {name: ${name}, namespace: shop}
spec:
  parentRefs: [{group: policy.linkerd.io, kind: Server, name: web-http}]
  rules: [{matches: [{path: {type: Exact, value: ${path}}}]}]
`;

const network = (cidr: string) => {
  const parsed = parseNetwork(cidr);
  if (parsed === undefined) throw new TypeError(cidr);
  return parsed;
};
const networks = (...cidrs: readonly string[]) => cidrs.map((cidr) => ({ network: network(cidr), except: [] }));
const anywhere = networks('0.0.0.0/0', '::/0');
const resource = (resourceKind: string, name: string) =>
  ({ kind: 'resource', group: 'policy.linkerd.io', resourceKind, name }) as const;
const anyHttp: HttpRoute = {
  origin: { kind: 'default', name: 'default' },
  hosts: [],
  authorizations: [],
  rules: [{ matches: [{ path: { kind: 'prefix', path: '/' }, headers: [], queryParams: [] }], filters: [] }],
};
const attached = (name: string, path = '/metrics', authorizations: readonly Authorization[] = []): HttpRoute => ({
  origin: resource('HTTPRoute', name),
  hosts: [],
  authorizations,
  rules: [{ matches: [{ path: { kind: 'exact', path }, headers: [], queryParams: [] }], filters: [] }],
});
const http1 = (...routes: readonly HttpRoute[]): InboundProtocol => ({
  kind: 'http1',
  routes: routes.length === 0 ? [anyHttp] : routes,
});
const byDefault: InboundPolicy = {
  server: { kind: 'default', name: 'all-unauthenticated' },
  protocol: { kind: 'detect', timeoutMs: 10_000, routes: [anyHttp] },
  authorizations: [
    {
      origin: { kind: 'default', name: 'all-unauthenticated' },
      networks: anywhere,
      authentication: { kind: 'unauthenticated' },
    },
  ],
};
const byServer = (
  authorizations: readonly Authorization[] = [],
  protocol = http1(),
  name = 'web-http',
): InboundPolicy => ({
  server: resource('server', name),
  protocol,
  authorizations,
});
const permit = (networks: Authorization['networks'] = anywhere): Authorization => ({
  origin: resource('authorizationpolicy', 'permit'),
  networks,
  authentication: { kind: 'unauthenticated' },
});

async function start(files: Readonly<Record<string, string>>, more: Partial<typeof controllerDefaults> = {}) {
  const folder = await TestFolder.make(files);
  closers.push(() => folder.dispose());
  const log = new TestLog();
  const options = { ...controllerDefaults, ...more, grpcAddr: { host: '127.0.0.1', port: 0 }, resources: folder.path };
  const controller = await runController(options, log);
  closers.push(() => controller.close());
  const client = new TestClient(`127.0.0.1:${controller.address.port}`);
  closers.push(() => client.close());
  return { folder, log, controller, client };
}

interface Step {
  readonly write?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
  readonly expect: InboundPolicy;
}

/** What a proxy is told while somebody edits the folder: exactly one message for each step. */
async function check(
  files: Readonly<Record<string, string>>,
  first: InboundPolicy,
  steps: readonly Step[],
): Promise<void> {
  const { folder, client } = await start(files);
  const watch = client.watch(token, 80);
  expect(await watch.next()).toEqual(first);
  for (const step of steps) {
    for (const [name, text] of Object.entries(step.write ?? {})) await folder.write(name, text);
    for (const name of step.remove ?? []) await folder.remove(name);
    expect(await watch.next()).toEqual(step.expect);
    expect(await client.get(token, 80)).toEqual(step.expect);
  }
  expect(await watch.quiet()).toBe(true);
}

// docs/spec/control-plane.md §8.2, with external workloads.
describe('a proxy of an external workload', () => {
  it('follows a Server and its ServerAuthorization', async () => {
    const clusterNetworks = networks('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16');
    const saz: Authorization = {
      origin: resource('serverauthorization', 'all'),
      networks: clusterNetworks,
      authentication: { kind: 'unauthenticated' },
    };
    await check({ 'web.yaml': workload }, byDefault, [
      { write: { 'server.yaml': server() }, expect: byServer() },
      { write: { 'saz.yaml': serverAuthorization }, expect: byServer([saz]) },
      { remove: ['server.yaml'], expect: byDefault },
    ]);
  });

  it('follows an AuthorizationPolicy and its authentication', async () => {
    const office = [{ network: network('10.1.0.0/16'), except: [network('10.1.9.0/24')] }];
    const refs = '[{group: policy.linkerd.io, kind: NetworkAuthentication, name: office}]';
    await check({ 'web.yaml': workload, 'server.yaml': server() }, byServer(), [
      // Of a kind in lower case, as Linkerd accepts it; without references it permits everyone.
      { write: { 'policy.yaml': policy('server', 'web-http') }, expect: byServer([permit()]) },
      { write: { 'policy.yaml': policy('Server', 'web-http', refs) }, expect: byServer() },
      { write: { 'office.yaml': networkAuthentication }, expect: byServer([permit(office)]) },
      { remove: ['office.yaml'], expect: byServer() },
      { write: { 'policy.yaml': policy('Server', 'web-http') }, expect: byServer([permit()]) },
    ]);
  });

  it('follows an HTTPRoute and the policy on it', async () => {
    await check({ 'web.yaml': workload, 'server.yaml': server() }, byServer(), [
      { write: { 'route.yaml': route('metrics-route') }, expect: byServer([], http1(attached('metrics-route'))) },
      {
        write: { 'policy.yaml': policy('HTTPRoute', 'metrics-route') },
        expect: byServer([], http1(attached('metrics-route', '/metrics', [permit()]))),
      },
      { remove: ['route.yaml'], expect: byServer() },
    ]);
  });

  it('sees audit as the Server’s own, and only, authorization', async () => {
    const audit: Authorization = {
      origin: { kind: 'default', name: 'audit' },
      networks: anywhere,
      authentication: { kind: 'unauthenticated' },
    };
    await check({ 'web.yaml': workload }, byDefault, [
      { write: { 'server.yaml': server('web-http', 'accessPolicy: audit') }, expect: byServer([audit]) },
    ]);
  });

  it('gets the first of two Servers, and the second when it goes', async () => {
    await check({ 'all.yaml': [workload, server('b-second')].join('---') }, byServer([], http1(), 'b-second'), [
      { write: { 'first.yaml': server('a-first') }, expect: byServer([], http1(), 'a-first') },
      { remove: ['first.yaml'], expect: byServer([], http1(), 'b-second') },
    ]);
  });

  it('gets routes in one order, whatever the order of the files', async () => {
    const routes = ['d', 'a', 'c'].map((name) => route(name, `/${name}`)).join('---');
    await check(
      { 'all.yaml': [workload, server(), routes].join('---') },
      byServer([], http1(attached('a', '/a'), attached('c', '/c'), attached('d', '/d'))),
      [
        {
          write: { '0.yaml': route('b', '/b') },
          expect: byServer(
            [],
            http1(attached('a', '/a'), attached('b', '/b'), attached('c', '/c'), attached('d', '/d')),
          ),
        },
        { write: { 'all.yaml': [workload, server()].join('---') }, expect: byServer([], http1(attached('b', '/b'))) },
      ],
    );
  });

  it('has the default policy that its namespace’s file says', async () => {
    const denied: InboundPolicy = {
      server: { kind: 'default', name: 'deny' },
      protocol: byDefault.protocol,
      authorizations: [],
    };
    const namespace = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {config.linkerd.io/default-inbound-policy: deny}}
`;
    await check({ 'web.yaml': workload }, byDefault, [{ write: { 'shop.yaml': namespace }, expect: denied }]);
  });

  it('is told that the stream has ended when its workload goes, and finds it again when it comes back', async () => {
    const { folder, client } = await start({ 'web.yaml': workload });
    const watch = client.watch(token, 80);
    expect(await watch.next()).toEqual(byDefault);
    await folder.remove('web.yaml');
    expect(await watch.ended()).toBe(status.OK);
    await expect(client.get(token, 80)).rejects.toMatchObject({ code: status.NOT_FOUND, details: 'unknown server' });
    await folder.write('web.yaml', workload);
    const found = async (): Promise<InboundPolicy> => client.get(token, 80).catch(async () => found());
    expect(await found()).toEqual(byDefault);
  });
});

describe('the controller', () => {
  it('says what it has loaded, where it listens, and what changes', async () => {
    const { folder, log, client, controller } = await start({
      'all.yaml': [workload, server(), policy('Server', 'web-http')].join('---'),
    });
    expect(log.of('folder.loaded').map(({ fields }) => fields)).toEqual([
      { workloads: 1, servers: 1, policies: 1, problems: 0, ignored: 0 },
    ]);
    expect(log.of('controller.listening').map(({ fields }) => fields)).toEqual([
      { address: `127.0.0.1:${controller.address.port}` },
    ]);
    const watch = client.watch(token, 80);
    await watch.next();
    await folder.write('audit.yaml', server('a-audit', 'accessPolicy: audit'));
    await watch.next();
    expect((await log.first('policy.changed')).fields).toEqual({
      changed: 1,
      ports: [{ workload: 'shop/web', port: 80, server: 'a-audit' }],
    });
    expect((await log.first('folder.changed')).fields).toEqual({
      upserted: ['Server/shop/a-audit'],
      removed: [],
      objects: 1,
    });
    expect((await log.first('server.overlap')).fields).toEqual({
      workload: 'shop/web',
      port: 80,
      winner: 'a-audit',
      shadowed: ['web-http'],
    });
    expect(await log.first('policy.not_in_force')).toMatchObject({
      level: 'info',
      fields: { key: 'AuthorizationPolicy/shop/permit', why: ['target-not-in-force'] },
    });
    await folder.remove('audit.yaml');
    expect((await log.first('policy.in_force')).fields).toEqual({ key: 'AuthorizationPolicy/shop/permit' });
  });

  it('keeps the last good version of a broken file, and says so until it is mended', async () => {
    const { folder, log, client } = await start({ 'web.yaml': workload, 'server.yaml': server() });
    const watch = client.watch(token, 80);
    expect(await watch.next()).toEqual(byServer());
    await folder.write('server.yaml', server('web-http', 'accessPolicy: [').replace('HTTP/1', 'HTTP/9'));
    expect((await log.first('folder.stale')).fields).toMatchObject({ key: 'Server/shop/web-http' });
    expect((await log.first('folder.problem')).level).toBe('error');
    expect(await client.get(token, 80)).toEqual(byServer());
    await folder.write('server.yaml', server('web-http', 'accessPolicy: audit'));
    expect((await watch.next()).authorizations).toHaveLength(1);
    expect((await log.first('folder.recovered')).fields).toMatchObject({ key: 'Server/shop/web-http' });
  });

  it('skips files that are not for it, and says so once', async () => {
    const { folder, log, client } = await start({ 'web.yaml': workload, 'package.json': '{"name": "shop"}' });
    expect(log.of('folder.problem')).toEqual([]);
    const skipped = { files: [`${folder.path}/package.json`], count: 1 };
    expect(log.of('folder.skipped').map(({ level, fields }) => ({ level, fields }))).toEqual([
      { level: 'info', fields: skipped },
    ]);
    const watch = client.watch(token, 80);
    await watch.next();
    await folder.write('server.yaml', server());
    expect(await watch.next()).toEqual(byServer());
    expect(log.of('folder.skipped')).toHaveLength(1);
  });

  it('brings a burst of files to its proxies as few steps', async () => {
    const { folder, client } = await start({ 'web.yaml': workload, 'server.yaml': server() });
    const watch: TestWatch = client.watch(token, 80);
    await watch.next();
    const names = Array.from({ length: 40 }, (_, i) => `r${String(i).padStart(2, '0')}`);
    await Promise.all(names.map(async (name) => folder.write(`${name}.yaml`, route(name))));
    let messages = 0;
    let routes = 0;
    while (routes < names.length) {
      const { protocol } = await watch.next();
      messages += 1;
      routes = protocol.kind === 'http1' ? protocol.routes.length : 0;
    }
    expect(messages).toBeLessThan(names.length / 4);
  });

  it('ends its streams with OK when it is closed, as often as asked', async () => {
    const { client, controller } = await start({ 'web.yaml': workload });
    const watch = client.watch(token, 80);
    await watch.next();
    const closed = Promise.all([controller.close(), controller.close()]);
    expect(await watch.ended()).toBe(status.OK);
    client.close();
    await closed;
    const late = new TestClient(client.address);
    closers.push(() => late.close());
    await expect(late.get(token, 80)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it('doesn’t start on a folder that is missing, or on an address that is taken', async () => {
    const { controller, folder, log } = await start({});
    const options = { ...controllerDefaults, grpcAddr: controller.address, resources: folder.path };
    await expect(runController(options, log)).rejects.toThrow(
      `the policy API (--grpc-addr) cannot use 127.0.0.1:${controller.address.port}: the port is in use; `,
    );
    await expect(runController({ ...options, resources: `${folder.path}/none` }, log)).rejects.toThrow(
      'cannot be read',
    );
  });
});
