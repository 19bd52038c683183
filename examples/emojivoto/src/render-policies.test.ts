import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { defaultAddresses, freeAddresses, type DemoAddresses } from './demo-addresses.js';
import { renderPolicies, renderPolicy } from './render-policies.js';

const policies = fileURLToPath(new URL('../policies', import.meta.url));

interface Documents {
  readonly texts: ReadonlyMap<string, string>;
  readonly objects: readonly unknown[];
}

async function readDocuments(directory: string): Promise<Documents> {
  const texts = new Map<string, string>();
  const objects: unknown[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const text = await readFile(join(directory, name), 'utf8');
    texts.set(name, text);
    for (const document of parseAllDocuments(text)) {
      expect([name, document.errors, document.warnings]).toEqual([name, [], []]);
      objects.push(document.toJS());
    }
  }
  return { texts, objects };
}

async function rendered(addresses: DemoAddresses): Promise<Documents> {
  const directory = await mkdtemp(join(tmpdir(), 'emojivoto-'));
  try {
    await renderPolicies(join(directory, 'policies'), addresses);
    return await readDocuments(join(directory, 'policies'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

const identityOf = (account: string): string => `${account}.emojivoto.serviceaccount.identity.linkerd.cluster.local`;

/** An ExternalWorkload as it should be with these addresses. */
function workload(name: string, ip: string, ports: Record<string, string>, annotations: Record<string, string>) {
  return {
    apiVersion: 'workload.linkerd.io/v1beta1',
    kind: 'ExternalWorkload',
    metadata: { name, namespace: 'emojivoto', labels: { app: name }, annotations },
    spec: {
      meshTLS: { identity: identityOf(name), serverName: identityOf(name) },
      workloadIPs: [{ ip }],
      ports: Object.entries(ports).map(([name, address]) => ({ name, port: Number(address.split(':')[1]) })),
    },
  };
}

function workloads({ apps, doors, outbound, voteBotIp }: DemoAddresses): unknown[] {
  const ipOf = (address: string): string => address.split(':')[0] ?? '';
  const way = (listen: string, to: string, account: string): string =>
    `${listen}=${to},identity=${identityOf(account)}`;
  return [
    workload(
      'emoji',
      ipOf(doors.emoji),
      { grpc: doors.emoji, raw: doors.raw },
      { 'doorward.dev/app': `grpc=${apps.emoji},raw=${apps.raw}` },
    ),
    workload(
      'vote-bot',
      voteBotIp,
      {},
      {
        'doorward.dev/outbound': `${way(outbound.botToWeb, doors.web, 'web')}; ${way(outbound.botToVoting, doors.voting, 'voting')}`,
      },
    ),
    workload(
      'voting',
      ipOf(doors.voting),
      { grpc: doors.voting, prom: doors.prom },
      { 'doorward.dev/app': `grpc=${apps.voting},prom=${apps.prom}` },
    ),
    workload(
      'web',
      ipOf(doors.web),
      { http: doors.web },
      {
        'doorward.dev/app': `http=${apps.web}`,
        'doorward.dev/outbound': `${way(outbound.webToEmoji, doors.emoji, 'emoji')}; ${way(outbound.webToVoting, doors.voting, 'voting')}`,
      },
    ),
  ];
}

/** The text at this place of a document. */
function at(value: unknown, ...path: string[]): string {
  const [key, ...rest] = path;
  if (key === undefined) return String(value);
  const entries = new Map<string, unknown>(Object.entries(value ?? {}));
  return at(entries.get(key), ...rest);
}

const isWorkload = (object: unknown): boolean => at(object, 'kind') === 'ExternalWorkload';

const elsewhere: DemoAddresses = {
  apps: { web: '127.0.0.1:1', emoji: '127.0.0.1:2', raw: '127.0.0.1:3', voting: '127.0.0.1:4', prom: '127.0.0.1:5' },
  doors: { web: '127.0.2.1:6', emoji: '127.0.2.2:7', raw: '127.0.2.2:8', voting: '127.0.2.3:9', prom: '127.0.2.3:10' },
  outbound: {
    webToEmoji: '127.0.0.1:11',
    webToVoting: '127.0.0.1:12',
    botToWeb: '127.0.0.1:13',
    botToVoting: '127.0.0.1:14',
  },
  voteBotIp: '127.0.2.4',
};

describe('the policies folder', () => {
  it('is YAML, and has the default addresses', async () => {
    const { objects } = await readDocuments(policies);
    expect(objects.filter(isWorkload)).toEqual(workloads(defaultAddresses));
  });

  it('has these objects', async () => {
    const { objects } = await readDocuments(policies);
    const names = objects.map((object) => `${at(object, 'kind')}/${at(object, 'metadata', 'name')}`);
    expect(names).toEqual([
      'ExternalWorkload/emoji',
      'Server/emoji-grpc',
      'MeshTLSAuthentication/any-mesh-client',
      'AuthorizationPolicy/emoji-authenticated',
      'Server/emoji-raw',
      'ServerAuthorization/emoji-raw-neighbours',
      'Namespace/emojivoto',
      'ExternalWorkload/vote-bot',
      'ExternalWorkload/voting',
      'Server/voting-grpc',
      'AuthorizationPolicy/voting-from-web',
      'ExternalWorkload/web',
      'Server/web-http',
      'AuthorizationPolicy/web-public',
    ]);
  });
});

describe('policies with other addresses', () => {
  it('differ in the addresses and in nothing else', async () => {
    const before = await readDocuments(policies);
    const after = await rendered(elsewhere);
    expect(after.objects.filter(isWorkload)).toEqual(workloads(elsewhere));
    expect(after.objects.filter((object) => !isWorkload(object))).toEqual(
      before.objects.filter((object) => !isWorkload(object)),
    );
    for (const [name, text] of before.texts) {
      expect([name, after.texts.get(name)?.split('\n').length]).toEqual([name, text.split('\n').length]);
    }
    // Not even in a comment does one of the old addresses stay.
    const all = [...after.texts.values()].join('');
    expect(all.match(/127\.0\.1\.\d+(?!\d*\/)|127\.0\.0\.1:1[89]0\d\d|\b(8080|8801|9990)\b/g)).toBeNull();
  });

  it('are the same again with the default ones', async () => {
    expect(await rendered(defaultAddresses)).toEqual(await readDocuments(policies));
  });

  it('can have ports that are free', async () => {
    const addresses = await freeAddresses();
    const all = Object.values({ ...addresses.apps, ...addresses.outbound }).concat(Object.values(addresses.doors));
    expect(new Set(all).size).toBe(14);
    expect((await rendered(addresses)).objects.filter(isWorkload)).toEqual(workloads(addresses));
  });

  it('are refused when they hold an address nobody knows, or spread a workload over two', () => {
    expect(() => renderPolicy('web.yaml', '# 127.0.1.9:1', elsewhere)).toThrow('web.yaml has `127.0.1.9:1`');
    expect(() => renderPolicy('web.yaml', 'x:\n  - ip: 127.0.1.9\n', elsewhere)).toThrow('web.yaml has `127.0.1.9`');
    expect(() => renderPolicy('web.yaml', '- name: grpc\n  port: 8080\n', elsewhere)).toThrow('`web.yaml grpc`');
    const spread = { ...elsewhere, doors: { ...elsewhere.doors, prom: '127.0.2.9:10' } };
    expect(() => renderPolicy('web.yaml', '', spread)).toThrow('the ports of one workload must be on one address');
  });
});
