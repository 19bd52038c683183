import fc from 'fast-check';
import {
  clientPreface,
  encodeFields,
  headersFrames,
  http2Field,
  rstStreamFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '@doorward/http';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dataFrame, get, listen, Started } from './testing.js';

const started = new Started();
afterEach(() => started.end());

const head = (path: string, ...more: [string, string][]): Buffer =>
  encodeFields([...get(path), ...more].map(([name, value]) => http2Field(name, value)));

interface Mutation {
  readonly at: number;
  readonly byte: number;
  readonly drop: boolean;
}

/** A connection in order: permitted and denied requests, bodies, a claim to be somebody. */
const good = Buffer.concat([
  settingsFrame([[4, 100_000]]),
  windowUpdateFrame(0, 100_000),
  ...headersFrames(1, false, head('/open/one', ['l5d-client-id', 'admin'])),
  dataFrame(1, true, Buffer.from('hello')),
  settingsAckFrame(),
  ...headersFrames(3, false, head('/denied/two', ['content-length', '5'])),
  dataFrame(3, true, Buffer.from('hello')),
  ...headersFrames(5, true, head('/open/three', ['l5d-client-id', 'admin'])),
  rstStreamFrame(5, 8),
  ...headersFrames(7, true, head('/denied/four')),
]);

describe('a hostile client', () => {
  it('gets nothing through that is denied, nor a name, whatever its bytes', async () => {
    const through: string[] = [];
    const app = http2.createServer((request, response) => {
      through.push(`${request.headers[':path'] ?? ''} ${String(request.headers['l5d-client-id'])}`);
      request.on('error', () => undefined);
      response.end('hello');
    });
    app.on('session', (session) => session.on('error', () => undefined));
    started.add(() => void app.close());
    const proxy = await started.proxy({ appPort: await listen(app), lingerMs: 20 });
    const mutation = fc.record({
      at: fc.nat(good.length - 1),
      byte: fc.integer({ min: 0, max: 255 }),
      drop: fc.boolean(),
    });
    const connection = fc.record({
      mutations: fc.array(mutation, { maxLength: 6 }),
      cuts: fc.array(fc.nat(good.length), { maxLength: 4 }),
    });
    const talk = async (mutations: readonly Mutation[], cuts: readonly number[]): Promise<void> => {
      let bytes = Buffer.from(good);
      for (const { at, byte, drop } of mutations) {
        if (at >= bytes.length) continue;
        bytes[at] = byte;
        if (drop) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
      }
      const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true });
      socket.on('error', () => undefined);
      socket.resume();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(clientPreface);
      const places = [0, ...cuts].sort((a, b) => a - b);
      for (const [index, from] of places.entries())
        socket.write(bytes.subarray(from, places[index + 1] ?? bytes.length));
      // A proxy that waits for the rest of a frame says nothing that could be awaited.
      const quiet = setTimeout(() => socket.end(), 20);
      await closed;
      clearTimeout(quiet);
    };
    const deadline = performance.now() + 1500;
    let connections = 0;
    // Samples and an own loop: the time is bounded, and what a connection left behind is seen by the next ones.
    const inputs = fc.sample(connection, 2000);
    while (performance.now() < deadline && connections < inputs.length) {
      const batch = inputs.slice(connections, connections + 10);
      await Promise.all(batch.map(({ mutations, cuts }) => talk(mutations, cuts)));
      connections += batch.length;
    }
    await proxy.over();
    expect(connections).toBeGreaterThan(20);
    expect(through.length).toBeGreaterThan(20);
    expect(through.filter((line) => !/^\/open(?:[/?]\S*)? undefined$/.test(line))).toEqual([]);
  });
});
