import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  certificateNames,
  createKeyAndRequest,
  openState,
  pemOfChain,
  signJoinToken,
  type State,
} from '@doorward/mtls';
import { CertifyRequestSchema, create, identityService, timestampDate, type CertifyResponse } from '@doorward/wire';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityDefaults } from './options.js';
import { runIdentity, type RunningIdentity } from './run-identity.js';

const web = 'web.emojivoto.serviceaccount.identity.linkerd.cluster.local';
const admin = 'admin.emojivoto.serviceaccount.identity.linkerd.cluster.local';
type Answer = { readonly code: string; readonly details: string } | { readonly response: CertifyResponse };

describe('the identity service', () => {
  let dir: string;
  let state: State;
  let service: RunningIdentity;
  let client: Client;
  let now: Date | undefined;
  const lines: { level: string; fields: object; message: string }[] = [];
  const line = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'doorward-identity-'));
    const stateDir = join(dir, 'state');
    const options = { ...identityDefaults, stateDir, listen: { host: '127.0.0.1', port: 0 } };
    service = await runIdentity(options, log, () => now ?? new Date());
    state = await openState(stateDir);
    client = new Client(service.address, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await service.close();
    await rm(dir, { recursive: true });
  });

  const tokenFor = async (identity: string, from: Pick<State, 'tokenKey'> = state, at = new Date()) =>
    signJoinToken(from, { identity, ttlSec: 3600, now: at });

  async function certify(identity: string, token: string, csr: Uint8Array): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = identityService.certify;
    const request = create(CertifyRequestSchema, {
      identity,
      token: Buffer.from(token),
      certificateSigningRequest: csr,
    });
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        (error: ServiceError | null, response) => {
          if (error !== null) resolve({ code: status[error.code], details: error.details });
          else if (response === undefined) reject(new Error('neither error nor response'));
          else resolve({ response });
        },
      );
    });
  }

  /** A request as openssl makes it. */
  async function request(
    names: string,
    key: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  ): Promise<Buffer> {
    const args = [
      'req',
      '-new',
      '-nodes',
      '-newkey',
      ...key,
      '-keyout',
      join(dir, 'key.pem'),
      '-subj',
      '/',
      '-outform',
      'DER',
    ];
    return execFileSync('openssl', [...args, '-addext', `subjectAltName=${names}`], { stdio: 'pipe' });
  }

  it('says where it listens, and that the CA is new', () => {
    expect(service.address).toMatch(/^127\.0\.0\.1:[1-9][0-9]*$/);
    expect(lines.slice(0, 2)).toEqual([
      {
        level: 'info',
        fields: { event: 'ca.opened', dir: state.dir, isNew: true, expires: state.ca.notAfter.toISOString() },
        message: `made a new CA in ${state.dir}`,
      },
      {
        level: 'info',
        fields: { event: 'identity.listening', address: service.address },
        message: `listening on ${service.address}`,
      },
    ]);
  });

  it('certifies who has a token for the name', async () => {
    const { csrDer, privateKey } = createKeyAndRequest(web);
    const answer = await certify(web, `${await tokenFor(web)}\n`, csrDer);
    if (!('response' in answer)) throw new Error(answer.details);
    const { leafCertificate, intermediateCertificates, validUntil } = answer.response;
    const leaf = new X509Certificate(leafCertificate);
    expect([certificateNames(leafCertificate), intermediateCertificates]).toEqual([[web], []]);
    expect(leaf.checkPrivateKey(privateKey)).toBe(true);
    expect(validUntil && timestampDate(validUntil)).toEqual(new Date(leaf.validTo));
    expect(new Date(leaf.validTo).getTime() - new Date(leaf.validFrom).getTime()).toBe((24 * 60 * 60 + 2 * 10) * 1000);
    await writeFile(join(dir, 'leaf.pem'), pemOfChain([leafCertificate]));
    const verified = execFileSync('openssl', [
      'verify',
      '-x509_strict',
      '-CAfile',
      join(state.dir, 'ca.crt'),
      join(dir, 'leaf.pem'),
    ]);
    expect(verified.toString()).toBe(`${join(dir, 'leaf.pem')}: OK\n`);
    expect(lines.at(-1)).toMatchObject({ level: 'info', fields: { event: 'identity.certified', identity: web } });
  });

  it('certifies a URI', async () => {
    const vm = 'spiffe://root.linkerd.cluster.local/vm/1';
    const answer = await certify(vm, await tokenFor(vm), createKeyAndRequest(vm).csrDer);
    expect('response' in answer && certificateNames(answer.response.leafCertificate)).toEqual([vm]);
  });

  it('refuses another name, two names, an address, a weak key and garbage, each with its reason', async () => {
    const token = await tokenFor(web);
    const answers = await Promise.all(
      [
        await request(`DNS:${admin}`),
        await request(`DNS:${web},DNS:${admin}`),
        await request('IP:10.0.0.1'),
        await request(`DNS:${web}`, ['rsa:2048']),
        Buffer.from('garbage'),
      ].map(async (csr) => certify(web, token, csr)),
    );
    expect(answers).toEqual([
      { code: 'FAILED_PRECONDITION', details: `the request is for \`${admin}\`, not for \`${web}\`` },
      { code: 'FAILED_PRECONDITION', details: 'the request has 2 names; it may have one' },
      { code: 'FAILED_PRECONDITION', details: 'the name in the request is not a DNS name' },
      { code: 'FAILED_PRECONDITION', details: 'the key is not ECDSA on P-256, P-384 or P-521' },
      { code: 'INVALID_ARGUMENT', details: 'the certificate signing request is not readable as PKCS#10' },
    ]);
  });

  it('refuses tokens of others, each with its reason', async () => {
    const { csrDer } = createKeyAndRequest(web);
    const stranger = {
      tokenKey: createPrivateKey(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
    };
    const tokens = [
      await tokenFor(web, state, new Date('2026-01-01T00:00:00Z')),
      await tokenFor(web, stranger),
      await tokenFor(admin),
      'garbage',
    ];
    expect(await Promise.all(tokens.map(async (token) => certify(web, token, csrDer)))).toEqual([
      {
        code: 'FAILED_PRECONDITION',
        details:
          'authentication token could not be authenticated: the token has expired on 2026-01-01T01:00:00.000Z; make a new one',
      },
      {
        code: 'FAILED_PRECONDITION',
        details: 'authentication token could not be authenticated: the token was not signed by this CA',
      },
      { code: 'FAILED_PRECONDITION', details: `the token is for \`${admin}\`, not for \`${web}\`` },
      { code: 'INVALID_ARGUMENT', details: 'the token is not readable as a signed JWT' },
    ]);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { event: 'identity.refused', identity: web } });
  });

  it('refuses what is incomplete before anything else', async () => {
    const { csrDer } = createKeyAndRequest(web);
    const token = await tokenFor(web);
    const answers = [
      await certify('', 'garbage', Buffer.from('garbage')),
      await certify(web, '', Buffer.from('garbage')),
      await certify(web, token, Buffer.alloc(0)),
      await certify('Web.Example', token, csrDer),
    ];
    expect(answers).toEqual([
      { code: 'INVALID_ARGUMENT', details: 'missing identity' },
      { code: 'INVALID_ARGUMENT', details: 'missing token' },
      { code: 'INVALID_ARGUMENT', details: 'missing certificate signing request' },
      { code: 'INVALID_ARGUMENT', details: 'identity is neither a DNS name in lower case nor a normalized URI' },
    ]);
  });

  it('issues nothing once the CA has expired', async () => {
    now = new Date(state.ca.notAfter.getTime() + 1000);
    const { csrDer } = createKeyAndRequest(web);
    const answer = await certify(web, await tokenFor(web, state, now), csrDer);
    now = undefined;
    expect(answer).toEqual({ code: 'UNKNOWN', details: `the CA has expired on ${state.ca.notAfter.toISOString()}` });
  });

  it('keeps its CA over a restart, and names an address that is taken', async () => {
    const [host, port] = service.address.split(':');
    const listen = { host: host ?? '', port: Number(port) };
    const again = { ...identityDefaults, stateDir: state.dir, listen };
    await expect(runIdentity(again, log)).rejects.toThrow(
      `the identity service (--listen) cannot use ${service.address}: the port is in use; `,
    );
    const second = await runIdentity({ ...again, listen: { host: '127.0.0.1', port: 0 } }, log);
    expect(lines.at(-2)).toMatchObject({ fields: { event: 'ca.opened', isNew: false } });
    await second.close();
    expect(await readFile(join(state.dir, 'ca.crt'), 'utf8')).toBe(state.ca.certPem);
  });
});
