/** Who a certificate says it is: its DNS and URI subject alternative names (docs/spec/data-plane.md §2.3). */
import { derElements } from './der.js';
import { isDnsName } from './dns-name.js';

/** A name proven by a certificate; the same shape as core's `ClientIdentity`. DNS names are in lower case, URIs normalized. */
export type PeerIdentity =
  | { readonly kind: 'dns'; readonly name: string }
  | { readonly kind: 'uri'; readonly name: string };

/** The first usable name in the order of the certificate; the subject's common name never counts. */
export function peerIdentity(leafDer: Uint8Array): PeerIdentity | undefined {
  return subjectNames(leafDer)[0];
}

/** All usable names: a server is who we want if one of them is the wanted one (docs/spec/data-plane.md §8.3). */
export function certificateNames(leafDer: Uint8Array): string[] {
  return subjectNames(leafDer).map(({ name }) => name);
}

/** Read a name as one who shows it in a certificate would be known; `undefined` for what no peer could be known as. */
export function parseIdentityName(text: string): PeerIdentity | undefined {
  return text.includes('://') ? uriIdentity(text) : dnsIdentity(text);
}

const subjectAltName = '551d11'; // 2.5.29.17
const tagSequence = 0x30;
const tagOid = 0x06;
const tagOctetString = 0x04;
const tagExtensions = 0xa3;
const tagDns = 0x82;
const tagUri = 0x86;

function subjectNames(leafDer: Uint8Array): PeerIdentity[] {
  const extension = subjectAltNameExtension(leafDer);
  const general = extension && derElements(extension)?.[0];
  if (general?.tag !== tagSequence) return [];
  const names: PeerIdentity[] = [];
  for (const { tag, content } of derElements(general.content) ?? []) {
    const text = Buffer.from(content).toString('latin1');
    const identity = tag === tagDns ? dnsIdentity(text) : tag === tagUri ? uriIdentity(text) : undefined;
    if (identity !== undefined) names.push(identity);
  }
  return names;
}

/** Certificate → tbsCertificate → extensions [3] → the one with the right OID → its octets. */
function subjectAltNameExtension(leafDer: Uint8Array): Uint8Array | undefined {
  const certificate = derElements(leafDer)?.[0];
  const tbs = certificate && derElements(certificate.content)?.[0];
  const wrapper = tbs && derElements(tbs.content)?.find(({ tag }) => tag === tagExtensions);
  const list = wrapper && derElements(wrapper.content)?.[0];
  for (const { content } of (list && derElements(list.content)) ?? []) {
    const parts = derElements(content) ?? [];
    const [oid] = parts;
    if (oid?.tag !== tagOid || Buffer.from(oid.content).toString('hex') !== subjectAltName) continue;
    // An optional `critical` flag stands between.
    return parts.find(({ tag }) => tag === tagOctetString)?.content;
  }
  return undefined;
}

/** Names with a trailing dot and wildcards identify nobody. */
function dnsIdentity(text: string): PeerIdentity | undefined {
  return isDnsName(text) && !text.endsWith('.') ? { kind: 'dns', name: text.toLowerCase() } : undefined;
}

function uriIdentity(text: string): PeerIdentity | undefined {
  // What a header or a log line could not carry is no name, even where a URL parser would mend it.
  if (!/^[\x21-\x7e]+$/.test(text)) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && { kind: 'uri', name: url.href };
}
