/**
 * Keys, certificates and names: the CA of an installation, what it issues, and what a TLS peer proves. Knows node:crypto,
 * node:tls and a state folder; knows no policy and no gRPC. The proxy, the identity service and the command line call it.
 */
export { longestHello, parseClientHello, type ClientHello } from './client-hello.js';
export { certificateNames, parseIdentityName, peerIdentity, type PeerIdentity } from './subject-names.js';
export {
  meshClient,
  meshSecureContext,
  requestClientCertificate,
  verifyServer,
  type Credentials,
  type MeshClient,
} from './secure-context.js';
