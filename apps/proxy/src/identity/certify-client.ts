/**
 * Gets this proxy its certificate, and a new one before the old one ends (docs/spec/data-plane.md §8.2). Key and request are
 * made once, in memory; the key never leaves the process.
 */
import {
  certificateNames,
  certificatesOfPem,
  chainProblem,
  createKeyAndRequest,
  pemOfChain,
  type KeyAndRequest,
} from '@doorward/mtls';
import type { Log } from '@doorward/telemetry';
import { CertifyRequestSchema, create, identityService, timestampDate, type CertifyResponse } from '@doorward/wire';
import { Client, credentials, type ClientUnaryCall } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { systemClock, type Clock } from './clock.js';

export interface IdentityClientOptions {
  /** `HOST:PORT` of the identity service; plain HTTP/2, so loopback or inside the mesh. */
  readonly address: string;
  /** The name to prove: a DNS name in lower case, or a URI. */
  readonly identity: string;
  /** Read again for each request: whoever writes it keeps it valid. */
  readonly tokenFile: string;
  /** One or several root certificates. Fixed for the life of the process. */
  readonly trustAnchorsPem: string;
  /** Shortest pause before the next request. Linkerd: LINKERD2_PROXY_IDENTITY_MIN_REFRESH, default 10 s. */
  readonly minRefreshMs?: number;
  /** Longest pause. Linkerd: LINKERD2_PROXY_IDENTITY_MAX_REFRESH, default 24 h. */
  readonly maxRefreshMs?: number;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface Certified {
  /** The leaf, then its chain. */
  readonly certPem: string;
  /** PKCS#8 */
  readonly keyPem: string;
  readonly expiresAt: Date;
}

export interface CertifiedIdentity {
  /** Resolves with the first certificate; rejects when closed before. */
  readonly ready: Promise<void>;
  /** The newest certificate; the same object until there is another one. It stays when it has expired, as in Linkerd. */
  current(): Certified | undefined;
  /** Called with each new certificate; what is returned ends it. */
  onChange(listener: (certified: Certified) => void): () => void;
  close(): void;
}

const defaultMinRefreshMs = 10_000;
const defaultMaxRefreshMs = 24 * 60 * 60 * 1000;
/** Of the time that is left: late enough to save work, early enough for several attempts (docs/spec/data-plane.md §8.2). */
const refreshAfter = 0.7;
/** While there is no certificate nothing is served, so the first attempts come faster than Linkerd's, up to `minRefreshMs`. */
const firstRetryMs = 200;
/** A service that takes longer is stuck; asking again is better than waiting. */
const callTimeoutMs = 10_000;
/** Node fires at once for anything longer. */
const longestTimerMs = 2 ** 31 - 1;
/** Kubernetes' and our tokens have below 4 KiB. */
const longestToken = 64 * 1024;

/**
 * Start to get certificates for `identity`, until closed. Never fails for what the service or the files do: that is logged, and
 * tried again.
 *
 * @throws Error when `identity` is no name or the trust anchors are no certificates
 */
export function startIdentity(options: IdentityClientOptions): CertifiedIdentity {
  return new IdentityClient(options);
}

class IdentityClient implements CertifiedIdentity {
  readonly ready: Promise<void>;
  readonly #options: IdentityClientOptions;
  readonly #clock: Clock;
  readonly #minRefreshMs: number;
  readonly #maxRefreshMs: number;
  readonly #anchors: readonly X509Certificate[];
  readonly #request: KeyAndRequest;
  readonly #client: Client;
  readonly #listeners = new Set<(certified: Certified) => void>();
  #current: Certified | undefined;
  #retryMs = firstRetryMs;
  #lastError: string | undefined;
  #call: ClientUnaryCall | undefined;
  #cancelTimer: () => void = () => {};
  #closed = false;
  #settleReady: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };

  constructor(options: IdentityClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#minRefreshMs = options.minRefreshMs ?? defaultMinRefreshMs;
    this.#maxRefreshMs = options.maxRefreshMs ?? defaultMaxRefreshMs;
    this.#anchors = certificatesOfPem(options.trustAnchorsPem);
    this.#request = createKeyAndRequest(options.identity);
    this.#client = new Client(options.address, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': this.#minRefreshMs,
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Who closes before it is ready need not have waited for it.
    this.ready.catch(() => {});
    void this.#attempt();
  }

