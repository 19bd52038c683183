/**
 * One accepted connection from its first byte to its splice: TLS detection, mesh TLS, protocol detection, and for what is not
 * HTTP the decision about the connection (docs/spec/data-plane.md §2.1, §2.5). The policy is read anew at each step, so an
 * update that arrives meanwhile counts.
 */
import { decide, formatIp, parsePeerIp, type Client, type ClientTls } from '@doorward/core';
import { parseClientHello } from '@doorward/mtls';
import { formatHostPort, type Log } from '@doorward/telemetry';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { subjectOf, type DecisionSubject } from '../decision-log.js';
import type { DecisionRecorder } from '../decision-recorder.js';
import { peek } from '../detect/first-bytes.js';
import { detectHttp, detectHttpAtTimeout } from '../detect/http-detect.js';
import { spliceHttp1 } from '../http1/index.js';
import { spliceHttp2 } from '../http2/index.js';
import { spliceTcp } from '../tcp/tcp-splice.js';
import { spliceSilent } from './silent-connection.js';
import type { ClientConnection } from './session.js';
import type { AppConnector } from './app-connector.js';
import type { InboundPort } from './inbound-port.js';
import { InboundSession } from './inbound-session.js';
import { acceptMeshTls, type MeshIdentity } from './mesh-tls.js';

export interface InboundContext {
  readonly identity: MeshIdentity;
  /** Bounds TLS detection, the TLS handshake and, with `policyStart: 'hold'`, the wait for the first policy. */
  readonly detectTimeoutMs: number;
  readonly policyStart: 'hold' | 'default';
  readonly decisions: DecisionRecorder;
  readonly log: Log;
  readonly draining: AbortSignal;
}

type Closed = 'closed';
/** `silent`: not a byte came in time. */
type Detected = 'http1' | 'http2' | 'not-http' | 'silent' | Closed;

export async function serveInbound(
  socket: Socket,
  port: InboundPort,
  app: AppConnector,
  context: InboundContext,
): Promise<void> {
  const ip = parsePeerIp(socket.remoteAddress ?? '');
  // The peer may be gone before we looked; without an address there is nobody to decide about.
  if (ip === undefined) return void socket.destroy();
  const clientAddress = formatHostPort({ host: formatIp(ip), port: socket.remotePort ?? 0 });
  // The listener may be on all addresses: the client wanted this one.
  const ownIp = parsePeerIp(socket.localAddress ?? '');
  const target = { host: ownIp === undefined ? port.listen.host : formatIp(ownIp), port: port.policyPort };
  if (context.policyStart === 'hold') await port.policy.firstAnswer(context.detectTimeoutMs, socket);

  const secured = await detectTls(socket, port, context);
  if (secured === 'closed') return void socket.destroy();
  const { stream, tls } = secured;
  const client: Client = { ip, tls };
  const session = new InboundSession({
    client,
    clientAddress,
    target,
    policy: port.policy,
    app,
    decisions: context.decisions,
    log: context.log,
    draining: context.draining,
  });

  const protocol = await detectProtocol(stream, tls, port, context.detectTimeoutMs);
  // Nobody waits for a decision any more, and none is to be counted.
  if (stream.destroyed) return void socket.destroy();
  switch (protocol) {
    case 'closed':
      return void socket.destroy();
    case 'http1':
    case 'http2':
      return serveHttp({ stream, session }, protocol);
    case 'not-http':
    case 'silent': {
      const subject = subjectOf(client, clientAddress, target);
      return serveConnection({ stream, socket, session, subject, silent: protocol === 'silent' }, port, context);
    }
  }
}

async function serveHttp(client: ClientConnection, version: 'http1' | 'http2'): Promise<void> {
  return version === 'http1' ? spliceHttp1(client) : spliceHttp2(client);
}

