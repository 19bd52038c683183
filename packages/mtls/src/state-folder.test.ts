import { X509Certificate } from 'node:crypto';
import { chmod, chown, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openState } from './state-folder.js';
import { scratchFolder } from './testing/folder.js';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('openState', () => {
  it('makes a CA in a folder that only its owner can read', async () => {
    const dir = join(await scratchFolder(), 'a', 'state');
    const state = await openState(dir, { now: new Date('2026-03-01T00:00:00Z') });
    expect([state.isNew, state.repairs]).toEqual([true, []]);
    expect((await readdir(dir)).sort()).toEqual(['ca.crt', 'ca.key', 'token.key']);
    expect([await modeOf(dir), await modeOf(join(dir, 'ca.key')), await modeOf(join(dir, 'token.key'))]).toEqual([
      '700',
      '600',
      '600',
    ]);
    const root = new X509Certificate(await readFile(join(dir, 'ca.crt')));
    expect([root.subject, root.ca, root.validTo]).toEqual([
      'CN=root.linkerd.cluster.local',
      true,
      'Mar  1 00:00:00 2036 GMT',
    ]);
  });

  // Only root can give a file away; elsewhere this cannot be shown.
  it.skipIf(process.getuid?.() !== 0)('refuses a folder or a key that belongs to somebody else', async () => {
    const dir = await scratchFolder();
    await openState(dir);
    await chown(join(dir, 'ca.key'), 65_534, 65_534);
    await expect(openState(dir)).rejects.toThrow(
      /ca\.key belongs to another user \(uid 65534, not 0\): run as its owner/,
    );
    await chown(join(dir, 'ca.key'), 0, 0);
    await chown(dir, 65_534, 65_534);
    await expect(openState(dir)).rejects.toThrow('belongs to another user');
    await chown(dir, 0, 0);
    expect((await openState(dir)).isNew).toBe(false);
  });

  it('begins no CA where one must be there', async () => {
    const dir = join(await scratchFolder(), 'state');
    await expect(openState(dir, { mustExist: true })).rejects.toThrow(/there is no CA in .*--state/);
    await expect(stat(dir)).rejects.toThrow('ENOENT');
    await openState(dir);
    expect((await openState(dir, { mustExist: true })).isNew).toBe(false);
  });

  it('names the root after the trust domain', async () => {
    const state = await openState(await scratchFolder(), { trustDomain: 'vms.example' });
    expect(new X509Certificate(state.ca.certPem).subject).toBe('CN=root.linkerd.vms.example');
  });

  it('keeps everything over a restart', async () => {
    const dir = await scratchFolder();
    const first = await openState(dir);
    const second = await openState(dir, { trustDomain: 'other' });
    expect([second.isNew, second.ca.certPem]).toEqual([false, first.ca.certPem]);
    expect(second.ca.privateKey.equals(first.ca.privateKey)).toBe(true);
    expect(second.tokenKey.equals(first.tokenKey)).toBe(true);
  });

  it('agrees on one CA when several processes begin at the same time', async () => {
    const dir = await scratchFolder();
    const states = await Promise.all(Array.from({ length: 8 }, () => openState(dir)));
    expect(new Set(states.map(({ ca }) => ca.certPem)).size).toBe(1);
    expect(new Set(states.map(({ tokenKey }) => tokenKey.export({ type: 'pkcs8', format: 'pem' }))).size).toBe(1);
    expect((await readdir(dir)).sort()).toEqual(['ca.crt', 'ca.key', 'token.key']);
  });

  it('closes what is open to others, and says so', async () => {
    const dir = await scratchFolder();
    await openState(dir);
    await chmod(dir, 0o755);
    await chmod(join(dir, 'ca.key'), 0o644);
    const { repairs } = await openState(dir);
    expect(repairs).toEqual([
      `${dir} was open to others (mode 755); it is 700 now`,
      `${join(dir, 'ca.key')} was open to others (mode 644); it is 600 now`,
    ]);
    expect([await modeOf(dir), await modeOf(join(dir, 'ca.key'))]).toEqual(['700', '600']);
    expect((await openState(dir)).repairs).toEqual([]);
  });

  it('makes a lost certificate again from its key', async () => {
    const dir = await scratchFolder();
    const before = await openState(dir);
    await rm(join(dir, 'ca.crt'));
    const after = await openState(dir);
    expect(after.ca.privateKey.equals(before.ca.privateKey)).toBe(true);
    expect(new X509Certificate(after.ca.certPem).checkPrivateKey(before.ca.privateKey)).toBe(true);
  });

  it('names file and remedy when it cannot go on', async () => {
    const dir = await scratchFolder();
    await openState(dir);
    const key = await readFile(join(dir, 'ca.key'));
    const cert = await readFile(join(dir, 'ca.crt'));

    await rm(join(dir, 'ca.key'));
    await expect(openState(dir)).rejects.toThrow(/ca\.key is missing beside .*ca\.crt: put it back, or remove/);
    await writeFile(join(dir, 'ca.key'), 'not a key');
    await expect(openState(dir)).rejects.toThrow(/ca\.key holds no private key in PEM: put it back/);
    await writeFile(join(dir, 'ca.key'), await readFile(join(dir, 'token.key')));
    await expect(openState(dir)).rejects.toThrow(/ca\.key is no P-256 key/);
    const other = await scratchFolder();
    await openState(other);
    await writeFile(join(dir, 'ca.key'), await readFile(join(other, 'ca.key')));
    await expect(openState(dir)).rejects.toThrow(/ca\.crt belongs to another key than ca\.key/);
    await writeFile(join(dir, 'ca.key'), key);
    await writeFile(join(dir, 'ca.crt'), 'not a certificate');
    await expect(openState(dir)).rejects.toThrow(/ca\.crt holds no certificate in PEM: remove it/);
    await writeFile(join(dir, 'ca.crt'), cert);
    await expect(openState(dir)).resolves.toMatchObject({ isNew: false });
    await expect(openState(join(dir, 'ca.crt'))).rejects.toThrow(/ca\.crt cannot be made: /);
  });
});
