import { parseNetwork, type DefaultPolicyName, type IpNetwork } from '@doorward/core';

/** What the index takes from the process's options rather than from objects (docs/spec/control-plane.md §7.1). */
export interface ClusterConfig {
  /** What "cluster" means in the default policies, and the networks of a ServerAuthorization that names none. Not empty. */
  readonly clusterNetworks: readonly IpNetwork[];
  /** In force on ports that no Server selects, where no annotation says otherwise. */
  readonly defaultPolicy: DefaultPolicyName;
  /** Part of every service account's identity. */
  readonly controlPlaneNamespace: string;
  /** The trust domain: the end of every service account's identity. */
  readonly identityDomain: string;
  /** Where the kubelet's probes come from. Empty: no probe routes. */
  readonly probeNetworks: readonly IpNetwork[];
  /** How long a proxy waits for a connection's first bytes, in milliseconds. */
  readonly detectTimeoutMs: number;
  /**
   * Whether a Namespace's `config.linkerd.io/` annotations reach workloads that lack them. True where objects come from files: no
   * injector copies them there. False in a cluster, where the injector did so when the pod was created and later edits of the
   * namespace must not count (docs/spec/control-plane.md §1.11).
   */
  readonly inheritNamespaceAnnotations: boolean;
}

function networks(...texts: readonly string[]): IpNetwork[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (network === undefined) throw new TypeError(`not a network: ${text}`);
    return network;
  });
}

/** Linkerd's defaults (docs/spec/control-plane.md §7.1), for objects from files. */
export const defaultClusterConfig: ClusterConfig = {
  clusterNetworks: networks('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'),
  defaultPolicy: 'all-unauthenticated',
  controlPlaneNamespace: 'linkerd',
  identityDomain: 'cluster.local',
  probeNetworks: [],
  detectTimeoutMs: 10_000,
  inheritNamespaceAnnotations: true,
};
