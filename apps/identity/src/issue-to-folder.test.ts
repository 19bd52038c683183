import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { openState, verifyServer } from '@doorward/mtls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueToFolder, NotAName } from './issue-to-folder.js';

const web = 'web.default.serviceaccount.identity.linkerd.cluster.local';
const voting = 'voting.default.serviceaccount.identity.linkerd.cluster.local';

describe('issueToFolder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'doorward-issue-'));
  });
  afterEach(async () => rm(dir, { recursive: true }));

  it('writes what openssl verifies, the key for its owner only, and replaces it as a whole', async () => {
    const state = await openState(join(dir, 'state'));
    const outDir = join(dir, 'out', 'web');
    const first = await issueToFolder(state, { identity: web, outDir, lifetimeSec: 3600 });
    const { certFile, keyFile, caFile } = first;
    expect((await readdir(outDir)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(((await stat(keyFile)).mode & 0o777).toString(8)).toBe('600');
    const verify = () => execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', caFile, certFile]).toString();
    expect(verify()).toBe(`${certFile}: OK\n`);

    const before = await readFile(certFile, 'utf8');
    await issueToFolder(state, { identity: web, outDir, lifetimeSec: 3600 });
    expect(await readFile(certFile, 'utf8')).not.toBe(before);
    expect(verify()).toBe(`${certFile}: OK\n`);
    expect((await readdir(outDir)).length).toBe(3);
  });

  it('writes what two programs can speak mesh TLS with', async () => {
    const state = await openState(join(dir, 'state'));
    const filesOf = async (identity: string) => {
      const { certFile, keyFile, caFile } = await issueToFolder(state, {
        identity,
        outDir: join(dir, identity),
        lifetimeSec: 60,
      });
      return { cert: await readFile(certFile), key: await readFile(keyFile), ca: await readFile(caFile) };
    };
    const server = createServer(
      { ...(await filesOf(web)), requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
      (socket) => socket.end(socket.getPeerCertificate().subjectaltname ?? 'nobody'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...(await filesOf(voting)),
      checkServerIdentity: verifyServer(web),
    });
    let heard = '';
    for await (const chunk of socket) heard += String(chunk);
    server.close();
    expect(heard).toBe(`DNS:${voting}`);
  });

  it.each(['Web.Default', 'web default', '10.0.0.1', ''])(
    'refuses %j, which nobody could be known as',
    async (identity) => {
      const state = await openState(join(dir, 'state'));
      await expect(issueToFolder(state, { identity, outDir: dir, lifetimeSec: 60 })).rejects.toThrow(NotAName);
    },
  );
});
