import type { DefaultPolicyName, IpNetwork } from '@doorward/core';
import type { HostPort } from '@doorward/telemetry/host-port';

export interface UpOptions {
  readonly folder: string;
  readonly stateDir: string;
  readonly controller: HostPort;
  readonly identityService: HostPort;
  readonly defaultPolicy: DefaultPolicyName;
  readonly clusterNetworks: readonly IpNetwork[];
  readonly title: string;
}
