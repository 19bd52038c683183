/**
 * A mesh client that said nothing in time on a port that detects protocols. It may wait for the application's greeting, so the
 * application is dialled, as Linkerd's proxy does (docs/spec/data-plane.md §2.5). But it may as well be an HTTP client that keeps a
 * connection in reserve, or one that waits on purpose: what Linkerd's proxy then carries as opaque bytes goes past every route rule,
 * with an `l5d-client-id` of the client's choice. Here the first bytes are judged whenever they come.
 */
import type { Permit } from '@doorward/core';
import type { Duplex } from 'node:stream';
import { peek } from '../detect/first-bytes.js';
import { detectHttp, detectHttpAtTimeout } from '../detect/http-detect.js';
import { joinStreams } from '../tcp/join-streams.js';
import { dialTcp, spliceTcp } from '../tcp/tcp-splice.js';
import type { ClientConnection } from './session.js';

/**
 * Carry the connection to its end, or find that the client speaks HTTP after all: then nothing of it has reached the application,
 * and the connection is the caller's to serve.
 *
 * `detectTimeoutMs`: how long a client that has begun may leave it open what it has begun with.
 */
export async function spliceSilent(
  client: ClientConnection,
  permit: Permit,
  terminated: AbortSignal,
  detectTimeoutMs: number,
): Promise<'http1' | 'http2' | undefined> {
  const { stream } = client;
  const app = await dialTcp(client, permit, terminated);
  if (app === undefined) return undefined;
  const enough = new AbortController();
  const first = await Promise.race([fromClient(stream, detectTimeoutMs, enough.signal), fromApp(app, enough.signal)]);
  enough.abort();
  if (first === 'not-http' && !app.destroyed) {
    await joinStreams(stream, app);
    return undefined;
  }
  app.destroy();
  if (first === 'not-http') stream.destroy();
  if (first !== 'http-server') return stream.destroyed || first === 'not-http' ? undefined : first;

  // It will get a connection of its own for what the client says, and by then it is known who says it.
  const later = await fromClient(stream, detectTimeoutMs);
  if (stream.destroyed) return undefined;
  if (later !== 'not-http') return later;
  await spliceTcp(client, permit, terminated);
  return undefined;
}

async function fromClient(
  stream: Duplex,
  timeoutMs: number,
  enough?: AbortSignal,
): Promise<'http1' | 'http2' | 'not-http'> {
  const begun = await peek(stream, () => true, Number.POSITIVE_INFINITY, enough);
  if (begun.kind !== 'verdict') return 'not-http';
  const peeked = await peek(
    stream,
    (bytes) => {
      const verdict = detectHttp(bytes);
      return verdict === 'undecided' ? undefined : verdict;
    },
    timeoutMs,
    enough,
  );
  if (peeked.kind === 'verdict') return peeked.verdict;
  return peeked.bytes.length === 0 ? 'not-http' : detectHttpAtTimeout(peeked.bytes);
}

/** Whether the side that spoke first is a server of HTTP: HTTP/2 begins with SETTINGS on both sides, HTTP/1 may say that it waited too long. */
async function fromApp(app: Duplex, enough: AbortSignal): Promise<'http-server' | 'not-http'> {
  const peeked = await peek(
    app,
    (bytes) => {
      const { length } = bytes;
      if (bytes.subarray(0, http1.length).equals(http1.subarray(0, length))) {
        return length < http1.length ? undefined : 'http-server';
      }
      if (length > 3 && bytes[3] !== settingsType) return 'not-http';
      if (length < frameHeaderLength) return undefined;
      return bytes.readUInt32BE(5) === 0 ? 'http-server' : 'not-http';
    },
    Number.POSITIVE_INFINITY,
    enough,
  );
  return peeked.kind === 'verdict' ? peeked.verdict : 'not-http';
}

const http1 = Buffer.from('HTTP/1.', 'latin1');
const frameHeaderLength = 9;
const settingsType = 4;
