import { SignJWT } from 'jose';
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signJoinToken, verifyJoinToken } from './join-token.js';

const state = { tokenKey: generateKeyPairSync('ed25519').privateKey };
const other = { tokenKey: generateKeyPairSync('ed25519').privateKey };
const now = new Date('2026-05-01T12:00:00Z');
const identity = 'web.default.serviceaccount.identity.linkerd.cluster.local';
const claims = () =>
  new SignJWT().setIssuer('doorward').setSubject(identity).setJti('1').setIssuedAt(now).setExpirationTime('1h');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

describe('join tokens', () => {
  it('prove the name they were made for', async () => {
    const token = await signJoinToken(state, { identity, ttlSec: 3600, now });
    const check = await verifyJoinToken(state, `${token}\n`, later(3599));
    expect(check).toEqual({ kind: 'ok', identity, id: expect.any(String), expiresAt: later(3600) });
    expect(await verifyJoinToken(state, await signJoinToken(state, { identity, ttlSec: 3600, now }), now)).not.toEqual(
      check,
    );
  });

  it('end', async () => {
    const token = await signJoinToken(state, { identity, ttlSec: 3600, now });
    expect(await verifyJoinToken(state, token, later(3611))).toEqual({
      kind: 'refused',
      reason: 'expired',
      message: 'the token has expired on 2026-05-01T13:00:00.000Z; make a new one',
    });
  });

  it('of another CA are forged', async () => {
    const token = await signJoinToken(other, { identity, ttlSec: 3600, now });
    const forged = { kind: 'refused', reason: 'forged', message: 'the token was not signed by this CA' };
    expect(await verifyJoinToken(state, token, now)).toEqual(forged);
    // An attacker may know the public key; it must not serve as a secret.
    const secret = createSecretKey(Buffer.from('known to everybody, and long enough'));
    const symmetric = await claims().setAudience('identity.l5d.io').setProtectedHeader({ alg: 'HS256' }).sign(secret);
    expect(await verifyJoinToken(state, symmetric, now)).toEqual(forged);
  });

  it('for somebody else are not for us', async () => {
    const token = await claims().setAudience('api').setProtectedHeader({ alg: 'EdDSA' }).sign(state.tokenKey);
    expect(await verifyJoinToken(state, token, now)).toMatchObject({ kind: 'refused', reason: 'wrong-audience' });
  });

  it('without a name, or that are none, are malformed', async () => {
    const nameless = await new SignJWT()
      .setIssuer('doorward')
      .setAudience('identity.l5d.io')
      .setIssuedAt(now)
      .setExpirationTime('1h')
      .setProtectedHeader({ alg: 'EdDSA' })
      .sign(state.tokenKey);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`;
    const reasons = await Promise.all(
      [nameless, '', 'a.b.c', 'x'.repeat(10_000)].map(async (token) => verifyJoinToken(state, token, now)),
    );
    expect(reasons.map((check) => check.kind === 'refused' && check.reason)).toEqual(
      Array.from({ length: 4 }, () => 'malformed'),
    );
    expect(await verifyJoinToken(state, unsigned, now)).toMatchObject({ kind: 'refused' });
  });
});
