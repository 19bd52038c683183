/** Certificate signing requests: the one that a proxy makes, and the check of those that others send (docs/spec/data-plane.md §8.1). */
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Attribute,
  Extension,
  Extensions,
  GeneralName,
  Name,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  id_ce_subjectAltName,
} from '@peculiar/asn1-x509';
import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { derElements } from './der.js';
import { parseIdentityName, type PeerIdentity } from './subject-names.js';

const extensionRequest = '1.2.840.113549.1.9.14';
const idCommonName = '2.5.4.3';
export const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
/** Signatures of requests: ECDSA with SHA-256, SHA-384 or SHA-512. */
const requestHashes: ReadonlyMap<string, string> = new Map([
  [ecdsaWithSha256, 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);
/** Keys that TLS 1.3 has a signature scheme for. OpenSSL's names. */
const namedCurves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
/** A request of one name and one P-521 key has below 1 KiB; the rest is room for attributes that we ignore. */
const longestRequest = 16 * 1024;

export interface KeyAndRequest {
  readonly privateKey: KeyObject;
  /** PKCS#8 */
  readonly keyPem: string;
  /** PKCS#10, DER. */
  readonly csrDer: Buffer;
}

/**
 * A new P-256 key and the request for a certificate that names `identity`, a DNS name or a URI. The subject stays empty: common
 * names end at 64 characters, identities don't.
 *
 * @throws RangeError if `identity` is no name that a certificate could prove
 */
export function createKeyAndRequest(identity: string): KeyAndRequest {
  const name = parseIdentityName(identity);
  if (name === undefined) throw new RangeError(`\`${identity}\` is neither a DNS name nor a URI`);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const request = new Extensions([subjectAltNameExtension(name, true)]);
  const info = new CertificationRequestInfo({
    subject: new Name(),
    subjectPKInfo: subjectPublicKeyInfo(publicKey),
    attributes: new Attributes([new Attribute({ type: extensionRequest, values: [AsnConvert.serialize(request)] })]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(info)), privateKey);
  const csr = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    signature: arrayBuffer(signature),
  });
  return {
    privateKey,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    csrDer: Buffer.from(AsnConvert.serialize(csr)),
  };
}

export type RequestCheck =
  | { readonly kind: 'ok'; readonly publicKey: KeyObject; readonly commonName: boolean }
  /** No request at all. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /** A request, but not one for this name alone. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Whether a request asks for `identity` and nothing else: exactly one name, of the right kind and equal to it; a common name only
 * if it is the same; an ECDSA key; signed with that key. Everything else that a request may ask for is ignored, not granted.
 */
export function checkRequest(csrDer: Uint8Array, identity: PeerIdentity): RequestCheck {
  let csr: CertificationRequest;
  let publicKey: KeyObject;
  let names: GeneralName[];
  try {
    csr = parseRequest(csrDer);
    publicKey = createPublicKey({
      key: Buffer.from(AsnConvert.serialize(csr.certificationRequestInfo.subjectPKInfo)),
      format: 'der',
      type: 'spki',
    });
    names = requestedNames(csr);
  } catch {
    // Whatever a parser objects to in these bytes, they are the client's and the answer is the same.
    return { kind: 'malformed', reason: 'the certificate signing request is not readable as PKCS#10' };
  }
  const refused = (reason: string): RequestCheck => ({ kind: 'refused', reason });
  const wrongName = nameProblem(names, identity);
  if (wrongName !== undefined) return refused(wrongName);
  const commonNames = subjectCommonNames(csr);
  if (!commonNames.every((name) => name === '' || name === identity.name))
    return refused(`the common name is \`${commonNames.join(', ')}\`, not \`${identity.name}\``);
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  if (publicKey.asymmetricKeyType !== 'ec' || curve === undefined || !namedCurves.has(curve))
    return refused('the key is not ECDSA on P-256, P-384 or P-521');
  if (!signedBy(csr, publicKey)) return refused('the request is not signed with its own key');
  return { kind: 'ok', publicKey, commonName: commonNames.includes(identity.name) };
}

function parseRequest(csrDer: Uint8Array): CertificationRequest {
  const [request, ...rest] = csrDer.length > longestRequest ? [] : (derElements(csrDer) ?? []);
  // The library would not mind another tag, or bytes behind.
  if (request?.tag !== 0x30 || rest.length > 0) throw new Error('not one DER sequence');
  return AsnConvert.parse(csrDer, CertificationRequest);
}

function requestedNames(csr: CertificationRequest): GeneralName[] {
  // The library types attributes as present, but leaves them out if the request does.
  const attributes: Iterable<Attribute> | undefined = csr.certificationRequestInfo.attributes;
  const names: GeneralName[] = [];
  for (const { type, values } of attributes ?? []) {
    if (type !== extensionRequest) continue;
    for (const value of values) {
      for (const { extnID, extnValue } of AsnConvert.parse(value, Extensions)) {
        if (extnID === id_ce_subjectAltName) names.push(...AsnConvert.parse(extnValue.buffer, SubjectAlternativeName));
      }
    }
  }
  return names;
}

function nameProblem(names: readonly GeneralName[], { kind, name }: PeerIdentity): string | undefined {
  const [only] = names;
  if (only === undefined) return 'the request names nobody';
  if (names.length > 1) return `the request has ${names.length} names; it may have one`;
  const asked = kind === 'dns' ? only.dNSName : only.uniformResourceIdentifier;
  if (asked === undefined) return `the name in the request is not a ${kind === 'dns' ? 'DNS name' : 'URI'}`;
  return asked === name ? undefined : `the request is for \`${asked}\`, not for \`${name}\``;
}

function subjectCommonNames(csr: CertificationRequest): string[] {
  const names: string[] = [];
  for (const part of csr.certificationRequestInfo.subject) {
    for (const { type, value } of part) if (type === idCommonName) names.push(value.toString());
  }
  return names;
}

function signedBy(csr: CertificationRequest, publicKey: KeyObject): boolean {
  const hash = requestHashes.get(csr.signatureAlgorithm.algorithm);
  const signed = csr.certificationRequestInfoRaw;
  if (hash === undefined || signed === undefined) return false;
  return verify(hash, Buffer.from(signed), publicKey, Buffer.from(csr.signature));
}

/** `critical` where the subject is empty: then this is the only name (RFC 5280 §4.2.1.6). */
export function subjectAltNameExtension({ kind, name }: PeerIdentity, critical: boolean): Extension {
  const general = new GeneralName(kind === 'dns' ? { dNSName: name } : { uniformResourceIdentifier: name });
  return extension(id_ce_subjectAltName, new SubjectAlternativeName([general]), critical);
}

export function extension(extnID: string, value: object, critical: boolean): Extension {
  const made = new Extension({ extnID, critical });
  made.extnValue.buffer = AsnConvert.serialize(value);
  return made;
}

export function subjectPublicKeyInfo(publicKey: KeyObject): SubjectPublicKeyInfo {
  return AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
}

/** The bytes in a buffer of their own, as the ASN.1 library wants them. */
export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
