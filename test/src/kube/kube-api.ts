/** A Kubernetes API server of its own on loopback, over an etcd of its own, and the few requests that tests make of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with etcd and kube-apiserver; empty where there is none. */
    kubeAssets: string;
  }
}

export type KubeObject = Readonly<Record<string, unknown>>;

export interface KubeAnswer {
  readonly status: number;
  readonly body: KubeObject;
  /** The texts of `Warning` headers. */
  readonly warnings: readonly string[];
}

/** How long a server may take to say that it is ready: 5 s here, and more where the cores are shared. */
const readyWithinMs = 90_000;
/** Between two questions whether it is. */
const askEveryMs = 100;

export class KubeApi {
  readonly #folder: string;
  readonly #port: number;
  readonly #token: string;
  readonly #children: readonly ObservedChild[];
  #ca = '';

  private constructor(folder: string, port: number, token: string, children: readonly ObservedChild[]) {
    this.#folder = folder;
    this.#port = port;
    this.#token = token;
    this.#children = children;
  }

  /** Resolves when the server says that it is ready. */
  static async start(assets: string): Promise<KubeApi> {
    const folder = await mkdtemp(join(tmpdir(), 'doorward-kube-'));
    const [etcdPort, port] = await Promise.all([freePort(), freePort()]);
    const token = randomUUID();
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await Promise.all([
      writeFile(join(folder, 'accounts.key'), privateKey, { mode: 0o600 }),
      writeFile(join(folder, 'accounts.pub'), publicKey),
      writeFile(join(folder, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 }),
    ]);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const etcd = new ObservedChild(join(assets, 'etcd'), [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      // What it holds lives as long as the test.
      '--unsafe-no-fsync',
    ]);
    const apiServer = new ObservedChild(join(assets, 'kube-apiserver'), [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certs')}`,
      `--service-account-key-file=${join(folder, 'accounts.pub')}`,
      `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      // It would wait for a controller to make the account that every pod belongs to.
      '--disable-admission-plugins=ServiceAccount',
    ]);
    const api = new KubeApi(folder, port, token, [etcd, apiServer]);
    try {
      await api.#ready();
    } catch (error) {
      await api.stop();
      throw error;
    }
    return api;
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + readyWithinMs;
    for (;;) {
      const ended = this.#children.find(({ hasEnded }) => hasEnded);
      if (ended) throw new Error(`${ended.name} ended before it was ready:\n${ended.lastWords}`);
      const answer = await this.#asksReady();
      if (answer === 'yes') return;
      if (Date.now() > deadline) {
        const words = this.#children.map(({ name, lastWords }) => `${name}:\n${lastWords}`).join('\n');
        throw new Error(`not ready after ${readyWithinMs / 1000} s: ${answer}\n${words}`);
      }
      await wait(askEveryMs);
    }
  }

  async #asksReady(): Promise<string> {
    try {
      // Written by the server itself when it starts: its certificate, and the CA that it made for it.
      this.#ca = await readFile(join(this.#folder, 'certs/apiserver.crt'), 'utf8');
      const { status, text } = await this.#ask('GET', '/readyz', undefined, '');
      return status === 200 ? 'yes' : `${status} ${text}`;
    } catch (error) {
      return String(error);
    }
  }

  /** A list as `kubectl get` shows it: the names of its columns, and the cells of each row. */
  async table(path: string): Promise<{ readonly columns: readonly string[]; readonly rows: readonly unknown[] }> {
    const { text } = await this.#ask('GET', path, undefined, '', 'application/json;as=Table;v=v1;g=meta.k8s.io');
    const table = JSON.parse(text) as {
      columnDefinitions: readonly { name: string }[];
      rows: readonly { cells: readonly unknown[] }[];
    };
    return { columns: table.columnDefinitions.map(({ name }) => name), rows: table.rows.map(({ cells }) => cells) };
  }

  /** `body` is sent as JSON; patches are merge patches. */
  async ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<KubeAnswer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const { status, text, warnings } = await this.#ask(method, path, body, type);
    return { status, body: JSON.parse(text) as KubeObject, warnings };
  }

  async #ask(
    method: string,
    path: string,
    body: unknown,
    type: string,
    accept = 'application/json',
  ): Promise<{ status: number; text: string; warnings: readonly string[] }> {
    const sent = request({
      host: '127.0.0.1',
      port: this.#port,
      ca: this.#ca,
      method,
      path,
      agent: false,
      headers: { accept, authorization: `Bearer ${this.#token}`, ...(body !== undefined && { 'content-type': type }) },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    const warning = response.headers['warning'];
    return {
      status: response.statusCode ?? 0,
      text,
      // Each is `299 - "text"`, with `\"` inside.
      warnings: [...(warning ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
        quoted.replaceAll(/\\(.)/g, '$1'),
      ),
    };
  }

  /**
   * Ends both programs and removes what they wrote. By a signal that needs no cooperation: a server that is asked to end first
   * waits for its clients, and nothing of it is worth keeping.
   */
  async stop(): Promise<void> {
    await Promise.all(this.#children.toReversed().map(async (child) => child.kill()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

class ObservedChild {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  hasEnded = false;
  /** The end of what it logged: enough for the error that made it end. */
  lastWords = '';

  constructor(program: string, args: readonly string[]) {
    this.name = program;
    this.#child = spawn(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    // A test run that ends without `stop` leaves nobody else to end it.
    process.once('exit', () => this.#child.kill('SIGKILL'));
    this.#child.stderr?.on('data', (chunk) => (this.lastWords = (this.lastWords + String(chunk)).slice(-4_000)));
    this.#closed = new Promise((resolve) => {
      const end = (error?: unknown): void => {
        this.hasEnded = true;
        if (error instanceof Error) this.lastWords += error.message;
        resolve();
      };
      this.#child.once('error', end);
      this.#child.once('close', () => end());
    });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** Neither program can be given port 0 and asked for its choice. Somebody may take it in between; the start then fails loudly. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
