/**
 * What becomes of a connection: every protocol of a policy × whatever a client may begin with × allowed and denied
 * (docs/spec/data-plane.md §2.5), through a whole proxy, told by the client, the application and the counters together.
 */
import type { InboundProtocol } from '@doorward/core';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { clientHello, dial, dialMesh, ended, firstAnswer, Http2Client } from '../testing/clients.js';
import { anyone, nobodyHere, policy } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, voting, web } from '../testing/test-mesh.js';

const http1 = 'GET / HTTP/1.1\r\nhost: web.test\r\n\r\n';
const other = '\u0000\u0001neither\r\n';

/** One cell of the matrix in a word. */
type Cell =
  /** Each request is decided. */
  | 'per request'
  /** The connection is decided, then carried as it is. */
  | 'forward'
  /** Always refused, and counted so: an HTTP policy permits no bare connection. */
  | 'never'
  /** Cut without a decision. */
  | 'cut'
  | 'bad request'
  /** HTTP/2 that is none: the proxy's own SETTINGS are all that is said. */
  | 'settings';

const columns = [
  'plain HTTP/1',
  'plain h2',
  'plain other',
  'plain silent',
  'mesh + HTTP/1',
  'mesh + h2',
  'mesh + other',
  'mesh + silent',
  'foreign-SNI TLS',
] as const;
type Column = (typeof columns)[number];

const matrix: Record<InboundProtocol['kind'], readonly Cell[]> = {
  detect: [
    'per request',
    'per request',
    'forward',
    'cut',
    'per request',
    'per request',
    'forward',
    'forward',
    'forward',
  ],
  opaque: columns.map(() => 'forward'),
  tls: ['forward', 'forward', 'forward', 'cut', 'forward', 'forward', 'forward', 'forward', 'forward'],
  http1: [
    'per request',
    'bad request',
    'bad request',
    'cut',
    'per request',
    'per request',
    'never',
    'per request',
    'never',
  ],
  http2: ['settings', 'per request', 'settings', 'cut', 'settings', 'per request', 'settings', 'per request', 'cut'],
  grpc: ['settings', 'per request', 'settings', 'cut', 'settings', 'per request', 'settings', 'per request', 'cut'],
};

interface Outcome {
  readonly client: string;
  readonly counted: readonly string[];
  readonly appReached: boolean;
}

function expected(cell: Cell, allowed: boolean): Outcome {
  const outcome = (client: string, ...counted: string[]): Outcome => ({ client, counted, appReached: false });
  switch (cell) {
    case 'per request':
      return allowed ? { ...outcome('200', 'http_authz_allow'), appReached: true } : outcome('403', 'http_authz_deny');
    case 'forward':
      return allowed
        ? { ...outcome('forwarded', 'tcp_authz_allow'), appReached: true }
        : outcome('closed', 'tcp_authz_deny');
    case 'never':
      return outcome('closed', 'tcp_authz_deny');
    case 'cut':
      return outcome('closed');
    case 'bad request':
      return outcome('400');
    case 'settings':
      return outcome('settings, closed');
  }
}

describe.each(Object.keys(matrix) as InboundProtocol['kind'][])('the policy protocol %s', (kind) => {
  describe.each([
    ['allowed', true],
    ['denied', false],
  ])('%s', (_, allowed) => {
    const cleanup = new Cleanup();
    let mesh: TestMesh;
    let proxy: ProxyUnderTest;
    beforeAll(async () => {
      mesh = cleanup.add(await TestMesh.start());
      proxy = cleanup.add(await startProxy(mesh, policy(kind, allowed ? anyone : nobodyHere)));
    });
    afterAll(async () => cleanup.run());

    it.each(columns.map((column, index) => [column, matrix[kind][index] ?? 'cut'] as const))(
      '%s: %s',
      async (column, cell) => {
        const before = await proxy.metrics();
        const reached = proxy.app.connections.length;
        const client = await told(column, kind, cell, proxy, mesh);
        const counted = (await proxy.metrics())
          .filter((line) => !before.includes(line))
          .map((line) => line.replace(/^inbound_(.*)_total\{.*$/, '$1'));
        const appReached = proxy.app.connections.length > reached;
        expect({ client, counted, appReached }).toEqual(expected(cell, allowed));
      },
    );
  });
});

/** What the client was told. */
async function told(
  column: Column,
  kind: InboundProtocol['kind'],
  cell: Cell,
  { port, app }: ProxyUnderTest,
  mesh: TestMesh,
): Promise<string> {
  // On an opaque port mesh TLS goes to the application, which has none: what matters is that the hello gets there.
  const asMesh = async (): Promise<Socket> =>
    kind === 'opaque'
      ? sending(await dial(port), await clientHello(web))
      : dialMesh(port, mesh, mesh.credentials(voting));
  const socket = column.startsWith('mesh') ? await asMesh() : await dial(port);
  const answerTo = async (socket: Socket): Promise<string> => {
    const text = await firstAnswer(socket);
    // Here nothing but the application could have said something; HTTP it answers as such.
    if ((kind === 'opaque' || kind === 'tls') && text !== '') return 'forwarded';
    return meaningOf(text, socket);
  };
  try {
    if (column.startsWith('mesh') && kind === 'opaque') return await answerTo(socket);
    if (column === 'foreign-SNI TLS')
      return await answerTo(sending(socket, await clientHello('other.example.com', ['http/1.1'])));
    if (column.endsWith('HTTP/1')) return await answerTo(sending(socket, http1));
    if (column.endsWith('other')) return await answerTo(sending(socket, other));
    if (column.endsWith('h2')) {
      if (cell === 'per request') return await http2Status(socket);
      return await answerTo(sending(socket, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
    }
    // Silent: what happens by itself, and only then the first bytes.
    if (cell === 'cut' || kind === 'opaque' || kind === 'tls' || kind === 'detect') {
      const connected = app.nextConnection();
      const first = await Promise.race([connected.then(() => 'connected'), ended(socket).then(() => 'closed')]);
      return first === 'closed' ? 'closed' : await answerTo(sending(socket, other));
    }
    if (kind === 'http1') {
      // A plain silent client that came later is cut after the same time, so by then ours has had its time too.
      const later = await dial(port);
      await ended(later);
      later.destroy();
      return await answerTo(sending(socket, http1));
    }
    return await http2Status(socket);
  } finally {
    socket.destroy();
  }
}

function sending(socket: Socket, bytes: string | Buffer): Socket {
  socket.write(bytes, 'latin1');
  return socket;
}

async function meaningOf(text: string, socket: Socket): Promise<string> {
  const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
  if (status !== undefined) return status;
  if (text.startsWith('echo:')) return 'forwarded';
  if (text === '') return 'closed';
  if (text.slice(3, 9) === '\u0004\u0000\u0000\u0000\u0000\u0000') {
    await ended(socket);
    return 'settings, closed';
  }
  return JSON.stringify(text);
}

async function http2Status(socket: Socket): Promise<string> {
  const client = new Http2Client(socket);
  try {
    return String((await client.get('/')).status);
  } finally {
    client.close();
  }
}
