/**
 * Watches the policy of ports at the controller. Keeps the last value when the controller is lost, says so once, and comes back
 * by itself (docs/spec/data-plane.md §3.4).
 */
import {
  localDefaultPolicy,
  trustLoopback,
  type DefaultPolicyName,
  type InboundPolicy,
  type IpNetwork,
} from '@doorward/core';
import type { Log } from '@doorward/telemetry';
import {
  create,
  decodeServer,
  inboundServerPolicies,
  invalidPolicy,
  PortSpecSchema,
  type FromProto,
} from '@doorward/wire';
import { Client, credentials, status, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { PolicyCell } from './policy-cell.js';

export interface PolicyClientOptions {
  /** `HOST:PORT` of the controller; plain HTTP/2, so loopback or inside the mesh. */
  readonly address: string;
  /** Sent as it is: which workload this proxy speaks for. */
  readonly workload: string;
  readonly defaultPolicy: DefaultPolicyName;
  readonly clusterNetworks: readonly IpNetwork[];
  readonly detectTimeoutMs: number;
  readonly trustLoopback: boolean;
  readonly log: Log;
}

/** Backoff between attempts: doubled from the first to the last, plus up to 10 % (docs/spec/data-plane.md §3.4). */
const backoffMinMs = 100;
const backoffMaxMs = 10_000;

export class PolicyClient {
  readonly #options: PolicyClientOptions;
  readonly #client: Client;
  readonly #ports = new Map<number, { cell: PolicyCell; watch: Watch }>();
  #connected = true;

  constructor(options: PolicyClientOptions) {
    this.#options = options;
    this.#client = new Client(options.address, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': backoffMinMs,
      'grpc.max_reconnect_backoff_ms': backoffMaxMs,
      // A controller that is there but does not answer is noticed within 8 s: until then nobody knows that edits have no effect.
      // One small frame each 5 s and connection; a proxy has one.
      'grpc.keepalive_time_ms': 5_000,
      'grpc.keepalive_timeout_ms': 3_000,
    });
  }

  /** The live policy of a port: the default until the first answer. Watched from now on. */
  watch(port: number): PolicyCell {
    const known = this.#ports.get(port);
    if (known !== undefined) return known.cell;
    const cell = new PolicyCell(localDefaultPolicy(this.#options.defaultPolicy, this.#options));
    const watch = new Watch(
      this.#client,
      { workload: this.#options.workload, port },
      {
        message: (message) => {
          this.#recovered();
          cell.set(this.#understand(message, port));
          const { name } = cell.current.server;
          this.#options.log.debug(
            { event: 'policy.received', port, server: name },
            `\`${name}\` is in force on port ${port}`,
          );
        },
        lost: (error) => this.#lost(error, port),
      },
    );
    this.#ports.set(port, { cell, watch });
    return cell;
  }

  close(): void {
    for (const { watch } of this.#ports.values()) watch.close();
    this.#client.close();
  }

  #understand(message: FromProto, port: number): InboundPolicy {
    if (message.kind === 'problem') {
      this.#options.log.warn(
        { event: 'policy.misconfigured', port, error: message.problem },
        'the controller sent a policy that cannot be understood; the port denies everything until it is mended',
      );
      return invalidPolicy;
    }
    return this.#options.trustLoopback ? trustLoopback(message.policy) : message.policy;
  }

  #lost(error: ServiceError | undefined, port: number): void {
    if (error !== undefined && isTerminal(error)) {
      this.#options.log.error(
        { event: 'policy.refused', port, code: error.code, error: error.details },
        `the controller refuses to answer for this workload (${error.details}); the policy in force stays as it is`,
      );
      return;
    }
    if (!this.#connected) return;
    this.#connected = false;
    this.#options.log.warn(
      { event: 'controller.lost', address: this.#options.address, error: error?.details ?? 'the stream ended' },
      `lost the controller at ${this.#options.address}; keeping the last policy and trying again`,
    );
  }

  #recovered(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.#options.log.info(
      { event: 'controller.recovered', address: this.#options.address },
      `the controller at ${this.#options.address} answers again`,
    );
  }
}

/** Asking again cannot help: the request itself is wrong. */
function isTerminal(error: ServiceError): boolean {
  return error.code === status.INVALID_ARGUMENT || error.code === status.FAILED_PRECONDITION;
}

interface WatchHandlers {
  readonly message: (message: FromProto) => void;
  readonly lost: (error: ServiceError | undefined) => void;
}

/** One WatchPort stream, re-opened for as long as it makes sense. */
class Watch {
  #stream: ClientReadableStream<FromProto> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #backoffMs = 0;
  #closed = false;

  constructor(
    private readonly client: Client,
    private readonly spec: { readonly workload: string; readonly port: number },
    private readonly handlers: WatchHandlers,
  ) {
    this.#open();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
  }

  #open(): void {
    const { path, requestSerialize } = inboundServerPolicies.watchPort;
    // Decoded without throwing: bytes that are no message must become a denial, not a broken stream.
    const stream = this.client.makeServerStreamRequest(
      path,
      requestSerialize,
      decodeServer,
      create(PortSpecSchema, this.spec),
    );
    this.#stream = stream;
    let over = false;
    const ended = (error?: ServiceError): void => {
      if (over || this.#closed) return;
      over = true;
      this.handlers.lost(error);
      if (error !== undefined && isTerminal(error)) return;
      this.#retry();
    };
    stream.on('data', (message: FromProto) => {
      this.#backoffMs = 0;
      this.handlers.message(message);
    });
    stream.on('error', ended);
    stream.on('end', () => ended());
  }

  /** At once the first time, then with growing pauses. */
  #retry(): void {
    const pauseMs = this.#backoffMs * (1 + Math.random() * 0.1);
    this.#backoffMs = Math.min(Math.max(this.#backoffMs * 2, backoffMinMs), backoffMaxMs);
    this.#timer = setTimeout(() => this.#open(), pauseMs);
  }
}
