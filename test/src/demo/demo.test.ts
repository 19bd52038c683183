/** The main job, end to end: what a new user sees with `npm start`, driven by real clients. */
import { credentials, Client, status, type ServiceError } from '@grpc/grpc-js';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemo, type Demo } from '../support/demo-process.js';
import { root, type ObservedProcess } from '../support/observed-process.js';

const run = promisify(execFile);
const doorward = join(root, 'apps/cli/bin/doorward.js');
const domain = 'emojivoto.serviceaccount.identity.linkerd.cluster.local';

let started: Demo;
let demo: ObservedProcess;
beforeAll(async () => {
  started = await startDemo();
  demo = started.process;
}, 60_000);
afterAll(async () => started.cleanUp());

function door(name: 'web' | 'emoji' | 'raw' | 'voting' | 'prom'): { host: string; port: number } {
  const [host = '', port = ''] = started.addresses.doors[name].split(':');
  return { host, port: Number(port) };
}

const url = (name: Parameters<typeof door>[0], path: string): string =>
  `http://${door(name).host}:${door(name).port}${path}`;

/** Status and stdout; a status other than 0 is an answer here, not a failure. */
async function command(
  file: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(file, [...args], { env: { ...process.env, NO_COLOR: '1' } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
  }
}

async function issue(name: string): Promise<string> {
  const out = join(started.stateDir, 'issued', name);
  const issued = await command(process.execPath, [
    doorward,
    'identity',
    'issue',
    `--state=${started.stateDir}`,
    `--identity=${name}.${domain}`,
    `--out=${out}`,
  ]);
  expect(issued).toMatchObject({ code: 0, stderr: '' });
  return out;
}

/** A real gRPC client with an issued certificate; the status code of one call without arguments. */
async function call(target: 'emoji' | 'voting', method: string, certificate: string): Promise<number> {
  const { host, port } = door(target);
  const [ca, key, cert] = await Promise.all(
    ['ca.crt', 'tls.key', 'tls.crt'].map(async (file) => readFile(join(certificate, file))),
  );
  const client = new Client(`${host}:${port}`, credentials.createSsl(ca, key, cert), {
    'grpc.ssl_target_name_override': `${target}.${domain}`,
    'grpc.default_authority': `${target}.${domain}`,
  });
  try {
    return await new Promise<number>((resolve) => {
      const bytes = (value: Buffer): Buffer => value;
      client.makeUnaryRequest(method, bytes, bytes, Buffer.alloc(0), (error: ServiceError | null) =>
        resolve(error?.code ?? status.OK),
      );
    });
  } finally {
    client.close();
  }
}

/** What a plain TCP client gets: the first bytes, or nothing before the end. */
async function firstBytes(localAddress: string, line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ ...door('raw'), localAddress });
    let received = '';
    socket.on('connect', () => socket.write(line));
    socket.on('data', (chunk) => {
      received += String(chunk);
      if (received.includes('\n')) socket.destroy();
    });
    // Refusal shows as an end or a reset, whichever comes first (docs/spec/data-plane.md §5.2).
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

