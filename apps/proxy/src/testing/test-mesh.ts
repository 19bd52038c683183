/** A mesh of its own for a test: a CA in a temporary folder, and a Certify service on a real port that issues from it. */
import {
  checkRequest,
  createKeyAndRequest,
  issueCertificate,
  openState,
  parseIdentityName,
  pemOfChain,
  signJoinToken,
  verifyJoinToken,
  type Credentials,
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
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostPort } from '@doorward/telemetry';

/** Names of the workloads of the tests. */
export const web = 'web.default.serviceaccount.identity.linkerd.cluster.local';
export const voting = 'voting.default.serviceaccount.identity.linkerd.cluster.local';
export const vm = 'spiffe://root.linkerd.cluster.local/vm-1';

export class TestMesh {
  /** Of the certificates that the service issues. */
  lifetimeSec = 3600;
  /** How many it has issued. */
  issued = 0;
  readonly #server = new Server();
  #port = 0;

  private constructor(
    private readonly dir: string,
    readonly state: State,
  ) {}

  static async start(): Promise<TestMesh> {
    const dir = await mkdtemp(join(tmpdir(), 'doorward-proxy-'));
    const mesh = new TestMesh(dir, await openState(join(dir, 'state')));
    await mesh.#listen();
    return mesh;
  }

  get identityService(): HostPort {
    return { host: '127.0.0.1', port: this.#port };
  }

  get trustAnchorsFile(): string {
    return join(this.state.dir, 'ca.crt');
  }

  get trustAnchorsPem(): string {
    return this.state.ca.certPem;
  }

  /** A file with a token that proves the name to the service. */
  async tokenFile(identity: string): Promise<string> {
    const file = join(this.dir, 'token');
    await writeFile(file, await signJoinToken(this.state, { identity, ttlSec: 3600 }));
    return file;
  }

  /** Key and certificate of a workload, as if the service had issued them. */
  credentials(name: string): Credentials {
    const identity = parseIdentityName(name);
    const { keyPem, csrDer } = createKeyAndRequest(name);
    if (identity === undefined) throw new Error(`${name} is no identity`);
    const { leafDer } = this.#issue(csrDer, identity.name, 60, 10);
    return { keyPem, certPem: pemOfChain([leafDer]) };
  }

  /**
   * A certificate with these subject alternative names, in OpenSSL's notation (`DNS:a,URI:spiffe://b`), or none. Our own CA never
   * issues such; others do.
   */
  async unusualCredentials(subjectAltName: string | undefined): Promise<Credentials> {
    const file = (name: string): string => join(this.dir, name);
    const san = subjectAltName === undefined ? [] : ['-addext', `subjectAltName=${subjectAltName}`];
    const { keyPem } = createKeyAndRequest(web);
    await writeFile(file('leaf.key'), keyPem);
    const request = ['req', '-new', '-key', file('leaf.key'), '-subj', `/CN=${web.slice(0, 60)}`, ...san];
    execFileSync('openssl', [...request, '-out', file('leaf.csr')]);
    const authority = ['-CA', file('state/ca.crt'), '-CAkey', file('state/ca.key'), '-CAcreateserial'];
    const signing = ['x509', '-req', '-in', file('leaf.csr'), ...authority, '-copy_extensions', 'copy', '-days', '1'];
    return { keyPem, certPem: execFileSync('openssl', signing, { stdio: ['ignore', 'pipe', 'ignore'] }).toString() };
  }

  async close(): Promise<void> {
    this.#server.forceShutdown();
    await rm(this.dir, { recursive: true });
  }

  async #listen(): Promise<void> {
    this.#server.addService(
      { certify: identityService.certify },
      {
        certify: ({ request }: { request: CertifyRequest }, reply: sendUnaryData<CertifyResponse>) => {
          this.#certify(request).then(
            (response) => reply(null, response),
            (error: unknown) => reply({ code: status.FAILED_PRECONDITION, details: String(error) }),
          );
        },
      },
    );
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  }

  async #certify({ identity, token, certificateSigningRequest }: CertifyRequest): Promise<CertifyResponse> {
    const proven = await verifyJoinToken(this.state, Buffer.from(token).toString('latin1'));
    if (proven.kind !== 'ok' || proven.identity !== identity) throw new Error('the token does not prove that name');
    const { leafDer, notAfter } = this.#issue(certificateSigningRequest, identity, this.lifetimeSec, 0);
    this.issued += 1;
    return create(CertifyResponseSchema, { leafCertificate: leafDer, validUntil: timestampFromDate(notAfter) });
  }

  #issue(
    csrDer: Uint8Array,
    name: string,
    lifetimeSec: number,
    clockSkewSec: number,
  ): ReturnType<typeof issueCertificate> {
    const identity = parseIdentityName(name);
    const request = identity && checkRequest(csrDer, identity);
    if (identity === undefined || request?.kind !== 'ok') throw new Error('not a request for that name');
    const { publicKey } = request;
    return issueCertificate(this.state.ca, { publicKey, identity, lifetimeSec, clockSkewSec });
  }
}
