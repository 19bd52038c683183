import type { InboundPolicy } from '@doorward/core';
import { defaultClusterConfig, PolicyIndex } from '@doorward/index';
import { convertObject, type PolicyObject } from '@doorward/resources';
import { formatWorkloadToken } from '@doorward/wire';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { connect, type Settings } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { PolicyService, serverLimits } from './policy-service.js';
import { TestClient } from './testing/client.js';

const token = formatWorkloadToken({ namespace: 'ns', kind: 'external-workload', name: 'vm' });
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function object(apiVersion: string, kind: string, name: string, spec: object): PolicyObject {
  const converted = convertObject({ apiVersion, kind, metadata: { namespace: 'ns', name }, spec }, { strict: true });
  if (converted.kind !== 'object') throw new Error(JSON.stringify(converted));
  return converted.object;
}

const vm = object('workload.linkerd.io/v1beta1', 'ExternalWorkload', 'vm', {
  meshTLS: { identity: 'vm.example', serverName: 'vm.example' },
  ports: [{ port: 80 }],
  workloadIPs: [{ ip: '192.0.2.1' }],
});

const serverOf = (accessPolicy: string, name = 'srv') =>
  object('policy.linkerd.io/v1beta3', 'Server', name, { externalWorkloadSelector: {}, port: 80, accessPolicy });

