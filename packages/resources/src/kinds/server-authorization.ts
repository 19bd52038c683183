import { z } from 'zod';
import { dnsIdPattern, parseIdentity } from '../identity.js';
import type { Issues } from '../issue.js';
import { defineKind } from '../kind.js';
import { convertNetworks, networkSchema } from '../network.js';
import { dnsLabelSchema, policyGroup } from '../reference.js';
import { exactlyOneOf } from '../schema-note.js';
import { convertSelector, labelSelectorSchema } from '../selector.js';
import type { ServerAuthorization } from '../types.js';

/** docs/spec/control-plane.md §1.3. */
const serverAuthorizationBody = z
  .object({
    spec: z.object({
      server: z
        .object({
          name: dnsLabelSchema.optional().meta({ description: 'Name of one Server of the namespace.' }),
          selector: labelSelectorSchema
            .optional()
            .meta({ description: 'Labels of Servers of the namespace; `{}` is all of them.' }),
        })
        .meta({ description: 'Which Servers it is about.', ...exactlyOneOf('name', 'selector') }),
      client: z.object({
        networks: z
          .array(networkSchema)
          .optional()
          .meta({ description: "Where clients come from; nothing means the cluster's networks." }),
        unauthenticated: z.boolean().default(false).meta({ description: 'Whether anyone is permitted, without mTLS.' }),
        meshTLS: z
          .object({
            unauthenticatedTLS: z
              .boolean()
              .default(false)
              .meta({ description: 'Whether any TLS client is permitted, also one without an identity.' }),
            identities: z
              .array(
                z
                  .string()
                  .regex(
                    dnsIdPattern,
                    'a DNS name such as `web.emojivoto.serviceaccount.identity.linkerd.cluster.local`, or `*.` before one',
                  ),
              )
              .optional()
              .meta({ description: 'Identities that are permitted; `*` is everyone, `*.` a suffix.' }),
            serviceAccounts: z
              .array(z.object({ name: dnsLabelSchema, namespace: dnsLabelSchema.optional() }))
              .optional()
              .meta({ description: 'Service accounts that are permitted; without `namespace`, of this one.' }),
          })
          .optional()
          .meta({ description: 'Which mesh clients are permitted.' }),
      }),
    }),
  })
  .meta({ description: 'Permits clients on Servers; AuthorizationPolicy is its successor.' });

type Spec = z.input<typeof serverAuthorizationBody>['spec'];

const client = ['spec', 'client'];

export const serverAuthorization = defineKind({
  group: policyGroup,
  kind: 'ServerAuthorization',
  resource: {
    plural: 'serverauthorizations',
    shortNames: ['saz', 'serverauthz', 'srvauthz'],
    storage: 'v1beta1',
  },
  versions: {
    v1beta1: { columns: [{ name: 'Server', type: 'string', jsonPath: '.spec.server.name' }] },
    v1alpha1: {
      deprecated:
        'policy.linkerd.io/v1alpha1 ServerAuthorization is deprecated; use policy.linkerd.io/v1beta1 ServerAuthorization',
    },
  },
  body: serverAuthorizationBody,
  convert({ spec }, { issues, metadata }): Pick<ServerAuthorization, 'kind' | 'spec'> {
    checkServer(spec, issues);
    checkClient(spec, issues);
    const networks = convertNetworks(spec.client.networks ?? [], [...client, 'networks'], issues);
    return {
      kind: 'ServerAuthorization',
      spec: { server: convertServer(spec, issues), networks, client: convertClient(spec, metadata.namespace) },
    };
  },
});

function checkServer({ server }: Spec, issues: Issues): void {
  if ((server.name === undefined) === (server.selector === undefined)) {
    const both = server.name !== undefined;
    issues.rule(
      'DW0301',
      both ? ['spec', 'server', 'selector'] : ['spec', 'server'],
      `\`spec.server\` takes ${both ? '`name` or `selector`, not both' : '`name` or `selector`'}`,
      {
        at: 'key',
        help: both ? undefined : 'to choose every Server of the namespace, write `selector: {}`',
      },
    );
  }
}

function checkClient({ client: { meshTLS, unauthenticated } }: Spec, issues: Issues): void {
  const named = (meshTLS?.identities?.length ?? 0) + (meshTLS?.serviceAccounts?.length ?? 0);
  if (meshTLS && unauthenticated === true) {
    issues.rule(
      'DW0302',
      [...client, 'unauthenticated'],
      '`unauthenticated` must be false if `mesh_tls` is specified',
      {
        help: 'keep `unauthenticated: true` to permit everyone, or `meshTLS` to permit mesh clients',
      },
    );
  }
  if (meshTLS?.unauthenticatedTLS === true && named > 0) {
    issues.rule(
      'DW0303',
      [...client, 'meshTLS', 'unauthenticatedTLS'],
      '`unauthenticatedTLS` be false if any `identities` or `service_accounts` is specified',
      {
        help: 'for every client with an identity, write `identities: ["*"]` alone',
      },
    );
  }
  if (unauthenticated !== true && meshTLS?.unauthenticatedTLS !== true && named === 0) {
    issues.warning(
      'DW0304',
      meshTLS ? [...client, 'meshTLS'] : client,
      meshTLS ? 'authorization authorizes no clients' : 'no client authentication configured',
      {
        at: 'key',
        help: 'say who is permitted: `meshTLS` with `identities` or `serviceAccounts`, or `unauthenticated: true`',
      },
    );
  }
}

/** The name wins; without a selector every Server of the namespace is meant (docs/spec/control-plane.md §4.4). */
function convertServer({ server }: Spec, issues: Issues): ServerAuthorization['spec']['server'] {
  if (server.name !== undefined) return { kind: 'name', name: server.name };
  return { kind: 'selector', selector: convertSelector(server.selector ?? {}, ['spec', 'server', 'selector'], issues) };
}

function convertClient(
  { client: { meshTLS, unauthenticated } }: Spec,
  ownNamespace: string,
): ServerAuthorization['spec']['client'] {
  if (unauthenticated === true) return { kind: 'unauthenticated' };
  if (meshTLS === undefined) return { kind: 'none' };
  if (meshTLS.unauthenticatedTLS === true) return { kind: 'mesh-tls-unauthenticated' };
  return {
    kind: 'mesh-tls',
    identities: (meshTLS.identities ?? []).map(parseIdentity),
    serviceAccounts: (meshTLS.serviceAccounts ?? []).map(({ name, namespace }) => ({
      namespace: namespace || ownNamespace,
      name,
    })),
  };
}
