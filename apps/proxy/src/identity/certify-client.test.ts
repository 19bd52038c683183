import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  certificateNames,
  certificatesOfPem,
  checkRequest,
  issueCertificate,
  openState,
  parseIdentityName,
  type State,
} from '@doorward/mtls';
import {
  CertifyResponseSchema,
  create,
  identityService,
  timestampFromDate,
  type CertifyRequest,
  type CertifyResponse,
} from '@doorward/wire';
import { Server, ServerCredentials, status, type sendUnaryData } from '@grpc/grpc-js';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startIdentity, type CertifiedIdentity } from './certify-client.js';
import type { Clock } from './clock.js';

const web = 'web.default.serviceaccount.identity.linkerd.cluster.local';
const admin = 'admin.default.serviceaccount.identity.linkerd.cluster.local';
const minute = 60_000;

/** Time that a test moves. `next()` resolves with the pause that the client asks for; `run` lets it pass. */
class TestClock implements Clock {
  #nowMs = Date.now();
  #timer: { readonly delayMs: number; readonly run: () => void } | undefined;
  #waiting: ((delayMs: number) => void) | undefined;
  cancelled = 0;

  now(): Date {
    return new Date(this.#nowMs);
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { delayMs, run };
    this.#timer = timer;
    this.#waiting?.(delayMs);
    return () => {
      if (this.#timer === timer) this.cancelled += 1;
    };
  }

  async next(): Promise<number> {
    if (this.#timer !== undefined) return this.#timer.delayMs;
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  run(): void {
    const timer = this.#timer;
    if (timer === undefined) throw new Error('no timer');
    this.#timer = undefined;
    this.#waiting = undefined;
    this.#nowMs += timer.delayMs;
    timer.run();
  }
}

describe('startIdentity', () => {
  let dir: string;
  let state: State;
  let server: Server;
  let address: string;
  let clock: TestClock;
  let identity: CertifiedIdentity | undefined;
  let requests: CertifyRequest[];
  let errors: string[];
  /** What the service answers; a test may replace it. */
  let answer: (request: CertifyRequest) => CertifyResponse | { readonly code: status; readonly details: string };

  const issue = (
    { certificateSigningRequest }: CertifyRequest,
    name = web,
    lifetimeSec = 3600,
    from = state,
  ): CertifyResponse => {
    const wanted = parseIdentityName(name);
    const own = parseIdentityName(web);
    if (wanted === undefined || own === undefined) throw new Error('no name');
    const request = checkRequest(certificateSigningRequest, own);
    if (request.kind !== 'ok') throw new Error(request.reason);
    const { publicKey } = request;
    const options = { publicKey, identity: wanted, lifetimeSec, clockSkewSec: 0, now: clock.now() };
    const { leafDer, notAfter } = issueCertificate(from.ca, options);
    return create(CertifyResponseSchema, { leafCertificate: leafDer, validUntil: timestampFromDate(notAfter) });
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'doorward-certify-'));
    state = await openState(join(dir, 'state'));
    await writeFile(join(dir, 'token'), 'token-1');
    clock = new TestClock();
    requests = [];
    errors = [];
    answer = (request) => issue(request);
    server = new Server();
    server.addService(identityService, {
      certify: ({ request }: { request: CertifyRequest }, reply: sendUnaryData<CertifyResponse>) => {
        requests.push(request);
        const result = answer(request);
        if ('code' in result) reply(result);
        else reply(null, result);
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    address = `127.0.0.1:${port}`;
  });
  afterEach(async () => {
    identity?.close();
    identity = undefined;
    server.forceShutdown();
    await rm(dir, { recursive: true });
  });

  function start(overrides: Partial<Parameters<typeof startIdentity>[0]> = {}): CertifiedIdentity {
    const quiet = () => {};
    const log = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (_: object, message: string) => void errors.push(message),
    };
    identity = startIdentity({
      address,
      identity: web,
      tokenFile: join(dir, 'token'),
      trustAnchorsPem: state.ca.certPem,
      log,
      clock,
      ...overrides,
    });
    return identity;
  }

  const namesOf = (pem: string) => certificatesOfPem(pem).flatMap(({ raw }) => certificateNames(raw));

  it('gets a certificate for its name with the token in the file', async () => {
    const own = start();
    expect(own.current()).toBeUndefined();
    await own.ready;
    const current = own.current();
    expect(namesOf(current?.certPem ?? '')).toEqual([web]);
    expect(requests.map(({ identity, token }) => [identity, Buffer.from(token).toString()])).toEqual([
      [web, 'token-1'],
    ]);
    expect(errors).toEqual([]);
  });

  it('renews after 70 % of the time with the same key and the newest token, and keeps the old one meanwhile', async () => {
    const own = start();
    await own.ready;
    const first = own.current();
    const firstPause = await clock.next();
    // An hour, less the part of a second that X.509 cannot say.
    expect(firstPause).toBeGreaterThan(0.7 * 3599_000 - 1);
    expect(firstPause).toBeLessThanOrEqual(0.7 * 3600_000);

    await writeFile(join(dir, 'token'), 'token-2');
    const changed = new Promise((resolve) => own.onChange(resolve));
    clock.run();
    expect(own.current()).toBe(first);
    const second = await changed;
    expect(own.current()).toBe(second);
    expect(second).not.toEqual(first);
    expect(second).toMatchObject({ keyPem: first?.keyPem });
    expect(requests.map(({ token }) => Buffer.from(token).toString())).toEqual(['token-1', 'token-2']);
    expect(requests[1]?.certificateSigningRequest).toEqual(requests[0]?.certificateSigningRequest);
  });

  it('never waits shorter or longer than it is told', async () => {
    answer = (request) => issue(request, web, 10);
    start({ minRefreshMs: minute, maxRefreshMs: 30 * minute });
    expect(await clock.next()).toBe(minute);
    answer = (request) => issue(request, web, 48 * 3600);
    clock.run();
    expect(await clock.next()).toBe(30 * minute);
  });

  it('tries again until the service is there, soon at first', async () => {
    answer = () => ({ code: status.UNAVAILABLE, details: 'not yet' });
    const own = start({ minRefreshMs: 1000 });
    const pauses: number[] = [];
    for (let i = 0; i < 5; i++) {
      pauses.push(await clock.next());
      clock.run();
    }
    expect(pauses).toEqual([200, 400, 800, 1000, 1000]);
    expect(own.current()).toBeUndefined();
    await clock.next();
    expect(errors[0]).toBe(`Failed to obtain identity: the identity service at ${address} says: not yet`);
    answer = (request) => issue(request);
    clock.run();
    await own.ready;
    expect(own.current()).toBeDefined();
  });

  it('keeps its certificate while renewals fail, tries more often as the end comes near, and goes on after it', async () => {
    const own = start();
    await own.ready;
    const first = own.current();
    answer = () => ({ code: status.FAILED_PRECONDITION, details: 'no more' });
    const pauses: number[] = [];
    for (let i = 0; i < 12; i++) {
      pauses.push(await clock.next());
      clock.run();
    }
    expect(pauses.every((pause, i) => i === 0 || pause <= (pauses[i - 1] ?? 0))).toBe(true);
    expect(pauses.slice(-3)).toEqual([10_000, 10_000, 10_000]);
    expect(clock.now() > (first?.expiresAt ?? clock.now())).toBe(true);
    expect(own.current()).toBe(first);
    await clock.next();
    expect(errors).toHaveLength(12);
  });

  it('takes nothing that peers would not take from it', async () => {
    const stranger = await openState(join(dir, 'stranger'));
    const soon = timestampFromDate(new Date(clock.now().getTime() + minute));
    const cases: [string, typeof answer][] = [
      ['the certificate does not chain to a trust anchor', (request) => issue(request, web, 3600, stranger)],
      [`the certificate does not name \`${web}\``, (request) => issue(request, admin)],
      [
        'the certificate is for another key',
        () => create(CertifyResponseSchema, { leafCertificate: otherKeys, validUntil: soon }),
      ],
      [
        'the answer holds something that is no certificate',
        () => create(CertifyResponseSchema, { leafCertificate: Buffer.from('x'), validUntil: soon }),
      ],
      [
        'the answer says not until when the certificate is valid',
        (request) => create(CertifyResponseSchema, { leafCertificate: issue(request).leafCertificate }),
      ],
      [
        'the certificate has expired on 1970-01-01T00:00:00.000Z already',
        (request) => ({ ...issue(request), validUntil: timestampFromDate(new Date(0)) }),
      ],
      [
        'the certificate has expired on an impossible date already',
        (request) => ({ ...issue(request), validUntil: { ...soon, seconds: 2n ** 60n } }),
      ],
    ];
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const name = { kind: 'dns', name: web } as const;
    const otherKeys = issueCertificate(state.ca, {
      publicKey,
      identity: name,
      lifetimeSec: 60,
      clockSkewSec: 0,
      now: clock.now(),
    }).leafDer;
    answer = cases[0]?.[1] ?? answer;
    const own = start();
    for (const [, next] of cases.slice(1)) {
      await clock.next();
      answer = next;
      clock.run();
    }
    await clock.next();
    expect(errors).toEqual(cases.map(([reason]) => `Failed to obtain identity: ${reason}`));
    expect(own.current()).toBeUndefined();
  });

  it('says which token file it cannot use', async () => {
    const tokenFile = join(dir, 'nowhere');
    start({ tokenFile });
    await clock.next();
    await writeFile(tokenFile, '');
    clock.run();
    await clock.next();
    await writeFile(tokenFile, 'x'.repeat(70_000));
    clock.run();
    await clock.next();
    expect(errors).toEqual([
      expect.stringMatching(/^Failed to obtain identity: the token file `.*nowhere` cannot be used: ENOENT/),
      `Failed to obtain identity: the token file \`${tokenFile}\` cannot be used: it is empty`,
      `Failed to obtain identity: the token file \`${tokenFile}\` cannot be used: it has more than 65536 bytes`,
    ]);
    expect(requests).toEqual([]);
  });

  it('ends when it is closed, also before the first certificate', async () => {
    const own = start({ tokenFile: join(dir, 'nowhere') });
    await clock.next();
    own.close();
    await expect(own.ready).rejects.toThrow('closed before a certificate was issued');
    expect(clock.cancelled).toBe(1);
  });

  it('fails at once for anchors that are none', () => {
    expect(() => start({ trustAnchorsPem: 'nothing' })).toThrow('no certificate in PEM');
    expect(() => start({ identity: 'not a name' })).toThrow(RangeError);
  });
});