async function start(objects: readonly PolicyObject[] = [vm]) {
  const index = new PolicyIndex(defaultClusterConfig);
  index.applyAll({ upserted: objects, removed: [] });
  const service = new PolicyService(index);
  const server = new Server(serverLimits);
  service.addTo(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
  const client = new TestClient(`127.0.0.1:${port}`);
  closers.push(
    () => server.forceShutdown(),
    () => client.close(),
  );
  return { index, service, server, port, client };
}

/** A watch on a connection of its own; the stream is paused. */
async function rawWatch(port: number, settings: Settings) {
  const session = connect(`http://127.0.0.1:${port}`, { settings });
  closers.push(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': '/io.linkerd.proxy.inbound.InboundServerPolicies/WatchPort',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.pause();
  stream.end(TestClient.request(token, 80));
  await new Promise((resolve) => {
    stream.once('response', resolve);
  });
  return { session, stream };
}

const accessOf = (policy: InboundPolicy): string => policy.authorizations[0]?.origin.name ?? 'nobody';

describe('GetPort', () => {
  it('answers with the policy of any port of a known workload', async () => {
    const { client, index } = await start([vm, serverOf('audit')]);
    for (const port of [80, 81, 1, 65_535]) {
      expect(await client.get(token, port)).toEqual(
        index.policyOf({ namespace: 'ns', kind: 'external-workload', name: 'vm' }, port),
      );
    }
    expect((await client.get(token, 80)).server).toMatchObject({ resourceKind: 'server', name: 'srv' });
    expect((await client.get(`${token}\n`, 81)).server).toEqual({ kind: 'default', name: 'all-unauthenticated' });
  });

  it.each([
    ['', 80, status.INVALID_ARGUMENT, 'Invalid workload: '],
    ['ns', 80, status.INVALID_ARGUMENT, 'Invalid workload: ns'],
    [':vm', 80, status.INVALID_ARGUMENT, 'Invalid workload: :vm'],
    ['{"ns":"ns"}', 80, status.INVALID_ARGUMENT, 'Invalid workload: {"ns":"ns"}'],
    ['{ü%', 0, status.INVALID_ARGUMENT, 'Invalid workload: {ü%'],
    [token, 0, status.INVALID_ARGUMENT, 'Invalid port: 0'],
    [token, 65_536, status.INVALID_ARGUMENT, 'Invalid port: 65536'],
    ['nowhere:vm', 0, status.INVALID_ARGUMENT, 'Invalid port: 0'],
    ['ns:vm', 80, status.NOT_FOUND, 'unknown server'],
    ['nowhere:vm', 80, status.NOT_FOUND, 'unknown server'],
    [' {"ns":"ns","external_workload":"vm"}', 80, status.NOT_FOUND, 'unknown server'],
  ])('refuses %j port %d', async (workload, port, code, details) => {
    const { client } = await start();
    await expect(client.get(workload, port)).rejects.toMatchObject({ code, details });
    await expect(client.watch(workload, port).next()).rejects.toMatchObject({ code, details });
  });

  it('repeats no more of a token than fits a status, and takes none of absurd length', async () => {
    const { client } = await start();
    const details = `Invalid workload: ${'x'.repeat(1023)}`;
    await expect(client.get(`${'x'.repeat(1023)}😀${'y'.repeat(2000)}`, 80)).rejects.toMatchObject({ details });
    await expect(client.get('x'.repeat(17_000), 80)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});

describe('WatchPort', () => {
  it('sends the value at once, then each change and nothing else', async () => {
    const { client, index } = await start();
    const watch = client.watch(token, 80);
    expect(accessOf(await watch.next())).toBe('all-unauthenticated');
    index.apply(serverOf('deny'));
    expect(accessOf(await watch.next())).toBe('nobody');
    index.apply(serverOf('deny'));
    index.apply(serverOf('audit', 'unrelated-younger'));
    index.apply(serverOf('all-authenticated'));
    expect(accessOf(await watch.next())).toBe('all-authenticated');
    expect(await watch.quiet()).toBe(true);
  });

  it('ends with OK when the workload goes', async () => {
    const { client, index, service } = await start();
    const watch = client.watch(token, 80);
    await watch.next();
    expect(service.watches).toBe(1);
    index.remove('ExternalWorkload/ns/vm');
    expect(await watch.ended()).toBe(status.OK);
    expect(service.watches).toBe(0);
    await expect(client.watch(token, 80).next()).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('ends with OK on shutdown, after what was sent', async () => {
    const { client, service, server } = await start();
    const watches = [client.watch(token, 80), client.watch(token, 81)];
    for (const watch of watches) await watch.next();
    service.drain();
    const closed = new Promise<void>((resolve) => {
      server.tryShutdown(() => resolve());
    });
    for (const watch of watches) expect(await watch.ended()).toBe(status.OK);
    client.close();
    await closed;
  });

  it('keeps nothing of a client that is gone', async () => {
    const { client, service, index, port } = await start();
    const cancelled = client.watch(token, 80);
    await cancelled.next();
    const { session, stream } = await rawWatch(port, {});
    stream.resume();
    expect(service.watches).toBe(2);
    cancelled.cancel();
    session.destroy();
    // Each answer is a round of the server's loop in which it can notice.
    while (service.watches > 0) await client.get(token, 80);
    expect(index.apply(serverOf('deny'))).toEqual({ recomputed: 0, changed: [] });
  });

  it('gives one message to all who watch one policy', async () => {
    const { client, index } = await start();
    const watches = Array.from({ length: 20 }, (_, i) => client.watch(token, i + 1));
    const first = await Promise.all(watches.map(async (watch) => watch.next()));
    expect(new Set(first.map((policy) => policy.server.name))).toEqual(new Set(['all-unauthenticated']));
    index.apply(serverOf('deny'));
    expect((await watches[0]?.quiet()) ?? false).toBe(true);
  });

  it('keeps only the newest value for a client that does not read', async () => {
    const { port, index } = await start();
    // A window of two bytes a stream: not even the first message goes through before the client reads.
    const { stream } = await rawWatch(port, { initialWindowSize: 2 });
    const policies = ['deny', 'audit', 'all-authenticated', 'cluster-authenticated'];
    for (let round = 0; round < 2_500; round++) index.apply(serverOf(policies[round % policies.length] ?? 'deny'));
    index.apply(serverOf('audit', 'a-srv'));
    const chunks: Buffer[] = [];
    const seen = await new Promise<InboundPolicy[]>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        const messages = TestClient.messages(Buffer.concat(chunks));
        if (messages.at(-1)?.server.name === 'a-srv') resolve(messages);
      });
      stream.resume();
    });
    expect(seen.map(({ server }) => server.name)).toEqual(['all-unauthenticated', 'a-srv']);
  });
});
