import { parseNetwork, type IpNetwork } from '@doorward/core';
import { defaultClusterConfig } from '@doorward/index';

/**
 * What counts as the cluster for the command line: Linkerd's private ranges, and this machine. Where processes stand in for pods,
 * 127.0.0.0/8 is where they talk; in a cluster no client has such an address, so it opens nothing there.
 */
export const localClusterNetworks: readonly IpNetwork[] = [
  ...defaultClusterConfig.clusterNetworks,
  ...['127.0.0.0/8'].flatMap((text) => parseNetwork(text) ?? []),
];