  current(): Certified | undefined {
    return this.#current;
  }

  onChange(listener: (certified: Certified) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#call?.cancel();
    this.#client.close();
    this.#settleReady.reject(new Error('closed before a certificate was issued'));
  }

  async #attempt(): Promise<void> {
    try {
      const response = await this.#certify(await readToken(this.#options.tokenFile));
      if (this.#closed) return;
      this.#accept(this.#check(response));
    } catch (error) {
      if (this.#closed) return;
      this.#failed(error instanceof Error ? error.message : String(error));
    }
    this.#cancelTimer = this.#clock.after(this.#pauseMs(), () => void this.#attempt());
  }

  async #certify(token: Buffer): Promise<CertifyResponse> {
    const { identity } = this.#options;
    const { path, requestSerialize, responseDeserialize } = identityService.certify;
    const request = create(CertifyRequestSchema, {
      identity,
      token,
      certificateSigningRequest: this.#request.csrDer,
    });
    if (this.#closed) throw new Error('closed');
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + callTimeoutMs;
      this.#call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        (error, response) => {
          this.#call = undefined;
          if (error !== null)
            reject(new Error(`the identity service at ${this.#options.address} says: ${error.details}`));
          else if (response === undefined) reject(new Error('the identity service answered nothing'));
          else resolve(response);
        },
      );
    });
  }

  /** What the service sent is used only if peers will take it for ours. */
  #check({ leafCertificate, intermediateCertificates, validUntil }: CertifyResponse): Certified {
    const now = this.#clock.now();
    if (validUntil === undefined) throw new Error('the answer says not until when the certificate is valid');
    const expiresAt = timestampDate(validUntil);
    if (!(expiresAt > now)) throw new Error(`the certificate has expired on ${formatDate(expiresAt)} already`);
    const leaf = readCertificate(leafCertificate);
    const problem = chainProblem(leaf, intermediateCertificates.map(readCertificate), this.#anchors, now);
    if (problem !== undefined) throw new Error(problem);
    if (!certificateNames(leaf.raw).includes(this.#options.identity))
      throw new Error(`the certificate does not name \`${this.#options.identity}\``);
    if (!leaf.checkPrivateKey(this.#request.privateKey)) throw new Error('the certificate is for another key');
    return {
      certPem: pemOfChain([leafCertificate, ...intermediateCertificates]),
      keyPem: this.#request.keyPem,
      expiresAt,
    };
  }

  #accept(certified: Certified): void {
    const { identity, log } = this.#options;
    this.#current = certified;
    this.#lastError = undefined;
    log.info(
      { event: 'identity.certified', id: identity, expires: certified.expiresAt.toISOString() },
      'Certified identity',
    );
    this.#settleReady.resolve();
    for (const listener of this.#listeners) listener(certified);
  }

  #failed(error: string): void {
    const fields = { event: 'identity.failed', id: this.#options.identity, error };
    // The fast first attempts would repeat the same words many times.
    if (this.#current === undefined && error === this.#lastError && this.#retryMs < this.#minRefreshMs) {
      this.#options.log.debug(fields, 'Failed to obtain identity');
    } else {
      this.#options.log.error(fields, `Failed to obtain identity: ${error}`);
    }
    this.#lastError = error;
  }

  #pauseMs(): number {
    if (this.#current === undefined) {
      const pause = Math.min(this.#retryMs, this.#minRefreshMs);
      this.#retryMs = Math.min(this.#retryMs * 2, this.#minRefreshMs);
      return pause;
    }
    const left = this.#current.expiresAt.getTime() - this.#clock.now().getTime();
    if (left <= 0) return this.#minRefreshMs;
    return Math.min(Math.max(left * refreshAfter, this.#minRefreshMs), this.#maxRefreshMs, longestTimerMs);
  }
}

async function readToken(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(longestToken + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead === 0) throw new Error('it is empty');
      if (bytesRead > longestToken) throw new Error(`it has more than ${longestToken} bytes`);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the token file \`${file}\` cannot be used: ${why}`, { cause: error });
  }
}

function readCertificate(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw new Error('the answer holds something that is no certificate', { cause: error });
  }
}

/** A hostile timestamp may lie outside of what a Date can say. */
function formatDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an impossible date' : date.toISOString();
}
