import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Authorization, ClientAuthentication, IdentityMatch } from '@doorward/core';
import { ConversionError, within } from './conversion-error.js';
import type {
  Authn,
  AuthnSchema,
  Authn_PermitMeshTLS_PermitClientIdentities,
  Authz,
  AuthzSchema,
} from './generated/inbound_pb.js';
import { networkFromProto, networkToProto } from './network.js';
import { originFromLabels, originFromMetadata, originToLabels, originToMetadata } from './origin.js';

/**
 * An authorization without networks is left out: it permits nobody, and proxies refuse a whole message for it
 * (docs/spec/control-plane.md §9 Q36).
 */
export function authorizationsToProto(list: readonly Authorization[]): MessageInitShape<typeof AuthzSchema>[] {
  return list
    .filter(({ networks }) => networks.length > 0)
    .map(({ origin, networks, authentication }) => ({
      networks: networks.map(networkToProto),
      authentication: authenticationToProto(authentication),
      labels: originToLabels(origin),
      metadata: originToMetadata(origin),
    }));
}

function authenticationToProto(authentication: ClientAuthentication): MessageInitShape<typeof AuthnSchema> {
  switch (authentication.kind) {
    case 'unauthenticated':
      return { permit: { case: 'unauthenticated', value: {} } };
    case 'mesh-tls-unauthenticated':
      return { permit: { case: 'meshTLS', value: { clients: { case: 'unauthenticated', value: {} } } } };
    case 'mesh-tls': {
      const { identities } = authentication;
      return {
        permit: {
          case: 'meshTLS',
          value: {
            clients: {
              case: 'identities',
              value: {
                identities: identities.flatMap((match) => (match.kind === 'exact' ? [{ name: match.identity }] : [])),
                suffixes: identities.flatMap((match) =>
                  match.kind === 'suffix' ? [{ parts: [...match.labels] }] : [],
                ),
              },
            },
          },
        },
      };
    }
  }
}

export function authorizationsFromProto(list: readonly Authz[]): Authorization[] {
  return list.map((authz) => within('invalid authorization', () => authorizationFromProto(authz)));
}

function authorizationFromProto(authz: Authz): Authorization {
  if (authz.networks.length === 0) throw new ConversionError('missing networks');
  const networks = authz.networks.map(networkFromProto);
  const authentication = authenticationFromProto(authz.authentication);
  const origin =
    authz.metadata === undefined
      ? originFromLabels(authz.labels, 'serverauthorization')
      : originFromMetadata(authz.metadata);
  return { origin, networks, authentication };
}

function authenticationFromProto(authn: Authn | undefined): ClientAuthentication {
  const permit = authn?.permit;
  switch (permit?.case) {
    case 'unauthenticated':
      return { kind: 'unauthenticated' };
    case 'meshTLS': {
      const { clients } = permit.value;
      switch (clients.case) {
        case 'unauthenticated':
          return { kind: 'mesh-tls-unauthenticated' };
        case 'identities':
          return { kind: 'mesh-tls', identities: identitiesFromProto(clients.value) };
        case undefined:
          break;
      }
      break;
    }
    case undefined:
      break;
  }
  // Unset, or of a kind that a newer controller knows: either way nobody can say whom it permits.
  throw new ConversionError('missing authentications');
}

function identitiesFromProto(clients: Authn_PermitMeshTLS_PermitClientIdentities): IdentityMatch[] {
  return [
    ...clients.identities.map(({ name }): IdentityMatch => ({ kind: 'exact', identity: name })),
    // No parts at all: any DNS identity (docs/spec/data-plane.md §4.1).
    ...clients.suffixes.map(({ parts }): IdentityMatch => ({ kind: 'suffix', labels: parts })),
  ];
}
