/** A policy controller for tests: a real gRPC server whose answers the test dictates. */
import type { InboundPolicy } from '@doorward/core';
import { encodeServer, inboundServerPolicies, type PortSpec } from '@doorward/wire';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';

type Stream = ServerWritableStream<PortSpec, Uint8Array>;

export class ScriptedController {
  readonly #server = new Server();
  readonly #streams = new Set<Stream>();
  readonly #answers = new Map<number, Uint8Array>();
  #waiting: ((spec: PortSpec) => void)[] = [];
  address = '';

  async listen(address = '127.0.0.1:0'): Promise<this> {
    this.#server.addService(
      { watchPort: inboundServerPolicies.watchPort },
      {
        watchPort: (stream: Stream) => {
          this.#streams.add(stream);
          stream.on('cancelled', () => this.#streams.delete(stream));
          const answer = this.#answers.get(stream.request.port);
          if (answer !== undefined) stream.write(answer);
          for (const resolve of this.#waiting.splice(0)) resolve(stream.request);
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    this.address = `127.0.0.1:${port}`;
    return this;
  }

  /** Answer for a port, now and to whoever watches it later. */
  set(port: number, policy: InboundPolicy | Uint8Array): void {
    const bytes = policy instanceof Uint8Array ? policy : encodeServer(policy);
    this.#answers.set(port, bytes);
    for (const stream of this.#streams) if (stream.request.port === port) stream.write(bytes);
  }

  /** The next watch that a proxy opens. */
  async nextWatch(): Promise<PortSpec> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** End every watch with an error, or in good order. */
  endWatches(error?: { readonly code: number; readonly details: string }): void {
    for (const stream of this.#streams) {
      if (error === undefined) stream.end();
      else stream.emit('error', error);
    }
    this.#streams.clear();
  }

  /** As if killed. */
  close(): void {
    this.#server.forceShutdown();
  }
}
