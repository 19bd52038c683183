import fc from 'fast-check';
import { once } from 'node:events';
import http from 'node:http';
import { expect, it } from 'vitest';
import { decideByPath, dial, portOf, RawPeer, TestProxy } from './splice-harness.js';

const seeds = [
  'GET /a HTTP/1.1\r\nHost: web\r\n\r\n',
  'GET /denied/a HTTP/1.1\r\nHost: web\r\n\r\n',
  'POST /b HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhello',
  'POST /denied/b HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhello',
  'POST /c HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n',
  'POST /denied/c HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\nGET /inner HTTP/1.1\r\nA: b\r\n\r\n0\r\n\r\n',
  'POST /d HTTP/1.1\r\nHost: web\r\nContent-Length: 40\r\n\r\nGET /inner HTTP/1.1\r\nHost: web\r\nX: yy\r\n\r\n',
  'GET /e HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'GET /f HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'POST /g HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok',
];

const insertions = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '0',
  '1',
  '\0',
  '\x0b',
  '\xa0',
  'GET /inner HTTP/1.1\r\nHost: web\r\n\r\n',
  'Content-Length: 5\r\n',
  'content_length: 40\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: content-length, transfer-encoding\r\n',
  'Connection: close\r\n',
  '0\r\n\r\n',
];

/**
 * Node's own HTTP parser is the application, so what it understands is compared with what was decided. Mutated bytes are cut at
 * random places on their way. The application may see fewer requests than were permitted, never others.
 */
interface Run {
  readonly permitted: string[];
  readonly seen: string[];
}

/** What the application saw beyond what was permitted in that order. Nothing, unless there is a hole. */
function unpermitted({ permitted, seen }: Run): string[] {
  // Node answers 400 to what it doesn't like, and the next request goes on: it sees a part of what was permitted.
  let next = 0;
  return seen.filter((request) => {
    next = permitted.indexOf(request, next) + 1;
    return next === 0 || / \/denied/.test(request);
  });
}

it('an application with another parser sees permitted requests only, in order', { timeout: 30_000 }, async () => {
  const runs: Run[] = [];
  let current: Run = { permitted: [], seen: [] };
  /** Which run a connection to the application belongs to, by the proxy's port: the application may be late. */
  const runOf = new Map<number | undefined, Run>();
  const see = (request: http.IncomingMessage): void => {
    const path = Buffer.from(request.url ?? '', 'latin1')
      .toString('utf8')
      .split('?', 1)[0];
    runOf.get(request.socket.remotePort)?.seen.push(`${request.method} ${path}`);
  };
  const app = http.createServer((request, response) => {
    see(request);
    request.resume();
    request.on('end', () => response.end('ok'));
  });
  // Without this, Node reads no further request on such a connection, and leaves a malformed one unanswered.
  app.on('upgrade', (request, socket) => {
    see(request);
    socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n');
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const proxy = await TestProxy.start({
    app: portOf(app),
    decide: (request) => {
      const decision = decideByPath(request);
      if (decision.verdict === 'allowed') current.permitted.push(`${request.method} ${request.path}`);
      return decision;
    },
    connectApp: async () => {
      const run = current;
      const socket = await dial(portOf(app));
      runOf.set(socket.localPort, run);
      return socket;
    },
    options: { lingerMs: 50 },
  });

  const mutation = fc.tuple(fc.nat({ max: 600 }), fc.nat({ max: 4 }), fc.constantFrom('', ...insertions));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 4 }),
      fc.array(mutation, { maxLength: 3 }),
      fc.array(fc.nat({ max: 600 }), { maxLength: 3 }),
      async (parts, mutations, cuts) => {
        const run: Run = { permitted: [], seen: [] };
        runs.push(run);
        current = run;
        let text = parts.join('');
        for (const [place, gone, inserted] of mutations) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + inserted + text.slice(at + gone);
        }
        const peer = await RawPeer.connect(proxy.port);
        let from = 0;
        for (const to of cuts.map((place) => place % (text.length + 1)).sort((a, b) => a - b)) {
          if (to > from) {
            peer.send(text.slice(from, to));
            from = to;
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
        peer.socket.end(text.slice(from), 'latin1');
        await peer.untilEnd();
        peer.socket.destroy();
        await Promise.all(proxy.spliced.splice(0));
        expect(unpermitted(run)).toEqual([]);
      },
    ),
    { numRuns: 100_000, interruptAfterTimeLimit: 2_000 },
  );
  await proxy.stop();
  app.close();
  app.closeAllConnections();
  expect(runs.flatMap(unpermitted)).toEqual([]);
  // Otherwise nothing was tested.
  expect(runs.flatMap(({ seen }) => seen).length).toBeGreaterThan(50);
});
