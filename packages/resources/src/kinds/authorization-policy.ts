import { z } from 'zod';
import type { Issues } from '../issue.js';
import { defineKind } from '../kind.js';
import {
  canonicalKind,
  coreGroup,
  gatewayGroup,
  groupOf,
  groupSchema,
  kindSchema,
  localReferenceSchema,
  nameSchema,
  policyGroup,
  refersTo,
} from '../reference.js';
import type { Reference } from '../reference.js';
import type { AuthenticationRef, AuthorizationPolicy, AuthorizationTarget } from '../types.js';
import { didYouMean } from '../words.js';

/** docs/spec/control-plane.md §1.4. */
const authorizationPolicyBody = z
  .object({
    spec: z.object({
      targetRef: localReferenceSchema.meta({
        description:
          'What the policy permits access to: a Server, HTTPRoute or GRPCRoute of its namespace, or that namespace.',
      }),
      requiredAuthenticationRefs: z
        .array(
          z.object({
            group: groupSchema.optional(),
            kind: kindSchema,
            name: nameSchema,
            namespace: z.string().max(253).optional(),
          }),
        )
        .meta({ description: 'What a client has to prove, all of it; `[]` permits everyone.' }),
    }),
  })
  .meta({ description: 'Permits the clients that its authentications describe.' });

type Spec = z.input<typeof authorizationPolicyBody>['spec'];

const authenticationKinds = [
  [policyGroup, 'MeshTLSAuthentication'],
  [coreGroup, 'ServiceAccount'],
  [policyGroup, 'NetworkAuthentication'],
] as const;

const targetKinds = [
  [policyGroup, 'Server'],
  [coreGroup, 'Namespace'],
  [policyGroup, 'HTTPRoute'],
  [gatewayGroup, 'HTTPRoute'],
  [gatewayGroup, 'GRPCRoute'],
] as const;

const refsPath = ['spec', 'requiredAuthenticationRefs'];

export const authorizationPolicy = defineKind({
  group: policyGroup,
  kind: 'AuthorizationPolicy',
  resource: { plural: 'authorizationpolicies', shortNames: ['authzpolicy'], storage: 'v1alpha1' },
  versions: { v1alpha1: {} },
  body: authorizationPolicyBody,
  convert({ spec }, { issues, metadata }): Pick<AuthorizationPolicy, 'kind' | 'spec'> | undefined {
    const target = convertTarget(spec);
    if (target?.kind === 'Namespace' && target.name !== metadata.namespace) {
      issues.rule('DW0401', ['spec', 'targetRef', 'name'], `cannot target another namespace: ${target.name}`, {
        help: `a policy acts in its own namespace; move it to \`${target.name}\`, or target \`${metadata.namespace}\``,
      });
    }
    const refs = convertRefs(spec, metadata.namespace, issues);
    if (!target) {
      issues.error(
        'DW0407',
        ['spec', 'targetRef', 'kind'],
        `unsupported authorization target type: ${canonicalKind(spec.targetRef)}`,
        { help: helpForTarget(spec.targetRef) },
      );
      return undefined;
    }
    return refs && { kind: 'AuthorizationPolicy', spec: { target, requiredAuthenticationRefs: refs } };
  },
});

function convertTarget({ targetRef }: Spec): AuthorizationTarget | undefined {
  const { name } = targetRef;
  const kind = targetKinds.find(([group, kind]) => refersTo(targetRef, group, kind))?.[1];
  switch (kind) {
    case undefined:
      return undefined;
    case 'Server':
    case 'Namespace':
      return { kind, name };
    case 'HTTPRoute':
    case 'GRPCRoute':
      return { kind, group: groupOf(targetRef), name };
  }
}

/** In the order of the webhook's rules (docs/spec/control-plane.md §2.2). Undefined when a reference cannot be understood. */
function convertRefs(spec: Spec, ownNamespace: string, issues: Issues): AuthenticationRef[] | undefined {
  const refs = spec.requiredAuthenticationRefs.map((written, i) => {
    const kind = authenticationKinds.find(([group, kind]) => refersTo(written, group, kind))?.[1];
    return { kind, written, path: [...refsPath, i] };
  });
  const of = (kind: AuthenticationRef['kind']): typeof refs => refs.filter((ref) => ref.kind === kind);
  const [mesh, accounts, networks] = [of('MeshTLSAuthentication'), of('ServiceAccount'), of('NetworkAuthentication')];
  const listHelp =
    'all references have to hold; to permit one OR the other, list them in one authentication, or write two policies';
  if (mesh.length > 1)
    issues.rule('DW0402', mesh[1]?.path ?? refsPath, 'only a single MeshTLSAuthentication may be set', {
      help: listHelp,
    });
  if (accounts.length > 1) {
    issues.rule('DW0403', accounts[1]?.path ?? refsPath, 'only a single ServiceAccount may be set', {
      help: 'list the accounts in `identityRefs` of a MeshTLSAuthentication',
    });
  }
  if (mesh.length > 0 && accounts.length > 0) {
    issues.rule(
      'DW0404',
      accounts[0]?.path ?? refsPath,
      'a MeshTLSAuthentication and ServiceAccount may not be set together',
      {
        help: 'add the account to the `identityRefs` of the MeshTLSAuthentication',
      },
    );
  }
  if (networks.length > 1)
    issues.rule('DW0405', networks[1]?.path ?? refsPath, 'only a single NetworkAuthentication may be set', {
      help: listHelp,
    });
  const unknown = refs.filter((ref) => ref.kind === undefined);
  if (unknown[0]) {
    issues.error(
      'DW0406',
      [...unknown[0].path, 'kind'],
      `unsupported authentication kind(s): ${unknown.map((ref) => canonicalKind(ref.written)).join(', ')}`,
      {
        help: helpForAuthentication(unknown[0].written),
      },
    );
    return undefined;
  }
  return refs.flatMap(({ kind, written }) =>
    kind ? [{ kind, namespace: written.namespace || ownNamespace, name: written.name }] : [],
  );
}

function helpForTarget(written: Reference): string {
  if (written.kind.toLowerCase() === 'pod' || written.kind.toLowerCase() === 'deployment')
    return 'select the pods with a Server and target that';
  return (
    helpForGroup(written, targetKinds) ??
    didYouMean(
      written.kind,
      targetKinds.map(([, kind]) => kind),
    ) ??
    'a policy targets a Server, an HTTPRoute, a GRPCRoute or its own Namespace'
  );
}

function helpForAuthentication(written: Reference): string {
  return (
    helpForGroup(written, authenticationKinds) ??
    didYouMean(
      written.kind,
      authenticationKinds.map(([, kind]) => kind),
    ) ??
    'refer to a MeshTLSAuthentication, a NetworkAuthentication or a ServiceAccount'
  );
}

/** The kind is right and the group is not: by far the commonest slip, since the group is left out so easily. */
function helpForGroup(written: Reference, kinds: readonly (readonly [string, string])[]): string | undefined {
  const match = kinds.find(([, kind]) => kind.toLowerCase() === written.kind.toLowerCase());
  if (!match) return undefined;
  return match[0] === coreGroup
    ? `leave out \`group\`: ${match[1]} belongs to the core group`
    : `add \`group: ${match[0]}\``;
}
