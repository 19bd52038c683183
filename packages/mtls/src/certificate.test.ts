import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AuthorityNotValid, issueCertificate } from './certificate.js';
import { checkRequest, createKeyAndRequest } from './certificate-request.js';
import { pemOfChain } from './pem.js';
import { openState } from './state-folder.js';
import { certificateNames, parseIdentityName, peerIdentity, type PeerIdentity } from './subject-names.js';
import { scratchFolder } from './testing/folder.js';

const web: PeerIdentity = { kind: 'dns', name: 'web.emojivoto.serviceaccount.identity.linkerd.cluster.local' };
const vm: PeerIdentity = { kind: 'uri', name: 'spiffe://root.linkerd.cluster.local/vm/1' };
const day = 24 * 60 * 60;

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const freshKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;

describe('issueCertificate', () => {
  it.each([
    ['a DNS name', web, false],
    ['a DNS name that is the common name, too', web, true],
    ['a URI', vm, false],
    // Longer than a common name may be.
    [
      'a long name',
      { kind: 'dns', name: `${'a'.repeat(60)}.${'b'.repeat(60)}.serviceaccount.identity.linkerd.cluster.local` },
      false,
    ],
  ] satisfies [string, PeerIdentity, boolean][])(
    'makes what openssl accepts for %s',
    async (_, identity, commonName) => {
      const dir = await scratchFolder();
      const { ca } = await openState(dir);
      const { csrDer } = createKeyAndRequest(identity.name);
      const request = checkRequest(csrDer, identity);
      if (request.kind !== 'ok') throw new Error(request.reason);
      const issued = issueCertificate(ca, { ...request, identity, commonName, lifetimeSec: day, clockSkewSec: 10 });
      const file = join(dir, 'leaf.pem');
      await writeFile(file, pemOfChain([issued.leafDer, ...issued.chainDer]));
      for (const purpose of ['sslserver', 'sslclient']) {
        expect(openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(dir, 'ca.crt'), file)).toBe(
          `${file}: OK\n`,
        );
      }
      expect(openssl('verify', '-x509_strict', '-CAfile', join(dir, 'ca.crt'), join(dir, 'ca.crt'))).toMatch(/OK/);
      expect([peerIdentity(issued.leafDer), certificateNames(issued.leafDer)]).toEqual([identity, [identity.name]]);
    },
  );

  it('is valid from a little before now until a little after its lifetime, in whole seconds', async () => {
    const { ca } = await openState(await scratchFolder(), { now: new Date('2026-01-01T00:00:00Z') });
    const options = { publicKey: freshKey(), identity: web, lifetimeSec: day, clockSkewSec: 10 };
    const issued = issueCertificate(ca, { ...options, now: new Date('2026-05-01T12:00:00.700Z') });
    expect([issued.notBefore, issued.notAfter]).toEqual([
      new Date('2026-05-01T11:59:50Z'),
      new Date('2026-05-02T12:00:10Z'),
    ]);
    const leaf = new X509Certificate(issued.leafDer);
    expect([new Date(leaf.validFrom), new Date(leaf.validTo)]).toEqual([issued.notBefore, issued.notAfter]);
    expect([leaf.ca, leaf.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']]);
  });

  it('ends with the CA at the latest, and outside its validity issues nothing', async () => {
    const { ca } = await openState(await scratchFolder(), { now: new Date('2026-01-01T00:00:00Z') });
    const options = { publicKey: freshKey(), identity: web, lifetimeSec: day, clockSkewSec: 10 };
    const last = issueCertificate(ca, { ...options, now: new Date('2035-12-31T23:00:00Z') });
    expect(last.notAfter).toEqual(new Date('2036-01-01T00:00:00Z'));
    expect(() => issueCertificate(ca, { ...options, now: new Date('2036-01-01T00:00:01Z') })).toThrow(
      AuthorityNotValid,
    );
    expect(() => issueCertificate(ca, { ...options, now: new Date('2025-12-31T22:59:59Z') })).toThrow(
      AuthorityNotValid,
    );
  });

  it('writes dates from 2050 on in the long form', async () => {
    const dir = await scratchFolder();
    const { ca } = await openState(dir, { now: new Date('2045-01-01T00:00:00Z') });
    expect(ca.notAfter).toEqual(new Date('2055-01-01T00:00:00Z'));
  });
});

describe('parseIdentityName', () => {
  it.each([
    ['web.default', { kind: 'dns', name: 'web.default' }],
    ['Web.Default', { kind: 'dns', name: 'web.default' }],
    ['spiffe://trust.example/vm', { kind: 'uri', name: 'spiffe://trust.example/vm' }],
    ['web.default.', undefined],
    ['*.default', undefined],
    ['10.0.0.1', undefined],
    ['', undefined],
    ['spiffe://a b/c', undefined],
    ['spiffe://a/b\nc', undefined],
    ['spiffe://', { kind: 'uri', name: 'spiffe://' }],
  ])('%j is %j', (text, identity) => {
    expect(parseIdentityName(text)).toEqual(identity);
  });
});
