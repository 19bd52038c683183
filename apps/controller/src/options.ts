/** What a controller is told at its start (docs/spec/control-plane.md §7.1). */
import { defaultPolicyNames, isDefaultPolicyName, parseNetwork, type IpNetwork } from '@doorward/core';
import { defaultClusterConfig, type ClusterConfig } from '@doorward/index';
import { didYouMean, oneOf, shown } from '@doorward/resources';
import { parseHostPort, type HostPort } from '@doorward/telemetry/host-port';
import { logLevels, type LogLevel } from '@doorward/telemetry/levels';

export interface ControllerOptions {
  /** The folder whose files are the policy. */
  readonly resources: string;
  /**
   * Where proxies ask. Linkerd's default is `0.0.0.0:8090`, where the pod's own proxy stands in front; there is none here, so it is
   * the loopback interface unless somebody says otherwise.
   */
  readonly grpcAddr: HostPort;
  readonly cluster: ClusterConfig;
  readonly logLevel: LogLevel;
  /** How long streams may take to end once the controller is asked to, in milliseconds. */
  readonly shutdownGraceMs: number;
}

/** Everything that has a default. */
export const controllerDefaults = {
  grpcAddr: { host: '127.0.0.1', port: 8090 },
  cluster: defaultClusterConfig,
  logLevel: 'info',
  // A stream ends with one small frame; who hasn't taken it after this time is not reading.
  shutdownGraceMs: 2_000,
} as const satisfies Omit<ControllerOptions, 'resources'>;

export type ParsedOptions =
  | {
      readonly kind: 'options';
      readonly options: ControllerOptions;
      /** Options of Linkerd's controller that are understood and make no difference here, as sentences. */
      readonly notes: readonly string[];
    }
  /** Sentences for the person who typed them. Not empty. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

interface Draft {
  resources?: string;
  grpcAddr?: HostPort;
  logLevel?: LogLevel;
  readonly cluster: { -readonly [Key in keyof ClusterConfig]: ClusterConfig[Key] };
}

/** Takes the value in, or says what it should have been. */
type Reader = (value: string, draft: Draft) => string | undefined;

const readers: Readonly<Record<string, Reader>> = {
  resources: (value, draft) => {
    if (value === '') return 'the path of a folder';
    draft.resources = value;
    return undefined;
  },
  'grpc-addr': (value, draft) => {
    const address = parseHostPort(value, controllerDefaults.grpcAddr.host);
    if (address === undefined) return 'HOST:PORT, such as `127.0.0.1:8090`';
    draft.grpcAddr = address;
    return undefined;
  },
  'cluster-networks': (value, draft) => {
    const networks = readNetworks(value);
    // An authorization without networks cannot be sent (docs/spec/control-plane.md §9 Q36).
    if (networks === undefined || networks.length === 0) return 'networks, such as `10.0.0.0/8,fd00::/8`';
    draft.cluster.clusterNetworks = networks;
    return undefined;
  },
  'probe-networks': (value, draft) => {
    const networks = readNetworks(value);
    if (networks === undefined) return 'networks, such as `0.0.0.0/0,::/0`';
    draft.cluster.probeNetworks = networks;
    return undefined;
  },
  'default-policy': (value, draft) => {
    if (!isDefaultPolicyName(value)) return oneOf(defaultPolicyNames);
    draft.cluster.defaultPolicy = value;
    return undefined;
  },
  'control-plane-namespace': (value, draft) => {
    if (!isDnsName(value)) return 'the name of a namespace';
    draft.cluster.controlPlaneNamespace = value;
    return undefined;
  },
  'identity-domain': (value, draft) => {
    if (!isDnsName(value)) return 'a trust domain, such as `cluster.local`';
    draft.cluster.identityDomain = value;
    return undefined;
  },
  'log-level': (value, draft) => {
    const level = readLogLevel(value);
    if (level === undefined) return oneOf(logLevels);
    draft.logLevel = level;
    return undefined;
  },
};

/** Of Linkerd's controller, and without a meaning where objects come from files. Those that are `false` take no value. */
const withoutEffect: Readonly<Record<string, boolean>> = {
  'log-format': true,
  cluster: true,
  context: true,
  user: true,
  kubeconfig: true,
  as: true,
  'as-group': true,
  'kube-api-response-headers-timeout': true,
  'server-addr': true,
  'server-tls-key': true,
  'server-tls-certs': true,
  'admin-addr': true,
  'admission-controller-disabled': false,
  'cluster-domain': true,
  'policy-deployment-name': true,
  'default-opaque-ports': true,
  'patch-timeout-ms': true,
  'allow-l5d-request-headers': false,
  'global-egress-network-namespace': true,
};

/** Read `--name value` and `--name=value`. The last of several counts. */
export function parseControllerOptions(args: readonly string[]): ParsedOptions {
  const draft: Draft = { cluster: { ...controllerDefaults.cluster } };
  const problems: string[] = [];
  const notes: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const match = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg);
    const name = match?.[1] ?? '';
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    const ignored = Object.hasOwn(withoutEffect, name) ? withoutEffect[name] : undefined;
    if (reader === undefined && ignored === undefined) {
      const help =
        match === null ? undefined : didYouMean(name, [...Object.keys(readers), ...Object.keys(withoutEffect)]);
      problems.push(`${shown(arg)} is no option of the controller${help === undefined ? '' : `; ${help}`}`);
      continue;
    }
    const takesValue = reader !== undefined || ignored === true;
    const value = match?.[2] ?? (takesValue ? rest.shift() : '');
    if (value === undefined) {
      problems.push(`\`--${name}\` needs a value`);
    } else if (reader === undefined) {
      notes.push(`\`--${name}\` makes no difference where policy comes from files`);
    } else {
      const expected = reader(value, draft);
      if (expected !== undefined) problems.push(`\`--${name}\` is ${shown(value)}; expected ${expected}`);
    }
  }
  const { resources } = draft;
  if (resources === undefined && problems.length === 0) {
    problems.push('`--resources` is missing: the folder whose files are the policy');
  }
  if (problems.length > 0 || resources === undefined) return { kind: 'problems', problems };
  return { kind: 'options', options: { ...controllerDefaults, ...draft, resources }, notes };
}

/** Comma-separated, prefix mandatory; `undefined` when one of them is no network. */
function readNetworks(text: string): readonly IpNetwork[] | undefined {
  const networks: IpNetwork[] = [];
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue;
    const network = part.includes('/') ? parseNetwork(part) : undefined;
    if (network === undefined) return undefined;
    networks.push(network);
  }
  return networks;
}

/** A level, or Linkerd's filter (`linkerd=info,warn`), of which the part for its own code counts, else the general one. */
function readLogLevel(text: string): LogLevel | undefined {
  const parts = text.split(',').map((part) => part.trim().toLowerCase());
  const own = parts.find((part) => part.startsWith('linkerd='))?.slice('linkerd='.length);
  const wanted = own ?? parts.find((part) => !part.includes('='));
  const word = wanted === 'trace' ? 'debug' : wanted === 'off' ? 'silent' : wanted;
  return logLevels.find((level) => level === word);
}

const isDnsName = (text: string): boolean => /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(text);
