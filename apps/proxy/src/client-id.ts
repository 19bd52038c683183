/** The header that names the client to the application. Only ours may arrive there (docs/spec/data-plane.md §6.1). */
export const clientIdHeader = 'l5d-client-id';

/**
 * Whether a header, in lower case, would be read as the client's name: also in spellings with `_`, since CGI and its kin take
 * the two characters for one.
 */
export function claimsClientId(name: string): boolean {
  return name.length === clientIdHeader.length && name.replaceAll('_', '-') === clientIdHeader;
}
