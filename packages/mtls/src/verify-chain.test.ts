import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRootCertificate, issueCertificate, type CertificateAuthority } from './certificate.js';
import { certificatesOfPem, chainProblem } from './verify-chain.js';

const now = new Date('2026-05-01T12:00:00Z');

function root(name: string, made = now): CertificateAuthority & { readonly certificate: X509Certificate } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const certPem = createRootCertificate(privateKey, name, made);
  const certificate = new X509Certificate(certPem);
  const notBefore = new Date(certificate.validFrom);
  const notAfter = new Date(certificate.validTo);
  return { certPem, certDer: certificate.raw, notBefore, notAfter, privateKey, certificate };
}

function leaf(ca: CertificateAuthority): X509Certificate {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const identity = { kind: 'dns', name: 'web.example' } as const;
  const { leafDer } = issueCertificate(ca, { publicKey, identity, lifetimeSec: 60, clockSkewSec: 10, now });
  return new X509Certificate(leafDer);
}

describe('chainProblem', () => {
  const ours = root('ours');
  const web = leaf(ours);

  it('finds the anchor among several', () => {
    expect(chainProblem(web, [], [root('other').certificate, ours.certificate], now)).toBeUndefined();
  });

  it('finds no anchor in another CA, even of the same name', () => {
    const problem = 'the certificate does not chain to a trust anchor';
    expect(chainProblem(web, [], [root('ours').certificate], now)).toBe(problem);
    expect(chainProblem(web, [ours.certificate], [root('other').certificate], now)).toBe(problem);
    expect(chainProblem(web, [], [], now)).toBe(problem);
  });

  it('knows when certificates begin and end', () => {
    const later = new Date(now.getTime() + 71_000);
    expect(chainProblem(web, [], [ours.certificate], later)).toMatch(/^the certificate is valid from .* only$/);
    const old = root('old', new Date('2000-01-01T00:00:00Z'));
    expect(chainProblem(web, [], [old.certificate], now)).toBe('the certificate does not chain to a trust anchor');
  });

  it('reads bundles', () => {
    const bundle = `# ours\n${ours.certPem}\n${root('other').certPem}`;
    expect(certificatesOfPem(bundle).map(({ subject }) => subject)).toEqual(['CN=ours', 'CN=other']);
    expect(() => certificatesOfPem('nothing')).toThrow('no certificate in PEM');
  });
});
