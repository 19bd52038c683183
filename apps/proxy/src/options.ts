import type { DefaultPolicyName, IpNetwork } from '@doorward/core';
import type { HostPort, LogLevel } from '@doorward/telemetry';
import type { OutboundPort } from './outbound/outbound-port.js';

/** What a proxy is told at its start; everything else it learns from the controller and the identity service. */
export interface ProxyOptions {
  /** How the controller knows this workload: `{"ns":"…","external_workload":"…"}` or `NS:POD`. */
  readonly workload: string;
  readonly controller: HostPort;
  readonly identityService: HostPort;
  /** The name that this proxy proves, and its SNI. */
  readonly identity: string;
  readonly tokenFile: string;
  /** Shortest pause between two requests for a certificate. Default 10,000 ms. Linkerd: LINKERD2_PROXY_IDENTITY_MIN_REFRESH */
  readonly identityMinRefreshMs?: number;
  readonly trustAnchorsFile: string;
  readonly inbound: readonly { readonly listen: HostPort; readonly app: HostPort }[];
  readonly outbound: readonly OutboundPort[];
  /** In force until the controller has answered. Linkerd: LINKERD2_PROXY_INBOUND_DEFAULT_POLICY */
  readonly defaultPolicy: DefaultPolicyName;
  /** For the `cluster-…` defaults. Linkerd: LINKERD2_PROXY_POLICY_CLUSTER_NETWORKS */
  readonly clusterNetworks: readonly IpNetwork[];
  /** `hold` waits for the controller's first answer, at most the detect timeout. */
  readonly policyStart: 'hold' | 'default';
  /** Linkerd: LINKERD2_PROXY_INBOUND_DETECT_TIMEOUT */
  readonly detectTimeoutMs: number;
  /** Linkerd: LINKERD2_PROXY_INBOUND_CONNECT_TIMEOUT */
  readonly appConnectTimeoutMs: number;
  readonly outboundConnectTimeoutMs: number;
  /** 127.0.0.1 and ::1 are let in by every policy, as in a pod. */
  readonly trustLoopback: boolean;
  /** Health and metrics. On loopback by default, since the metrics tell who called whom. Linkerd: LINKERD2_PROXY_ADMIN_LISTEN_ADDR */
  readonly admin: HostPort;
  readonly maxConnections: number;
  /** How long open work may take once the proxy is asked to end. Linkerd: LINKERD2_PROXY_SHUTDOWN_GRACE_PERIOD */
  readonly shutdownGraceMs: number;
  /** Log grants too, not only denials and audited grants. */
  readonly logDecisions: boolean;
  readonly logLevel: LogLevel;
}

/** Defaults of everything that has one; the spec's where Linkerd has it too (docs/spec/data-plane.md §1.2). */
export const proxyDefaults = {
  inbound: [],
  outbound: [],
  defaultPolicy: 'deny',
  clusterNetworks: [],
  policyStart: 'hold',
  detectTimeoutMs: 10_000,
  appConnectTimeoutMs: 300,
  outboundConnectTimeoutMs: 5_000,
  trustLoopback: false,
  admin: { host: '127.0.0.1', port: 4191 },
  // Two sockets a connection, and the usual limit of open files is 1,048,576 in containers, 20,000 where it was raised by hand.
  maxConnections: 10_000,
  shutdownGraceMs: 120_000,
  logDecisions: false,
  logLevel: 'info',
} as const satisfies Partial<ProxyOptions>;
