import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateNames, peerIdentity } from './subject-names.js';
import { scratchFolder } from './testing/folder.js';

/** A self-signed certificate with the common name `cn.example` and these subject alternative names. */
async function certificate(...names: string[]): Promise<Buffer> {
  const key = join(await scratchFolder(), 'key.pem');
  const san = names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`];
  const args = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', key];
  const pem = execFileSync('openssl', [...args, '-subj', '/CN=cn.example', ...san], { stdio: 'pipe' });
  return new X509Certificate(pem).raw;
}

describe('the identity in a certificate (docs/spec/data-plane.md §2.3)', () => {
  it('is the first DNS or URI name that can be one, in the order of the certificate', async () => {
    const odd = ['IP:10.0.0.1', 'email:a@b.example', 'DNS:*.example', 'DNS:dotted.example.', 'DNS:10.0.0.1'];
    const der = await certificate(...odd, 'URI:spiffe://Trust.example/Web', 'DNS:Web.Example');
    expect(peerIdentity(der)).toEqual({ kind: 'uri', name: 'spiffe://Trust.example/Web' });
    expect(certificateNames(der)).toEqual(['spiffe://Trust.example/Web', 'web.example']);
    expect(peerIdentity(await certificate(...odd, 'DNS:Web.Example', 'URI:spiffe://a/b'))).toEqual({
      kind: 'dns',
      name: 'web.example',
    });
  });

  it('is nobody where no name can be one: the common name never counts', async () => {
    expect(peerIdentity(await certificate())).toBeUndefined();
    expect(peerIdentity(await certificate('IP:10.0.0.1', 'DNS:*.example'))).toBeUndefined();
  });

  it('is read from any bytes without an exception', async () => {
    const der = await certificate('DNS:web.example', 'URI:spiffe://a/b');
    const mutated = fc.tuple(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length)).map(([at, value, end]) => {
      const bytes = Uint8Array.from(der);
      bytes[at] = value;
      return end % 2 === 0 ? bytes : bytes.subarray(0, end);
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        expect(certificateNames(bytes).length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 1000 },
    );
  });
});
