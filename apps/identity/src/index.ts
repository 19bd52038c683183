/**
 * The identity service: turns a token into a certificate for the name that the token proves. Knows the Certify API and the CA in
 * a state folder; knows no policy. The command line starts it with {@link runIdentity}.
 */
export { issueToFolder, type IssuedFiles, type IssueToFolderOptions } from './issue-to-folder.js';
export {
  identityDefaults,
  parseIdentityOptions,
  type IdentityFlags,
  type IdentityOptions,
  type ParsedIdentityOptions,
} from './options.js';
export { runIdentity, type RunningIdentity } from './run-identity.js';
