/** A proxy as the controller sees it: a real gRPC client on a real connection. */
import type { InboundPolicy } from '@doorward/core';
import { create, decodeServer, fromProto, inboundServerPolicies, PortSpecSchema, type Server } from '@doorward/wire';
import { Client, credentials, type ClientReadableStream, type ServiceError, type StatusObject } from '@grpc/grpc-js';

const { getPort, watchPort } = inboundServerPolicies;

function understood(server: Server): InboundPolicy {
  const read = fromProto(server);
  if (read.kind === 'problem') throw new Error(read.problem);
  return read.policy;
}

export class TestClient {
  readonly #client: Client;

  constructor(readonly address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  async get(workload: string, port: number): Promise<InboundPolicy> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        getPort.path,
        getPort.requestSerialize,
        getPort.responseDeserialize,
        create(PortSpecSchema, { workload, port }),
        (error, server) => {
          if (error !== null) reject(error);
          else if (server === undefined) reject(new Error('neither error nor message'));
          else resolve(understood(server));
        },
      );
    });
  }

  watch(workload: string, port: number): TestWatch {
    return new TestWatch(
      this.#client.makeServerStreamRequest(
        watchPort.path,
        watchPort.requestSerialize,
        watchPort.responseDeserialize,
        create(PortSpecSchema, { workload, port }),
      ),
      () => this.get(workload, port),
    );
  }

  close(): void {
    this.#client.close();
  }

  /** A request as its bytes on the stream: not compressed, length, message. */
  static request(workload: string, port: number): Buffer {
    const message = watchPort.requestSerialize(create(PortSpecSchema, { workload, port }));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  }

  /** The complete messages of a response. */
  static messages(bytes: Buffer): InboundPolicy[] {
    const policies: InboundPolicy[] = [];
    let offset = 0;
    while (bytes.length >= offset + 5) {
      const end = offset + 5 + bytes.readUInt32BE(offset + 1);
      if (bytes.length < end) break;
      const read = decodeServer(bytes.subarray(offset + 5, end));
      if (read.kind === 'problem') throw new Error(read.problem);
      policies.push(read.policy);
      offset = end;
    }
    return policies;
  }
}

export class TestWatch {
  readonly #call: ClientReadableStream<Server>;
  readonly #sync: () => Promise<unknown>;
  readonly #received: InboundPolicy[] = [];
  #wake: () => void = () => {};
  #error: ServiceError | undefined;
  #status: StatusObject | undefined;

  constructor(call: ClientReadableStream<Server>, sync: () => Promise<unknown>) {
    this.#call = call;
    this.#sync = sync;
    call.on('data', (server: Server) => {
      this.#received.push(understood(server));
      this.#wake();
    });
    call.on('error', (error: ServiceError) => {
      this.#error = error;
      this.#wake();
    });
    call.on('status', (status: StatusObject) => {
      this.#status = status;
      this.#wake();
    });
  }

  /** The next message not yet taken. Rejects with the stream's error. */
  async next(): Promise<InboundPolicy> {
    for (;;) {
      const message = this.#received.shift();
      if (message !== undefined) return message;
      if (this.#error !== undefined) throw this.#error;
      if (this.#status !== undefined) throw new Error('the stream has ended');
      await this.#something();
    }
  }

  /** The status code with which the stream ends. */
  async ended(): Promise<number> {
    while (this.#status === undefined) await this.#something();
    return this.#status.code;
  }

  /**
   * Whether nothing more has come. A question on the same connection is answered after whatever was sent before it, so there is
   * nothing to wait for.
   */
  async quiet(): Promise<boolean> {
    await this.#sync();
    return this.#received.length === 0 && this.#status === undefined;
  }

  cancel(): void {
    this.#call.cancel();
  }

  async #something(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
