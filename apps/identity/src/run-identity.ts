import { openState } from '@doorward/mtls';
import { formatHostPort, listenGrpc, type Log } from '@doorward/telemetry';
import {
  CertifyResponseSchema,
  create,
  identityService,
  timestampFromDate,
  type CertifyRequest,
  type CertifyResponse,
} from '@doorward/wire';
import { Server, ServerCredentials, logVerbosity, setLogVerbosity, status, type sendUnaryData } from '@grpc/grpc-js';
import { certify } from './certify.js';
import type { IdentityOptions } from './options.js';

export interface RunningIdentity {
  /** `HOST:PORT` as it really listens. */
  readonly address: string;
  /** Finishes what is being answered, then ends. */
  close(): Promise<void>;
}

/** A name, a token and a request have below 10 KiB. */
const longestMessage = 64 * 1024;
/** Names come from the caller; so much of one goes into the log. */
const loggedName = 300;

/**
 * Run the identity service: `io.linkerd.proxy.identity.Identity/Certify` for join tokens, from a state folder.
 *
 * @param now for tests
 * @throws StateError when the folder can't be used, ListenError when the address can't be listened on
 */
export async function runIdentity(
  options: IdentityOptions,
  log: Log,
  now: () => Date = () => new Date(),
): Promise<RunningIdentity> {
  // grpc-js would write lines of its own to stderr; what matters in them comes back as errors, which are logged here.
  setLogVerbosity(logVerbosity.NONE);
  const state = await openState(options.stateDir, { trustDomain: options.trustDomain });
  for (const repair of state.repairs) log.warn({ event: 'state.repaired' }, repair);
  log.info(
    { event: 'ca.opened', dir: state.dir, isNew: state.isNew, expires: state.ca.notAfter.toISOString() },
    state.isNew ? `made a new CA in ${state.dir}` : `read the CA in ${state.dir}`,
  );

  const server = new Server({ 'grpc.max_receive_message_length': longestMessage });
  server.addService(identityService, {
    certify: ({ request }: { request: CertifyRequest }, reply: sendUnaryData<CertifyResponse>) => {
      answer(request).then(
        (response) => reply(null, response),
        (error: unknown) => reply(asServiceError(error, log)),
      );
    },
  });

  async function answer(request: CertifyRequest): Promise<CertifyResponse> {
    const identity = request.identity.slice(0, loggedName);
    const result = await certify(state, request, options, now());
    if (result.kind === 'refused') {
      const code = status[result.code];
      log.warn({ event: 'identity.refused', identity, code, reason: result.message }, 'refused to certify an identity');
      throw new Refusal(result.code, result.message);
    }
    const { leafDer, chainDer, notAfter } = result.issued;
    log.info(
      { event: 'identity.certified', identity, token: result.tokenId, expires: notAfter.toISOString() },
      'certified an identity',
    );
    return create(CertifyResponseSchema, {
      leafCertificate: leafDer,
      intermediateCertificates: [...chainDer],
      validUntil: timestampFromDate(notAfter),
    });
  }

  const credentials = ServerCredentials.createInsecure();
  const listening = await listenGrpc(server, credentials, options.listen, 'the identity service (--listen)');
  const address = formatHostPort(listening);
  log.info({ event: 'identity.listening', address }, `listening on ${address}`);
  if (!isLoopback(listening.host)) {
    log.warn(
      { event: 'identity.exposed', address },
      `tokens travel in the clear to ${address}: let nobody but this machine and the mesh reach it`,
    );
  }
  return {
    address,
    close: async () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), closeGraceMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/** A certificate is made in a few milliseconds. */
const closeGraceMs = 1_000;

class Refusal extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

function asServiceError(error: unknown, log: Log): { code: status; details: string } {
  if (error instanceof Refusal) return { code: error.code, details: error.message };
  // A fault of ours: told to the operator, not to the caller.
  log.error({ event: 'identity.fault', error: error instanceof Error ? error.stack : String(error) }, 'cannot certify');
  return { code: status.INTERNAL, details: 'internal error' };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
