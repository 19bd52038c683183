/** The outbound side: a plain process speaks to another workload under this workload's identity, or not at all. */
import { meshClient, meshSecureContext, requestClientCertificate, type MeshClient } from '@doorward/mtls';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenConnections } from '../inbound/open-connections.js';
import { Cleanup } from '../testing/cleanup.js';
import { dial, ended, everything, firstAnswer, Http1Client } from '../testing/clients.js';
import { only, policy } from '../testing/policies.js';
import { startProxy } from '../testing/proxy-under-test.js';
import { RecordedLog } from '../testing/recorded-log.js';
import { TestMesh, voting, web } from '../testing/test-mesh.js';
import { listenOutbound, type OutboundOptions } from './outbound-listener.js';

const here = { host: '127.0.0.1', port: 0 };

describe('the outbound listener', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let log: RecordedLog;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
  });
  beforeEach(() => {
    log = new RecordedLog();
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());

  const portOf = (server: Server): number => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  };

  async function listening(server: Server): Promise<number> {
    server.listen(here);
    await once(server, 'listening');
    cleanup.add({ close: () => server.close() });
    return portOf(server);
  }

  /** Another workload's end of mesh TLS, and who came. */
  async function workload(
    name: string,
    serve: (stream: TLSSocket) => void,
    of = mesh,
  ): Promise<{ port: number; clients: MeshClient[] }> {
    const clients: MeshClient[] = [];
    const secureContext = meshSecureContext(of.credentials(name), mesh.trustAnchorsPem);
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      cleanup.destroyLater(socket);
      socket.on('error', () => {});
      const stream = new TLSSocket(socket, { ...requestClientCertificate, secureContext });
      stream.on('error', () => {});
      stream.once('secure', () => {
        clients.push(meshClient(stream));
        serve(stream);
      });
    });
    return { port: await listening(server), clients };
  }

  /** A listener for `voting` at a port, and a connection to it. */
  async function dialThrough(target: number, changes: Partial<OutboundOptions> = {}): Promise<Socket> {
    const secureContext = meshSecureContext(mesh.credentials(web), mesh.trustAnchorsPem);
    const server = await listenOutbound({
      port: { listen: here, target: { host: '127.0.0.1', port: target }, serverName: voting },
      secureContext: () => secureContext,
      connections: new OpenConnections(10),
      connectTimeoutMs: 10_000,
      log,
      ...changes,
    });
    cleanup.add({ close: () => server.close() });
    return cleanup.destroyLater(await dial(portOf(server)));
  }

  it('carries bytes and half-closes both ways, under our name', async () => {
    const { port, clients } = await workload(voting, (stream) => stream.pipe(stream));
    const socket = await dialThrough(port);
    const large = Buffer.alloc(1_000_000, 'x');
    socket.end(large);
    expect((await everything(socket)).length).toBe(large.length);
    expect(clients).toEqual([{ kind: 'verified', identity: { kind: 'dns', name: web } }]);
  });

  it('goes on sending to a workload that has finished its part', async () => {
    let heard = '';
    const finished = new Promise<void>((resolve) => {
      void workload(voting, (stream) => {
        stream.end('that is all');
        stream.on('data', (chunk: Buffer) => {
          heard += chunk.toString();
        });
        stream.on('end', resolve);
      }).then(async ({ port }) => {
        const socket = await dialThrough(port);
        expect(await everything(socket)).toBe('that is all');
        socket.end('not for me');
      });
    });
    await finished;
    expect(heard).toBe('not for me');
  });

  it('reaches another proxy, which asks its own policy about our name', async () => {
    const permitting = cleanup.add(await startProxy(mesh, policy('detect', only(voting))));
    const denying = cleanup.add(await startProxy(mesh, policy('detect', only('somebody.else'))));
    for (const [proxy, status] of [
      [permitting, 200],
      [denying, 403],
    ] as const) {
      const server = await listenOutbound({
        port: { listen: here, target: { host: '127.0.0.1', port: proxy.port }, serverName: web },
        secureContext: () => meshSecureContext(mesh.credentials(voting), mesh.trustAnchorsPem),
        connections: new OpenConnections(10),
        connectTimeoutMs: 10_000,
        log,
      });
      cleanup.add({ close: () => server.close() });
      const client = cleanup.add(new Http1Client(await dial(portOf(server))));
      expect((await client.get('/', { 'l5d-client-id': 'admin' })).status).toBe(status);
    }
    expect(permitting.app.requests[0]?.headers['l5d-client-id']).toBe(voting);
  });

  async function failure(socket: Socket): Promise<unknown> {
    const line = log.of('outbound.failed').at(0) ?? log.next('outbound.failed');
    socket.write('secret');
    expect(await everything(socket)).toBe('');
    return (await line)['error'];
  }

  it('sends nothing to a workload of another name', async () => {
    const { port, clients } = await workload(web, () => {});
    const error = await failure(await dialThrough(port));
    expect(error).toBe(`certificate does not match TLS identity \`${voting}\``);
    // The handshake itself may have been done, but nothing was said in it.
    expect(clients.length).toBeLessThanOrEqual(1);
  });

  it('sends nothing to one who has the name from another CA, whatever the environment says', async () => {
    const stranger = cleanup.add(await TestMesh.start());
    const heard: string[] = [];
    const { port } = await workload(
      voting,
      (stream) => stream.on('data', (chunk: Buffer) => heard.push(chunk.toString())),
      stranger,
    );
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await failure(await dialThrough(port))).toMatch(/certificate/);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
    expect(heard).toEqual([]);
  });

  it('closes the local connection when the target is down', async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    expect(await failure(await dialThrough(port))).toMatch(/ECONNREFUSED/);
    expect(log.of('outbound.failed')).toMatchObject([{ level: 'info', target: `127.0.0.1:${port}` }]);
  });

  it('closes it when the target does not speak in time', async () => {
    const port = await listening(createServer((socket) => cleanup.destroyLater(socket)));
    const socket = await dialThrough(port, { connectTimeoutMs: 50 });
    expect(await failure(socket)).toBe('no mesh TLS connection within 50 ms');
  });

  it('closes it when we have no certificate', async () => {
    const { port, clients } = await workload(voting, () => {});
    expect(await failure(await dialThrough(port, { secureContext: () => undefined }))).toBe(
      'this proxy has no certificate yet',
    );
    expect(clients).toEqual([]);
  });

  it('ends the far side when the local process leaves, also before it was reached', async () => {
    const left: Promise<unknown>[] = [];
    const { port } = await workload(voting, (stream) => {
      left.push(ended(stream));
      stream.write('hello');
    });
    const socket = await dialThrough(port);
    expect(await firstAnswer(socket)).toBe('hello');
    socket.resetAndDestroy();
    await left[0];

    const hasty = createServer();
    const accepted = once(hasty, 'connection');
    const other = await dialThrough(await listening(hasty), { connectTimeoutMs: 100 });
    const [far] = (await accepted) as [Socket];
    cleanup.destroyLater(far).on('error', () => {});
    other.resetAndDestroy();
    await ended(far);
    expect(left.length).toBe(1);
  });

  it('takes no more connections than it may', async () => {
    const { port } = await workload(voting, (stream) => stream.write('hello'));
    const connections = new OpenConnections(1);
    const first = await dialThrough(port, { connections });
    expect(await firstAnswer(first)).toBe('hello');
    expect(await everything(await dialThrough(port, { connections }))).toBe('');
  });
});
