import { z } from 'zod';
import { identityFault, parseIdentity } from '../identity.js';
import { defineKind } from '../kind.js';
import { canonicalKind, coreGroup, groupSchema, kindSchema, nameSchema, policyGroup, refersTo } from '../reference.js';
import { exactlyOneOf } from '../schema-note.js';
import type { MeshTLSAuthentication, ServiceAccountRef } from '../types.js';
import { didYouMean } from '../words.js';

/** docs/spec/control-plane.md §1.5. */
const meshTlsAuthenticationBody = z
  .object({
    spec: z
      .object({
        identities: z.array(z.string()).min(1).optional().meta({
          description: 'Identities: DNS names or SPIFFE ids; `*` is everyone, `*.` a suffix. Any one will do.',
        }),
        identityRefs: z
          .array(
            z
              .object({
                group: groupSchema.optional(),
                kind: kindSchema,
                name: nameSchema,
                namespace: z.string().max(253).optional(),
                // The CRD lets the name be absent, the webhook does not.
              })
              .meta({ crd: { required: ['kind'] } }),
          )
          .min(1)
          .optional()
          .meta({ description: 'ServiceAccounts, or Namespaces with all their ServiceAccounts. Any one will do.' }),
      })
      .meta(exactlyOneOf('identities', 'identityRefs')),
  })
  .meta({ description: 'Mesh clients by their identities.' });

export const meshTlsAuthentication = defineKind({
  group: policyGroup,
  kind: 'MeshTLSAuthentication',
  resource: { plural: 'meshtlsauthentications', shortNames: ['meshtlsauthn'], storage: 'v1alpha1' },
  versions: { v1alpha1: {} },
  body: meshTlsAuthenticationBody,
  convert({ spec }, { issues, metadata }): Pick<MeshTLSAuthentication, 'kind' | 'spec'> {
    const identities = spec.identities ?? [];
    const refs = spec.identityRefs ?? [];
    if (identities.length + refs.length === 0) {
      issues.error('DW0504', ['spec'], '`spec` needs `identities` or `identityRefs`', {
        at: 'key',
        help: 'for every mesh client, write `identities: ["*"]`',
      });
    } else if (spec.identities && spec.identityRefs) {
      issues.rule('DW0504', ['spec', 'identityRefs'], '`spec` takes `identities` or `identityRefs`, not both', {
        at: 'key',
        help: 'write service accounts as identities, or make two authentications',
      });
    }
    for (const [i, identity] of identities.entries()) {
      const fault = identityFault(identity);
      if (fault !== undefined)
        issues.rule('DW0501', ['spec', 'identities', i], `id ${identity} is invalid: ${fault}`, {
          help: helpForIdentity(identity),
        });
    }
    const serviceAccounts: ServiceAccountRef[] = [];
    const namespaces: string[] = [];
    for (const [i, ref] of refs.entries()) {
      const path = ['spec', 'identityRefs', i];
      if (refersTo(ref, coreGroup, 'ServiceAccount'))
        serviceAccounts.push({ namespace: ref.namespace || metadata.namespace, name: ref.name });
      else if (refersTo(ref, coreGroup, 'Namespace')) {
        namespaces.push(ref.name);
        if (ref.namespace !== undefined) {
          issues.rule(
            'DW0502',
            [...path, 'namespace'],
            'Namespace identity_ref is cluster-scoped and cannot have a namespace',
            { help: 'remove `namespace`; the `name` is the namespace meant' },
          );
        }
      } else {
        issues.error('DW0503', [...path, 'kind'], `invalid identity target kind: ${canonicalKind(ref)}`, {
          help: didYouMean(ref.kind, ['ServiceAccount', 'Namespace']) ?? 'refer to a ServiceAccount or a Namespace',
        });
      }
    }
    return {
      kind: 'MeshTLSAuthentication',
      spec: { identities: identities.map(parseIdentity), serviceAccounts, namespaces },
    };
  },
});

function helpForIdentity(identity: string): string | undefined {
  if (identity.includes('*')) return 'a `*` may stand only for the first labels: `*`, or `*.` and the rest of the name';
  if (identity !== identity.toLowerCase()) return 'identities are in lower case';
  return undefined;
}
