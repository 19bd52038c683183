/**
 * Keys, certificates and names: the CA of an installation, what it issues, and what a TLS peer proves. Knows node:crypto,
 * node:tls and a state folder; knows no policy and no gRPC. The proxy, the identity service and the command line call it.
 */
export {
  AuthorityNotValid,
  assertAuthorityValid,
  issueCertificate,
  type CertificateAuthority,
  type IssuedCertificate,
  type LeafOptions,
} from './certificate.js';
export { checkRequest, createKeyAndRequest, type KeyAndRequest, type RequestCheck } from './certificate-request.js';
export { longestHello, parseClientHello, type ClientHello } from './client-hello.js';
export {
  identityAudience,
  signJoinToken,
  verifyJoinToken,
  type JoinTokenCheck,
  type JoinTokenOptions,
} from './join-token.js';
export { pemOfChain } from './pem.js';
export {
  meshClient,
  meshSecureContext,
  requestClientCertificate,
  verifyServer,
  type Credentials,
  type MeshClient,
} from './secure-context.js';
export { StateError, openState, type State, type StateOptions } from './state-folder.js';
export { certificateNames, parseIdentityName, peerIdentity, type PeerIdentity } from './subject-names.js';
export { certificatesOfPem, chainProblem } from './verify-chain.js';
