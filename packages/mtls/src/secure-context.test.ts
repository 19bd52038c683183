import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { TLSSocket, connect, type ConnectionOptions, type SecureContext } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueCertificate, type CertificateAuthority } from './certificate.js';
import { createKeyAndRequest, checkRequest } from './certificate-request.js';
import { pemOfChain } from './pem.js';
import {
  meshClient,
  meshSecureContext,
  requestClientCertificate,
  verifyServer,
  type Credentials,
  type MeshClient,
} from './secure-context.js';
import { openState } from './state-folder.js';
import { parseIdentityName } from './subject-names.js';
import { listenLocally } from './testing/listen.js';
import { scratchFolder } from './testing/folder.js';

function issue(ca: CertificateAuthority, name: string, now = new Date()): Credentials {
  const identity = parseIdentityName(name);
  const { keyPem, csrDer } = createKeyAndRequest(name);
  const request = identity && checkRequest(csrDer, identity);
  if (identity === undefined || request?.kind !== 'ok') throw new Error('no request');
  const { leafDer, chainDer } = issueCertificate(ca, { ...request, identity, lifetimeSec: 60, clockSkewSec: 10, now });
  return { keyPem, certPem: pemOfChain([leafDer, ...chainDer]) };
}

interface Heard {
  /** What the client read, or the error that ended it. */
  readonly heard: string;
  /** Of the server's certificate. */
  readonly fingerprint: string | undefined;
  readonly reused: boolean | undefined;
}

describe('mesh TLS', () => {
  let ca: CertificateAuthority;
  let stranger: CertificateAuthority;
  /** What new handshakes use; a test may replace it. */
  let context: SecureContext;
  let clients: MeshClient[];
  let sockets: Socket[];
  let port: number;
  const server = createServer((socket) => {
    sockets.push(socket);
    // As the proxy does it: read the hello, put it back, then take part.
    socket.once('data', (hello) => {
      socket.pause();
      socket.unshift(hello);
      const stream = new TLSSocket(socket, { ...requestClientCertificate, secureContext: context });
      stream.on('error', () => {});
      stream.once('secure', () => {
        const client = meshClient(stream);
        clients.push(client);
        if (client.kind === 'refused') stream.destroy();
        else stream.end('welcome');
      });
    });
  });

  beforeEach(async () => {
    ca = (await openState(await scratchFolder())).ca;
    stranger = (await openState(await scratchFolder())).ca;
    context = meshSecureContext(issue(ca, 'web.example'), ca.certPem);
    clients = [];
    sockets = [];
    port = await listenLocally(server);
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  async function dial(options: ConnectionOptions = {}): Promise<Heard> {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'web.example',
      ca: ca.certPem,
      checkServerIdentity: verifyServer('web.example'),
      ...options,
    });
    let heard = '';
    let fingerprint: string | undefined;
    let reused: boolean | undefined;
    socket.on('secureConnect', () => {
      fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
      reused = socket.isSessionReused();
    });
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('error', (error) => (heard = error.message));
    await new Promise((resolve) => socket.once('close', resolve));
    return { heard, fingerprint, reused };
  }

  it('works between two identities of one CA, and each learns who the other is', async () => {
    const { heard } = await dial({ secureContext: meshSecureContext(issue(ca, 'voting.example'), ca.certPem) });
    expect([heard, clients]).toEqual([
      'welcome',
      [{ kind: 'verified', identity: { kind: 'dns', name: 'voting.example' } }],
    ]);
  });

  it('knows a URI identity', async () => {
    await dial({ secureContext: meshSecureContext(issue(ca, 'spiffe://example/vm'), ca.certPem) });
    expect(clients).toEqual([{ kind: 'verified', identity: { kind: 'uri', name: 'spiffe://example/vm' } }]);
  });

  it('lets in who shows no certificate, without a name', async () => {
    expect((await dial()).heard).toBe('welcome');
    expect(clients).toEqual([{ kind: 'anonymous' }]);
  });

  it('refuses who shows a certificate of another CA, or an expired one', async () => {
    const strange = issue(stranger, 'voting.example');
    const expired = issue(ca, 'voting.example', new Date(Date.now() - 80_000));
    // The CA of these two is valid, their own time is over.
    for (const { certPem, keyPem } of [strange, expired]) {
      const { heard } = await dial({ cert: certPem, key: keyPem });
      expect(heard).not.toBe('welcome');
    }
    expect(clients).toEqual([
      { kind: 'refused', reason: expect.stringMatching(/certificate/) },
      { kind: 'refused', reason: 'certificate has expired' },
    ]);
  });

  it('is TLS 1.3 only', async () => {
    expect((await dial({ maxVersion: 'TLSv1.2' })).heard).toMatch(/version/);
    expect((await dial({ maxVersion: 'TLSv1.3' })).heard).toBe('welcome');
  });

  it('is refused by a client that wanted somebody else, or trusts another CA', async () => {
    expect((await dial({ checkServerIdentity: verifyServer('voting.example') })).heard).toBe(
      'certificate does not match TLS identity `voting.example`',
    );
    expect((await dial({ ca: stranger.certPem })).heard).toMatch(/certificate/);
  });

  it('shows a new certificate to new connections once it is replaced', async () => {
    const before = await dial();
    context = meshSecureContext(issue(ca, 'web.example'), ca.certPem);
    const after = await dial();
    expect([before.heard, after.heard]).toEqual(['welcome', 'welcome']);
    expect(after.fingerprint).not.toBe(before.fingerprint);
  });

  it('resumes no session: each connection is checked in full', async () => {
    const first = connect({
      host: '127.0.0.1',
      port,
      servername: 'web.example',
      ca: ca.certPem,
      checkServerIdentity: () => undefined,
    });
    first.resume();
    const [[session]] = await Promise.all([once(first, 'session'), once(first, 'close')]);
    const { heard, reused } = await dial({ session });
    expect([heard, reused]).toEqual(['welcome', false]);
    expect(clients).toHaveLength(2);
  });
});
