/**
 * Tokens with which a workload proves its name to the identity service where no Kubernetes can vouch for it: a signed statement
 * of the state folder's owner, "whoever shows this is `web.default…`, until noon".
 */
import { SignJWT, errors, jwtVerify } from 'jose';
import { createPublicKey, randomUUID } from 'node:crypto';
import type { State } from './state-folder.js';

/** The audience of Linkerd's identity tokens (docs/spec/data-plane.md §8.1). */
export const identityAudience = 'identity.l5d.io';
const algorithm = 'EdDSA';
const issuer = 'doorward';
/** Between the machine that signed and the one that verifies. */
const clockToleranceSec = 10;
/** Ours have below 400 characters. */
const longestToken = 8192;

export interface JoinTokenOptions {
  readonly identity: string;
  /** Seconds until the token is worth nothing; it is needed again at each renewal of the certificate. */
  readonly ttlSec: number;
  /** Defaults to the current time. */
  readonly now?: Date;
}

export async function signJoinToken(state: Pick<State, 'tokenKey'>, options: JoinTokenOptions): Promise<string> {
  const { identity, ttlSec, now = new Date() } = options;
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setIssuer(issuer)
    .setSubject(identity)
    .setAudience(identityAudience)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSec)
    .sign(state.tokenKey);
}

export type JoinTokenCheck =
  | { readonly kind: 'ok'; readonly identity: string; readonly id: string; readonly expiresAt: Date }
  | {
      readonly kind: 'refused';
      readonly reason: 'expired' | 'wrong-audience' | 'forged' | 'malformed';
      /** For people. */
      readonly message: string;
    };

/** Whose token it is, or why it is nobody's. `now` defaults to the current time. */
export async function verifyJoinToken(
  state: Pick<State, 'tokenKey'>,
  token: string,
  now: Date = new Date(),
): Promise<JoinTokenCheck> {
  const text = token.trim();
  if (text.length > longestToken) return refused('malformed', `the token has more than ${longestToken} characters`);
  try {
    const { payload } = await jwtVerify(text, createPublicKey(state.tokenKey), {
      algorithms: [algorithm],
      issuer,
      audience: identityAudience,
      requiredClaims: ['sub', 'jti', 'exp', 'iat'],
      clockTolerance: clockToleranceSec,
      currentDate: now,
    });
    const { sub, jti, exp } = payload;
    if (sub === undefined || jti === undefined || exp === undefined)
      return refused('malformed', 'the token lacks a claim');
    return { kind: 'ok', identity: sub, id: jti, expiresAt: new Date(exp * 1000) };
  } catch (error) {
    return whyRefused(error);
  }
}

function whyRefused(error: unknown): JoinTokenCheck {
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    const when = exp === undefined ? '' : ` on ${new Date(exp * 1000).toISOString()}`;
    return refused('expired', `the token has expired${when}; make a new one`);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refused('wrong-audience', `the token is not for \`${identityAudience}\``);
    return refused('malformed', `the token's claim \`${error.claim}\` is missing or wrong`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return refused('forged', 'the token was not signed by this CA');
  }
  if (error instanceof errors.JOSEError) return refused('malformed', 'the token is not readable as a signed JWT');
  throw error;
}

function refused(reason: 'expired' | 'wrong-audience' | 'forged' | 'malformed', message: string): JoinTokenCheck {
  return { kind: 'refused', reason, message };
}