/** An opaque port's bytes are nobody's business: no detection, and so no identity (docs/spec/data-plane.md §2.5). */
async function detectTls(
  socket: Socket,
  port: InboundPort,
  { identity, detectTimeoutMs }: InboundContext,
): Promise<{ stream: Duplex; tls: ClientTls } | Closed> {
  if (port.policy.current.protocol.kind === 'opaque')
    return { stream: socket, tls: { kind: 'none', reason: 'port-skipped' } };
  const peeked = await peek(
    socket,
    (bytes) => {
      const hello = parseClientHello(bytes);
      return hello.kind === 'incomplete' ? undefined : hello;
    },
    detectTimeoutMs,
  );
  // A silent client is cut, not demoted to opaque (docs/spec/data-plane.md §2.2).
  if (peeked.kind === 'timeout' || (peeked.kind === 'ended' && peeked.bytes.length === 0)) return 'closed';
  const plain = { stream: socket, tls: { kind: 'none', reason: 'no-client-hello' } } as const;
  if (peeked.kind === 'ended' || peeked.verdict.kind === 'not-tls') return plain;
  const { sni } = peeked.verdict;
  if (sni !== identity.serverName) return { stream: socket, tls: { kind: 'passthru', sni } };
  const accepted = await acceptMeshTls(socket, identity, detectTimeoutMs);
  return accepted === undefined
    ? 'closed'
    : { stream: accepted.stream, tls: { kind: 'established', identity: accepted.identity } };
}

async function detectProtocol(
  stream: Duplex,
  tls: ClientTls,
  port: InboundPort,
  detectTimeoutMs: number,
): Promise<Detected> {
  const { protocol } = port.policy.current;
  switch (protocol.kind) {
    case 'opaque':
    case 'tls':
      return 'not-http';
    case 'http2':
    case 'grpc':
      return tls.kind === 'passthru' ? 'closed' : 'http2';
    case 'http1':
      // Meshed peers may carry HTTP/1 in HTTP/2, so there the bytes decide; plain ones speak what the port was declared for.
      return tls.kind === 'none' ? 'http1' : detectFromBytes(stream, port, detectTimeoutMs);
    case 'detect':
      return detectFromBytes(stream, port, protocol.timeoutMs);
  }
}

async function detectFromBytes(stream: Duplex, port: InboundPort, timeoutMs: number): Promise<Detected> {
  const peeked = await peek(
    stream,
    (bytes) => {
      const verdict = detectHttp(bytes);
      return verdict === 'undecided' ? undefined : verdict;
    },
    timeoutMs,
  );
  if (peeked.kind === 'verdict') return peeked.verdict;
  if (peeked.bytes.length > 0) return detectHttpAtTimeout(peeked.bytes);
  if (peeked.kind === 'ended') return 'closed';
  // The policy of this moment says what to make of silence, not that of when the waiting began (docs/spec/data-plane.md §2.1).
  return port.policy.current.protocol.kind === 'http1' ? 'http1' : 'silent';
}

interface BareConnection extends ClientConnection {
  readonly socket: Socket;
  readonly session: InboundSession;
  readonly subject: DecisionSubject;
  readonly silent: boolean;
}

/** Decide about a connection that carries no HTTP, and keep asking for as long as it is open. */
async function serveConnection(connection: BareConnection, port: InboundPort, context: InboundContext): Promise<void> {
  const { stream, socket, subject } = connection;
  const { client } = connection.session;
  const decision = decide(port.policy.current, client, { kind: 'connection' });
  context.decisions.connection(decision, subject);
  if (decision.verdict === 'denied') {
    // No bytes, no half-close: the client sees a refused connection (docs/spec/data-plane.md §5.2).
    return void socket.destroy();
  }
  const terminated = new AbortController();
  const unsubscribe = port.policy.subscribe(() => {
    const now = decide(port.policy.current, client, { kind: 'connection' });
    if (now.verdict === 'allowed') return;
    context.decisions.terminated(now, subject);
    unsubscribe();
    terminated.abort();
    stream.destroy();
    socket.destroy();
  });
  let version: 'http1' | 'http2' | undefined;
  try {
    if (connection.silent) {
      version = await spliceSilent(connection, decision.permit, terminated.signal, context.detectTimeoutMs);
    } else {
      await spliceTcp(connection, decision.permit, terminated.signal);
    }
  } finally {
    unsubscribe();
  }
  // From here on its requests are decided, and not the connection.
  if (version !== undefined) await serveHttp(connection, version);
}
