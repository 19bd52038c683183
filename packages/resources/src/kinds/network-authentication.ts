import { z } from 'zod';
import { defineKind } from '../kind.js';
import { convertNetworks, networkSchema } from '../network.js';
import { policyGroup } from '../reference.js';
import type { NetworkAuthentication } from '../types.js';

/** docs/spec/control-plane.md §1.6. */
const networkAuthenticationBody = z
  .object({
    spec: z.object({
      networks: z
        .array(networkSchema)
        // The CRD takes an empty list, the webhook does not.
        .meta({ description: 'Networks; an address in any one of them will do.', editor: { minItems: 1 } }),
    }),
  })
  .meta({ description: 'Clients by their network addresses.' });

export const networkAuthentication = defineKind({
  group: policyGroup,
  kind: 'NetworkAuthentication',
  resource: {
    plural: 'networkauthentications',
    shortNames: ['netauthn', 'networkauthn'],
    storage: 'v1alpha1',
  },
  versions: { v1alpha1: {} },
  body: networkAuthenticationBody,
  convert({ spec }, { issues }): Pick<NetworkAuthentication, 'kind' | 'spec'> {
    const path = ['spec', 'networks'];
    if (spec.networks.length === 0) {
      // An error at both doors: an authorization without networks cannot be sent to a proxy (docs/spec/control-plane.md §9 Q36).
      issues.error('DW0601', path, 'at least one network must be specified', {
        at: 'key',
        help: 'for every address, write `0.0.0.0/0` and `::/0`',
      });
    }
    return { kind: 'NetworkAuthentication', spec: { networks: convertNetworks(spec.networks, path, issues) } };
  },
});