/** Edit a policy file the way an editor does. */
async function edit(file: string, change: (text: string) => string): Promise<() => Promise<void>> {
  const path = join(started.policies, file);
  const before = await readFile(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(path, after);
  return async () => writeFile(path, before);
}

describe('the demo', () => {
  it('shows who called what, allowed and denied, and by which rule', async () => {
    expect(await demo.line((line) => line.verdict === 'allowed' && line.target === 'web')).toMatchObject({
      client: 'vote-bot',
      rule: 'web-public',
      place: expect.stringMatching(/web\.yaml:\d+$/),
    });
    expect(await demo.line((line) => line.target === 'emoji:grpc' && line.client === 'web')).toMatchObject({
      verdict: 'allowed',
      request: expect.stringMatching(/^EmojiService\//),
      rule: 'emoji-authenticated',
    });
    expect(
      await demo.line((line) => line.target?.startsWith('voting') === true && line.client === 'web'),
    ).toMatchObject({
      verdict: 'allowed',
      rule: 'voting-from-web',
      place: expect.stringMatching(/voting\.yaml:\d+$/),
    });
    expect(
      await demo.line((line) => line.target?.startsWith('voting') === true && line.client === 'vote-bot'),
    ).toMatchObject({
      verdict: 'denied',
      rule: 'wrong identity (closest: voting-from-web)',
    });
    expect(await demo.line((line) => line.client === 'unmeshed 127.0.0.1' && line.verdict === 'denied')).toMatchObject({
      rule: 'not a mesh client (closest: voting-from-web)',
      place: expect.stringMatching(/voting\.yaml:\d+$/),
    });
  });

  it('lets everybody in at web, with a real HTTP client and with curl over mesh TLS', async () => {
    const page = await fetch(url('web', '/'));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<html')]);
    const certificate = await issue('tester');
    const { host, port } = door('web');
    const name = `web.${domain}`;
    const curl = await command('curl', [
      '-sS',
      ...'--max-time 10 --write-out \n%{http_code}'.split(' '),
      ...`--cert ${certificate}/tls.crt --key ${certificate}/tls.key --cacert ${certificate}/ca.crt`.split(' '),
      '--resolve',
      `${name}:${port}:${host}`,
      `https://${name}:${port}/api/list`,
    ]);
    expect(curl).toMatchObject({ code: 0, stdout: expect.stringMatching(/:doughnut:[^]*\n200$/) });
    expect(await demo.line((line) => line.client === 'tester.emojivoto')).toMatchObject({
      verdict: 'allowed',
      target: 'web',
    });
  });

  it('answers 403 where the default is deny, and names the default', async () => {
    const curl = await command('curl', [
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--max-time',
      '10',
      url('prom', '/metrics'),
    ]);
    expect(curl).toMatchObject({ code: 0, stdout: '403' });
    expect(await demo.line((line) => line.target === 'voting:prom')).toMatchObject({
      verdict: 'denied',
      request: 'GET /metrics',
      rule: 'default: deny (namespace)',
    });
  });

  it('tells gRPC clients in their own words', async () => {
    const tester = await issue('tester');
    expect(await call('emoji', '/emojivoto.v1.EmojiService/ListAll', tester)).toBe(status.OK);
    expect(await call('voting', '/emojivoto.v1.VotingService/VoteDoughnut', tester)).toBe(status.PERMISSION_DENIED);
    const web = await issue('web');
    expect(await call('voting', '/emojivoto.v1.VotingService/VoteDoughnut', web)).toBe(status.OK);
  });

  it('refuses a plain TCP client from the wrong address without a byte', async () => {
    expect(await firstBytes('127.0.1.9', 'hello\n')).toMatch(/\n$/);
    expect(await firstBytes('127.0.0.1', 'hello\n')).toBe('');
    expect(await demo.line((line) => line.target === 'emoji:raw' && line.verdict === 'denied')).toMatchObject({
      request: 'connection',
      rule: 'wrong address (closest: emoji-raw-neighbours)',
    });
  });

  it('changes the next answer when a policy file is edited', async () => {
    const tester = await issue('tester');
    const vote = async (): Promise<number> => call('voting', '/emojivoto.v1.VotingService/VoteDoughnut', tester);
    expect(await vote()).toBe(status.PERMISSION_DENIED);
    const undo = await edit('voting.yaml', (text) => text.replace(/name: web$/m, 'name: tester'));
    await expect.poll(vote, { interval: 20, timeout: 5_000 }).toBe(status.OK);
    await undo();
    await expect.poll(vote, { interval: 20, timeout: 5_000 }).toBe(status.PERMISSION_DENIED);
  });

  it('keeps what an edit broke, says where it is broken, and that it is stale', async () => {
    const before = demo.now;
    const undo = await edit('voting.yaml', (text) => text.replace('proxyProtocol: gRPC', 'proxyProtocol: [gRPC'));
    const problem = await demo.line((line) => line.kind === 'notice' && line.level === 'error', before);
    expect(problem.message).toMatch(/^DW\d{4} /);
    expect(problem.detail).toMatch(/voting\.yaml:\d+:\d+/);
    expect(await demo.line((line) => line.message?.includes('is stale') === true, before)).toMatchObject({
      level: 'warn',
    });
    const web = await issue('web');
    expect(await call('voting', '/emojivoto.v1.VotingService/VoteDoughnut', web)).toBe(status.OK);
    await undo();
    await demo.line((line) => line.message?.includes('is up to date again') === true, before);
  });

  it('lets pass, logs and counts as audited what an audit policy would have stopped', async () => {
    const before = demo.now;
    const undo = await edit('namespace.yaml', (text) =>
      text.replace('default-inbound-policy: deny', 'default-inbound-policy: audit'),
    );
    const scrape = async (): Promise<number> => (await fetch(url('prom', '/metrics'))).status;
    await expect.poll(scrape, { interval: 20, timeout: 5_000 }).toBe(200);
    expect(await demo.line((line) => line.verdict === 'audited', before)).toMatchObject({
      target: 'voting:prom',
      rule: 'default: audit (namespace)',
    });
    const { listeners } = await demo.line((line) => line.kind === 'ready');
    const metrics = /voting (\S+)/.exec(listeners?.find(({ name }) => name === 'metrics')?.about ?? '')?.[1];
    const exposed = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(exposed).toMatch(/^inbound_http_authz_allow_total\{.*authz_kind="default",authz_name="audit".*\} [1-9]/m);
    await undo();
    await expect.poll(scrape, { interval: 20, timeout: 5_000 }).toBe(403);
  });

  it('explains offline, from the same folder, with the same verdict', async () => {
    const why = async (...args: string[]): Promise<{ code: number; stdout: string }> =>
      command(process.execPath, [doorward, 'why', ...args, '-f', started.policies]);
    const { port } = door('voting');
    const request = ['POST', '/emojivoto.v1.VotingService/VoteDoughnut'];
    const denied = await why('vote-bot', `voting:${port}`, ...request);
    expect(denied.code).toBe(3);
    expect(denied.stdout).toMatch(/^DENIED/);
    expect(denied.stdout).toMatch(/voting-from-web\s+\S*voting\.yaml:\d+/);
    expect(await why('web', `voting:${port}`, ...request)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ALLOWED/),
    });
  });

  it('ends with Ctrl-C, and leaves no process and no socket', async () => {
    expect(await demo.end('SIGINT')).toBe(0);
    expect(await demo.descendants()).toEqual([]);
    const refused = async (address: string): Promise<string | undefined> => {
      const [host, port] = address.split(':');
      return new Promise((resolve) => {
        const socket = connect({ host: host ?? '', port: Number(port) });
        socket.once('connect', () => {
          socket.destroy();
          resolve('connected');
        });
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
    };
    const { doors, apps, outbound } = started.addresses;
    const addresses = [doors, apps, outbound].flatMap((group) => Object.values<string>(group));
    expect(addresses.length).toBeGreaterThan(10);
    expect(await Promise.all(addresses.map(refused))).toEqual(addresses.map(() => 'ECONNREFUSED'));
    expect(demo.stderr).toBe('');
  });
});
