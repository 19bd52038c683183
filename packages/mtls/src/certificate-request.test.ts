import { createPublicKey } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRequest, createKeyAndRequest } from './certificate-request.js';
import type { PeerIdentity } from './subject-names.js';
import { scratchFolder } from './testing/folder.js';

const web: PeerIdentity = { kind: 'dns', name: 'web.default.example' };
const ecKey = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** A request as openssl makes it. */
async function request(subject: string, names: string, key: readonly string[] = ecKey): Promise<Buffer> {
  const dir = await scratchFolder();
  const file = join(dir, 'csr.der');
  const config = join(dir, 'openssl.cnf');
  await writeFile(config, '[req]\ndistinguished_name = dn\n[dn]\n');
  const args = [
    'req',
    '-new',
    '-nodes',
    '-config',
    config,
    '-newkey',
    ...key,
    '-keyout',
    join(dir, 'key.pem'),
    '-subj',
    subject,
  ];
  execFileSync(
    'openssl',
    [...args, ...(names === '' ? [] : ['-addext', `subjectAltName=${names}`]), '-outform', 'DER', '-out', file],
    {
      stdio: 'pipe',
    },
  );
  return readFile(file);
}

describe('checkRequest', () => {
  it.each([
    ['our own', async () => createKeyAndRequest(web.name).csrDer, false],
    ['with the same common name', () => request('/CN=web.default.example', 'DNS:web.default.example'), true],
    ['with an empty subject', () => request('/', 'DNS:web.default.example'), false],
    ['with other parts in the subject', () => request('/O=someone', 'DNS:web.default.example'), false],
    [
      'with a P-384 key',
      () => request('/', 'DNS:web.default.example', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']),
      false,
    ],
  ] satisfies [string, () => Promise<Buffer>, boolean][])('grants a request %s', async (_, csr, commonName) => {
    expect(checkRequest(await csr(), web)).toMatchObject({ kind: 'ok', commonName });
  });

  it.each([
    [
      'another name',
      () => request('/', 'DNS:admin.default.example'),
      'the request is for `admin.default.example`, not for `web.default.example`',
    ],
    [
      'the name in other letters',
      () => request('/', 'DNS:Web.default.example'),
      'the request is for `Web.default.example`, not for `web.default.example`',
    ],
    ['no name', () => request('/CN=web.default.example', ''), 'the request names nobody'],
    [
      'two names',
      () => request('/', 'DNS:web.default.example,DNS:admin.default.example'),
      'the request has 2 names; it may have one',
    ],
    ['an IP address', () => request('/', 'IP:10.0.0.1'), 'the name in the request is not a DNS name'],
    [
      'an IP address beside the name',
      () => request('/', 'DNS:web.default.example,IP:10.0.0.1'),
      'the request has 2 names; it may have one',
    ],
    ['an e-mail address', () => request('/', 'email:web@default.example'), 'the name in the request is not a DNS name'],
    ['a URI', () => request('/', 'URI:spiffe://web.default.example'), 'the name in the request is not a DNS name'],
    [
      'another common name',
      () => request('/CN=admin', 'DNS:web.default.example'),
      'the common name is `admin`, not `web.default.example`',
    ],
    [
      'an RSA key',
      () => request('/', 'DNS:web.default.example', ['rsa:2048']),
      'the key is not ECDSA on P-256, P-384 or P-521',
    ],
    [
      'an Ed25519 key',
      () => request('/', 'DNS:web.default.example', ['ed25519']),
      'the key is not ECDSA on P-256, P-384 or P-521',
    ],
    [
      'another signature',
      async () => withLastByteChanged(createKeyAndRequest(web.name).csrDer),
      'the request is not signed with its own key',
    ],
  ] satisfies [string, () => Promise<Buffer>, string][])('refuses %s', async (_, csr, reason) => {
    expect(checkRequest(await csr(), web)).toEqual({ kind: 'refused', reason });
  });

  it('grants a URI to a URI identity only', () => {
    const vm: PeerIdentity = { kind: 'uri', name: 'spiffe://trust.example/vm' };
    const { csrDer } = createKeyAndRequest(vm.name);
    expect(checkRequest(csrDer, vm)).toMatchObject({ kind: 'ok' });
    expect(checkRequest(csrDer, { kind: 'uri', name: 'spiffe://trust.example/other' })).toMatchObject({
      kind: 'refused',
    });
    expect(checkRequest(createKeyAndRequest(web.name).csrDer, vm)).toEqual({
      kind: 'refused',
      reason: 'the name in the request is not a URI',
    });
  });

  it('calls everything else malformed, and never throws', () => {
    const malformed = { kind: 'malformed', reason: 'the certificate signing request is not readable as PKCS#10' };
    const { csrDer, privateKey } = createKeyAndRequest(web.name);
    expect(checkRequest(Buffer.from('garbage'), web)).toEqual(malformed);
    expect(checkRequest(csrDer.subarray(0, -1), web)).toEqual(malformed);
    expect(checkRequest(Buffer.concat([csrDer, Buffer.of(0)]), web)).toEqual(malformed);
    expect(checkRequest(Buffer.alloc(20_000, 0x30), web)).toEqual(malformed);
    fc.assert(
      fc.property(fc.nat(csrDer.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(csrDer);
        changed[at] = value;
        // The parser takes some bytes for others outside of what is signed; what is granted never changes by it.
        const check = checkRequest(changed, web);
        expect(check.kind !== 'ok' || check.publicKey.equals(createPublicKey(privateKey))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** The last octet of the signature: still DER, no longer a signature. */
function withLastByteChanged(csrDer: Buffer): Buffer {
  const changed = Buffer.from(csrDer);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  return changed;
}
