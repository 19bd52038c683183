/** HTTP or not, on a port that carries both: nothing that an application could read as HTTP gets past the route rules. */
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../testing/cleanup.js';
import { dial, dialMesh, ended, everything, firstAnswer } from '../testing/clients.js';
import { anyone, policy, route } from '../testing/policies.js';
import { startProxy, type ProxyUnderTest } from '../testing/proxy-under-test.js';
import { TestMesh, voting } from '../testing/test-mesh.js';

describe('a port with protocol detection, open for connections, with a route for /open only', () => {
  const whole = new Cleanup();
  const cleanup = new Cleanup();
  let mesh: TestMesh;
  let proxy: ProxyUnderTest;
  beforeAll(async () => {
    mesh = whole.add(await TestMesh.start());
    proxy = whole.add(
      await startProxy(mesh, policy({ kind: 'detect', timeoutMs: 200, routes: [route('/open')] }, anyone)),
    );
  });
  afterEach(async () => cleanup.run());
  afterAll(async () => whole.run());
  const plain = async (): Promise<Socket> => cleanup.destroyLater(await dial(proxy.port));

  /** A silent client that came later than another is cut after the same time, so by then the other's time is up too. */
  async function timeIsUp(): Promise<void> {
    await ended(await plain());
  }

  /** The first line of the answer to these bytes, sent at once or as they are cut. */
  async function answer(...pieces: string[]): Promise<string> {
    const socket = await plain();
    for (const piece of pieces) socket.write(piece, 'latin1');
    return (await firstAnswer(socket)).split('\r\n')[0] ?? '';
  }

  it.each([
    ['GET /open HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 200 OK'],
    ['GET /secret HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 404 Not Found'],
    ['\r\nGET /secret HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 404 Not Found'],
    ['PROPFIND /secret HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 404 Not Found'],
    // Linkerd's proxy hands these to the application as they are.
    ['G@T /secret HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    ['GET  /secret HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    ['GET /secret HTTP/1.2\r\nhost: a\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    ['GET /secret http/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    ['GET /secret\r\n', 'HTTP/1.1 400 Bad Request'],
    ['GET /secret HTTP/1.1\r\nhost : a\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    [`${'A'.repeat(66_000)} /secret HTTP/1.1\r\nhost: a\r\n\r\n`, 'HTTP/1.1 400 Bad Request'],
    [`FOO /${'a'.repeat(66_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 'HTTP/1.1 414 URI Too Long'],
  ])('%.40j gets %j', async (bytes, line) => {
    const reached = proxy.app.connections.length;
    expect(await answer(bytes)).toBe(line);
    expect(proxy.app.connections.length).toBe(line.includes('200') ? reached + 1 : reached);
  });

  it('is for the application to understand, when it is something else', async () => {
    const socket = await plain();
    socket.write('*1\r\n$4\r\nPING\r\n');
    expect(await firstAnswer(socket, 19)).toBe('echo:*1\r\n$4\r\nPING\r\n');
  });

  it('judges the bytes, not how they are cut', async () => {
    expect(await answer('G', 'E', 'T', ' ', '/secret', ' HTTP/1.1\r\n', 'host: a\r\n\r\n')).toBe(
      'HTTP/1.1 404 Not Found',
    );
    expect(await answer('PROPFIND /caf\u00c3', '\u00a9 HTTP/1.1\r\nhost: a\r\n\r\n')).toBe('HTTP/1.1 404 Not Found');
  });

  it('takes what could still become a request for one, when the time is up', async () => {
    const socket = await plain();
    socket.write('FOO /sec');
    await timeIsUp();
    socket.write('ret HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await firstAnswer(socket)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  it('passes on what cannot, when the time is up', async () => {
    const socket = await plain();
    socket.write('{"secret": ');
    expect(await firstAnswer(socket, 16)).toBe('echo:{"secret": ');
  });

  it('takes the beginning of a request for one when the client ends there', async () => {
    const socket = await plain();
    socket.end('FOO /sec');
    expect(await everything(socket)).toBe('');
    expect(proxy.log.of('request.failed').at(-1)).toMatchObject({
      message: 'the client ended in the middle of a head',
    });
  });

  it('carries a text without a line end from a client that has finished', async () => {
    const reached = proxy.app.connections.length;
    const socket = await plain();
    socket.end('{"no": "line end"}');
    expect(await everything(socket)).toBe('echo:{"no": "line end"}');
    expect(proxy.app.connections.length).toBe(reached + 1);
  });

  it('says nothing to a client that comes and goes', async () => {
    const reached = proxy.app.connections.length;
    const socket = await plain();
    socket.end();
    expect(await everything(socket)).toBe('');
    expect(proxy.app.connections.length).toBe(reached);
  });

  it('lets the application speak first to a silent mesh client', async () => {
    proxy.app.greeting = '220 ready\r\n';
    try {
      const socket = cleanup.destroyLater(await dialMesh(proxy.port, mesh, mesh.credentials(voting)));
      expect(await firstAnswer(socket)).toBe('220 ready\r\n');
      socket.write('HELO a\r\n');
      expect(await firstAnswer(socket)).toMatch(/^echo:/);
    } finally {
      proxy.app.greeting = undefined;
    }
  });
});
