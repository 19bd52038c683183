import { meshSecureContext, type Credentials } from '@doorward/mtls';
import { addressOf, formatHostPort, Metrics, type AdminServer, type HostPort, type Log } from '@doorward/telemetry';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import type { SecureContext } from 'node:tls';
import { DecisionLog } from './decision-log.js';
import { DecisionMetrics } from './decision-metrics.js';
import { DecisionRecorder } from './decision-recorder.js';
import { startIdentity, type CertifiedIdentity } from './identity/certify-client.js';
import { listenInbound } from './inbound/inbound-listener.js';
import { OpenConnections } from './inbound/open-connections.js';
import type { ProxyOptions } from './options.js';
import { listenAdmin } from './admin.js';
import { listenOutbound } from './outbound/outbound-listener.js';
import { PolicyClient } from './policy/policy-client.js';

export interface RunningProxy {
  /** The inbound addresses in use, in the order of the options: port 0 has become a real one. */
  readonly inbound: readonly HostPort[];
  readonly outbound: readonly HostPort[];
  /** Stop accepting, let open work finish within the grace period, then close everything. */
  close(): Promise<void>;
}

/**
 * Run a proxy until it is closed. Nothing is accepted before the first certificate is there (docs/spec/data-plane.md §1.3);
 * until then connections wait in the kernel's queue or are refused, so no client meets a half-started proxy.
 *
 * @throws ListenError, or an error that names the file that cannot be read
 */
export async function runProxy(options: ProxyOptions, log: Log): Promise<RunningProxy> {
  const anchorsPem = await readAnchors(options.trustAnchorsFile);
  const draining = new AbortController();
  // Every open connection listens, and their number has its own limit.
  setMaxListeners(0, draining.signal);
  const connections = new OpenConnections(options.maxConnections);
  const servers: Server[] = [];
  const policies = new PolicyClient({
    ...options,
    address: formatHostPort(options.controller),
    log,
  });
  // Watches start now, so that the answers are there when the first client is.
  const ports = options.inbound.map(({ listen, app }) => ({
    listen,
    app,
    policyPort: listen.port,
    policy: policies.watch(listen.port),
  }));
  const identity = startIdentity({
    address: formatHostPort(options.identityService),
    identity: options.identity,
    tokenFile: options.tokenFile,
    trustAnchorsPem: anchorsPem,
    ...(options.identityMinRefreshMs === undefined ? {} : { minRefreshMs: options.identityMinRefreshMs }),
    log,
  });
  const secureContext = secureContexts(identity, anchorsPem);
  const metrics = new Metrics();
  const decisions = new DecisionRecorder(new DecisionLog(log, options.logDecisions), new DecisionMetrics(metrics));
  let ready = false;
  let admin: AdminServer | undefined;

  const close = async (): Promise<void> => {
    for (const server of servers) server.close();
    draining.abort();
    const grace = setTimeout(() => {
      log.warn(
        { event: 'shutdown.forced', open: connections.count },
        `${connections.count} connections were still open after ${options.shutdownGraceMs} ms and are closed now`,
      );
      connections.destroyAll();
    }, options.shutdownGraceMs);
    await connections.empty();
    clearTimeout(grace);
    policies.close();
    identity.close();
    await admin?.close();
  };

  try {
    admin = await listenAdmin(options.admin, { isReady: () => ready, metrics: () => metrics.expose() }, log);
    await identity.ready;
    for (const port of ports) {
      servers.push(
        await listenInbound({
          port,
          connections,
          appConnectTimeoutMs: options.appConnectTimeoutMs,
          log,
          context: {
            identity: { serverName: options.identity.toLowerCase(), secureContext },
            detectTimeoutMs: options.detectTimeoutMs,
            policyStart: options.policyStart,
            decisions,
            log,
            draining: draining.signal,
          },
        }),
      );
    }
    for (const port of options.outbound) {
      servers.push(
        await listenOutbound({
          port,
          secureContext,
          connections,
          connectTimeoutMs: options.outboundConnectTimeoutMs,
          log,
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  const addresses = servers.map(addressOf);
  ready = true;
  log.info({ event: 'proxy.ready', identity: options.identity }, 'ready');
  return { inbound: addresses.slice(0, ports.length), outbound: addresses.slice(ports.length), close };
}

/** The newest certificate as a TLS context, made once for each certificate. */
function secureContexts(identity: CertifiedIdentity, anchorsPem: string): () => SecureContext | undefined {
  const contexts = new WeakMap<Credentials, SecureContext>();
  return () => {
    const credentials = identity.current();
    if (credentials === undefined) return undefined;
    const context = contexts.get(credentials) ?? meshSecureContext(credentials, anchorsPem);
    contexts.set(credentials, context);
    return context;
  };
}

async function readAnchors(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`the trust anchors \`${file}\` cannot be read; --trust-anchors names the CA's ca.crt`, {
      cause: error,
    });
  }
}
