import { parseNetwork, type IpNetwork } from './ip.js';
import type { Authorization, InboundPolicy } from './policy.js';

const loopbackNetworks: readonly IpNetwork[] = ['127.0.0.1/32', '::1/128'].flatMap((text) => parseNetwork(text) ?? []);

const localhost: Authorization = {
  origin: { kind: 'default', name: 'localhost' },
  networks: loopbackNetworks.map((network) => ({ network, except: [] })),
  authentication: { kind: 'unauthenticated' },
};

/**
 * The policy with Linkerd's standing permission for 127.0.0.1 and ::1, tried last (docs/spec/data-plane.md §3.3). In a pod
 * that is the pod itself; elsewhere it is any process of the host, so only a proxy in transparent mode adds it.
 */
export function trustLoopback(policy: InboundPolicy): InboundPolicy {
  return { ...policy, authorizations: [...policy.authorizations, localhost] };
}
