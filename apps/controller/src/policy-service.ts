/**
 * `io.linkerd.proxy.inbound.InboundServerPolicies`: what the index knows, over gRPC (docs/spec/control-plane.md §5). Knows no files
 * and no objects; the errors and messages are Linkerd's, because proxies act on them.
 */
import type { InboundPolicy } from '@doorward/core';
import type { PolicyIndex, WorkloadRef } from '@doorward/index';
import { encodeServer, inboundServerPolicies, parseWorkloadToken, type PortSpec, type Server } from '@doorward/wire';
import {
  status,
  type ChannelOptions,
  type handleUnaryCall,
  type sendUnaryData,
  type Server as GrpcServer,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { LatestWriter } from './latest-writer.js';

/** For the server that the service is added to. Linkerd's controller has no limits; ours trusts no peer. */
export const serverLimits: ChannelOptions = {
  // A token is two names of at most 253 characters and some JSON.
  'grpc.max_receive_message_length': 16 * 1024,
  // A proxy has one stream for each port that it serves; pods have tens of them.
  'grpc.max_concurrent_streams': 1_000,
  // A proxy that vanished without a word would be told of changes for ever. It has to answer a ping within a minute.
  'grpc.keepalive_time_ms': 40_000,
  'grpc.keepalive_timeout_ms': 20_000,
};

/** What an error message repeats of a token: a status travels in headers, which peers limit to a few kilobytes. */
const shownTokenMax = 1_024;

type Message = Server | Uint8Array;
type Target = { readonly workload: WorkloadRef; readonly port: number };

export class PolicyService {
  readonly #index: PolicyIndex;
  /** Encoded once for all ports that have the policy, and forgotten with it. */
  readonly #encoded = new WeakMap<InboundPolicy, Buffer>();
  readonly #open = new Set<() => void>();
  #draining = false;

  constructor(index: PolicyIndex) {
    this.#index = index;
  }

  /** How many streams are open. */
  get watches(): number {
    return this.#open.size;
  }

  addTo(server: GrpcServer): void {
    const { getPort, watchPort } = inboundServerPolicies;
    const get: handleUnaryCall<PortSpec, Message> = (call, callback) => this.#getPort(call, callback);
    const watch = (call: ServerWritableStream<PortSpec, Message>) => this.#watchPort(call);
    server.addService({ getPort, watchPort }, { getPort: get, watchPort: watch });
  }

  /** Ends every stream with OK, and each that is opened from now on at once. */
  drain(): void {
    this.#draining = true;
    for (const end of this.#open) end();
  }

  #getPort(call: ServerUnaryCall<PortSpec, Message>, callback: sendUnaryData<Message>): void {
    const target = readTarget(call.request);
    if ('code' in target) return callback(target);
    const policy = this.#index.policyOf(target.workload, target.port);
    if (policy === undefined) return callback(unknownServer);
    callback(null, this.#encode(policy));
  }

  #watchPort(call: ServerWritableStream<PortSpec, Message>): void {
    const target = readTarget(call.request);
    if ('code' in target) return fail(call, target);
    const { workload, port } = target;
    const writer = new LatestWriter(call);
    const unwatch = this.#index.watch(workload, port, (policy) => {
      // The workload is gone: the stream ends with OK, and the proxy asks again in case it comes back.
      if (policy === undefined) end();
      else writer.send(this.#encode(policy));
    });
    const release = (): void => {
      unwatch();
      this.#open.delete(end);
    };
    const end = (): void => {
      release();
      writer.end();
    };
    const first = this.#index.policyOf(workload, port);
    if (first === undefined) {
      release();
      return fail(call, unknownServer);
    }
    this.#open.add(end);
    // The client is gone, or the connection is; nothing can be sent any more.
    call.on('cancelled', release);
    call.on('error', release);
    writer.send(this.#encode(first));
    if (this.#draining) end();
  }

  #encode(policy: InboundPolicy): Buffer {
    let bytes = this.#encoded.get(policy);
    if (bytes === undefined) {
      bytes = Buffer.from(encodeServer(policy));
      this.#encoded.set(policy, bytes);
    }
    return bytes;
  }
}

type Refusal = Pick<StatusObject, 'code' | 'details'>;

const unknownServer: Refusal = { code: status.NOT_FOUND, details: 'unknown server' };

/** In this order (docs/spec/control-plane.md §5.2). INVALID_ARGUMENT stops a proxy's watch for good (§9 Q35). */
function readTarget({ workload: token, port }: PortSpec): Target | Refusal {
  const workload = parseWorkloadToken(token);
  if (workload === undefined) {
    return {
      code: status.INVALID_ARGUMENT,
      details: `Invalid workload: ${shownToken(token)}`,
    };
  }
  if (port === 0 || port > 65_535) return { code: status.INVALID_ARGUMENT, details: `Invalid port: ${port}` };
  return { workload, port };
}

/** Not cut in the middle of a surrogate pair, which gRPC could not encode. */
function shownToken(token: string): string {
  return token.length <= shownTokenMax ? token : token.slice(0, shownTokenMax).replace(/[\uD800-\uDBFF]$/, '');
}

/** A stream's error is its status. */
function fail(call: ServerWritableStream<PortSpec, Message>, refusal: Refusal): void {
  call.emit('error', refusal);
}
