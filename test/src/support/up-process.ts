/** `doorward up` on a folder of the test's own, with one workload in front of an application of the test's own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObservedProcess, root } from './observed-process.js';

export const cli = join(root, 'apps/cli/bin/doorward.js');
export const shopName = 'shop.default.serviceaccount.identity.linkerd.cluster.local';

/**
 * A port that is free now, and not one that the system gives to whoever asks for any: it is listened on only later, when another
 * test could have it.
 */
export async function freePort(host = '127.0.1.1'): Promise<number> {
  for (;;) {
    const server = createServer();
    const wanted = 12_000 + Math.floor(Math.random() * 20_000);
    const taken = new Promise<undefined>((resolve) => {
      server.once('error', () => resolve(undefined));
    });
    const port = await Promise.race([listen(server, host, wanted), taken]);
    if (port === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export async function listen(server: Server, host: string, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The workload `shop`, which listens on 127.0.1.1. */
export function shop(port: number, app: string, name = 'shop'): string {
  const identity = shopName.replace('shop', name);
  return `apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata:
  name: ${name}
  labels: {app: ${name}}
  annotations: {doorward.dev/app: '${app}'}
spec:
  meshTLS: {identity: ${identity}, serverName: ${identity}}
  workloadIPs: [{ip: 127.0.1.1}]
  ports: [{name: http, port: ${port}}]
`;
}

/** A Server for shop's port, open to 127.0.0.0/8 or to nobody. */
export function shopPolicy(open: boolean): string {
  return `apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: shop}
spec: {externalWorkloadSelector: {matchLabels: {app: shop}}, port: http, proxyProtocol: HTTP/1}
---
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization
metadata: {name: neighbours}
spec:
  server: {name: shop}
  client: {unauthenticated: true, networks: [{cidr: ${open ? '127.0.0.0/8' : '10.0.0.0/8'}}]}
`;
}

export interface Workspace {
  readonly folder: string;
  readonly stateDir: string;
  /** Write or replace a file of the folder. */
  write(file: string, text: string): Promise<void>;
  /** Start `doorward up`; it is not waited for. */
  up(...args: readonly string[]): ObservedProcess;
  cleanUp(): Promise<void>;
}

export async function workspace(files: Readonly<Record<string, string>>): Promise<Workspace> {
  const base = await mkdtemp(join(tmpdir(), 'doorward-test-'));
  const folder = join(base, 'policies');
  const stateDir = join(base, 'state');
  await mkdir(folder);
  const write = async (file: string, text: string): Promise<void> => writeFile(join(folder, file), text);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const started: ObservedProcess[] = [];
  return {
    folder,
    stateDir,
    write,
    up: (...args) => {
      const ports = args.some((arg) => arg.startsWith('--controller')) ? [] : ['--controller', '127.0.0.1:0'];
      const process = new ObservedProcess(cli, [
        'up',
        folder,
        `--state=${stateDir}`,
        '--output=json',
        '--identity-service=127.0.0.1:0',
        ...ports,
        ...args,
      ]);
      started.push(process);
      return process;
    },
    cleanUp: async () => {
      await Promise.all(started.map(async (process) => process.end('SIGTERM')));
      await rm(base, { recursive: true, force: true });
    },
  };
}
