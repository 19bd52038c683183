/** The answer to a Certify request: what is checked, in which order, and with which code (docs/spec/data-plane.md §8.1). */
import {
  AuthorityNotValid,
  assertAuthorityValid,
  checkRequest,
  issueCertificate,
  parseIdentityName,
  verifyJoinToken,
  type IssuedCertificate,
  type State,
} from '@doorward/mtls';
import type { CertifyRequest } from '@doorward/wire';
import { status } from '@grpc/grpc-js';

export interface IssueOptions {
  readonly certLifetimeSec: number;
  readonly clockSkewSec: number;
}

export type CertifyResult =
  | { readonly kind: 'issued'; readonly issued: IssuedCertificate; readonly tokenId: string }
  | { readonly kind: 'refused'; readonly code: status; readonly message: string };

export async function certify(
  state: Pick<State, 'ca' | 'tokenKey'>,
  request: CertifyRequest,
  options: IssueOptions,
  now: Date,
): Promise<CertifyResult> {
  const { identity, token, certificateSigningRequest } = request;
  if (identity === '') return refused(status.INVALID_ARGUMENT, 'missing identity');
  if (token.length === 0) return refused(status.INVALID_ARGUMENT, 'missing token');
  if (certificateSigningRequest.length === 0)
    return refused(status.INVALID_ARGUMENT, 'missing certificate signing request');
  const name = parseIdentityName(identity);
  // A name that peers would know in another form would never match a policy that was written for it.
  if (name === undefined || name.name !== identity)
    return refused(status.INVALID_ARGUMENT, 'identity is neither a DNS name in lower case nor a normalized URI');

  const asked = checkRequest(certificateSigningRequest, name);
  if (asked.kind === 'malformed') return refused(status.INVALID_ARGUMENT, asked.reason);
  try {
    assertAuthorityValid(state.ca, now);
  } catch (error) {
    if (error instanceof AuthorityNotValid) return refused(status.UNKNOWN, error.message);
    throw error;
  }
  if (asked.kind === 'refused') return refused(status.FAILED_PRECONDITION, asked.reason);

  const proven = await verifyJoinToken(state, Buffer.from(token).toString('latin1'), now);
  if (proven.kind === 'refused') {
    return proven.reason === 'malformed'
      ? refused(status.INVALID_ARGUMENT, proven.message)
      : refused(status.FAILED_PRECONDITION, `authentication token could not be authenticated: ${proven.message}`);
  }
  if (proven.identity !== identity)
    return refused(status.FAILED_PRECONDITION, `the token is for \`${proven.identity}\`, not for \`${identity}\``);

  const { publicKey, commonName } = asked;
  const { certLifetimeSec: lifetimeSec, clockSkewSec } = options;
  const issued = issueCertificate(state.ca, { publicKey, identity: name, commonName, lifetimeSec, clockSkewSec, now });
  return { kind: 'issued', issued, tokenId: proven.id };
}

function refused(code: status, message: string): CertifyResult {
  return { kind: 'refused', code, message };
}
