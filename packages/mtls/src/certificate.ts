/** Making certificates: the root of a new CA, and leaves for those who have proven their name (docs/spec/data-plane.md §8.1). */
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extensions,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  TBSCertificate,
  Validity,
  Version,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  type Extension,
} from '@peculiar/asn1-x509';
import { X509Certificate, createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  arrayBuffer,
  ecdsaWithSha256,
  extension,
  subjectAltNameExtension,
  subjectPublicKeyInfo,
} from './certificate-request.js';
import type { PeerIdentity } from './subject-names.js';

/** The certificate that signs, and its key. */
export interface CertificateAuthority {
  readonly certPem: string;
  readonly certDer: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly privateKey: KeyObject;
}

export interface IssuedCertificate {
  readonly leafDer: Buffer;
  /** What stands between leaf and trust anchor. Empty while the CA's certificate is itself the anchor. */
  readonly chainDer: readonly Buffer[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface LeafOptions {
  readonly publicKey: KeyObject;
  readonly identity: PeerIdentity;
  /** Repeat the identity as the subject's common name, for requests that did. */
  readonly commonName?: boolean;
  /** At least 1. */
  readonly lifetimeSec: number;
  /** How far clocks may differ: added at both ends of the validity. */
  readonly clockSkewSec: number;
  /** Defaults to the current time. */
  readonly now?: Date;
}

/** The CA's own certificate has expired, or is not valid yet: nothing can be issued. */
export class AuthorityNotValid extends Error {
  override readonly name = 'AuthorityNotValid';
}

/** @throws AuthorityNotValid if nothing can be issued at this time */
export function assertAuthorityValid(ca: CertificateAuthority, now: Date): void {
  if (now < ca.notBefore) throw new AuthorityNotValid(`the CA is valid from ${ca.notBefore.toISOString()} only`);
  if (now > ca.notAfter) throw new AuthorityNotValid(`the CA has expired on ${ca.notAfter.toISOString()}`);
}

const rootLifetimeYears = 10;
/** A root is made on one machine and used on others at once, whose clocks may be behind. */
const rootSkewMs = 60 * 60 * 1000;

/** A self-signed root, valid for ten years, as PEM. `privateKey` is on P-256. */
export function createRootCertificate(privateKey: KeyObject, commonName: string, now: Date): string {
  const publicKey = createPublicKey(privateKey);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + rootLifetimeYears);
  const subject = nameOf(commonName);
  const der = signCertificate(privateKey, {
    subject,
    issuer: subject,
    publicKey,
    validity: new Validity({ notBefore: new Date(now.getTime() - rootSkewMs), notAfter }),
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(publicKey)), false),
    ],
  });
  return new X509Certificate(der).toString();
}

/**
 * A leaf for one identity, for both ends of TLS. It ends with the CA at the latest.
 *
 * @throws AuthorityNotValid
 */
export function issueCertificate(ca: CertificateAuthority, options: LeafOptions): IssuedCertificate {
  const { publicKey, identity, lifetimeSec, clockSkewSec, commonName = false, now = new Date() } = options;
  assertAuthorityValid(ca, now);
  const notBefore = wholeSeconds(now.getTime() - clockSkewSec * 1000);
  const notAfter = wholeSeconds(Math.min(now.getTime() + (lifetimeSec + clockSkewSec) * 1000, ca.notAfter.getTime()));
  const issuer = AsnConvert.parse(ca.certDer, Certificate).tbsCertificate.subject;
  const leafDer = signCertificate(ca.privateKey, {
    subject: commonName ? nameOf(identity.name) : new Name(),
    issuer,
    publicKey,
    validity: new Validity({ notBefore, notAfter }),
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth]), false),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(authorityKeyIdentifier(ca)) }),
        false,
      ),
      subjectAltNameExtension(identity, !commonName),
    ],
  });
  return { leafDer, chainDer: [], notBefore, notAfter };
}

interface Contents {
  readonly subject: Name;
  readonly issuer: Name;
  readonly publicKey: KeyObject;
  readonly validity: Validity;
  readonly extensions: Extension[];
}

function signCertificate(privateKey: KeyObject, contents: Contents): Buffer {
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: contents.issuer,
    validity: contents.validity,
    subject: contents.subject,
    subjectPublicKeyInfo: subjectPublicKeyInfo(contents.publicKey),
    extensions: new Extensions(contents.extensions),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), privateKey);
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: arrayBuffer(signature),
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

/** Random, so that no counter has to be kept; 126 bits, positive, without a leading zero octet. */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return arrayBuffer(bytes);
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: '2.5.4.3', value })])]);
}

/** SHA-1 of the key's bits: a name for the key, not a protection (RFC 5280 §4.2.1.2). */
function keyIdentifier(publicKey: KeyObject): ArrayBuffer {
  const bits = new Uint8Array(subjectPublicKeyInfo(publicKey).subjectPublicKey);
  return arrayBuffer(createHash('sha1').update(bits).digest());
}

/** What the CA's certificate calls its key, which another tool may have chosen. */
function authorityKeyIdentifier(ca: CertificateAuthority): ArrayBuffer {
  const { extensions } = AsnConvert.parse(ca.certDer, Certificate).tbsCertificate;
  const own = extensions?.find(({ extnID }) => extnID === id_ce_subjectKeyIdentifier);
  if (own === undefined) return keyIdentifier(createPublicKey(ca.privateKey));
  return AsnConvert.parse(own.extnValue.buffer, SubjectKeyIdentifier).buffer;
}

/** X.509 counts in seconds. */
function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}
