/**
 * Unary gRPC on grpc-js with generated messages: as much of the protocol as this example needs. A method's path and its
 * two message types come from the generated code, so what is sent and what is answered are checked by the compiler.
 */
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  status,
  type ClientUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { formatAddress, type Address } from './address.js';
import { listenFault } from './listen.js';

/** What the generated code knows of a method. */
export interface UnaryMethod<Input extends DescMessage, Output extends DescMessage> {
  readonly name: string;
  readonly parent: { readonly typeName: string };
  readonly methodKind: 'unary';
  readonly input: Input;
  readonly output: Output;
}

/** A handler throws this to answer with another status than OK; anything else that is thrown is INTERNAL. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

type Call<Request> = ServerUnaryCall<Request, unknown>;

/** Makes `server` answer `method`. */
export function answer<Input extends DescMessage, Output extends DescMessage>(
  server: Server,
  method: UnaryMethod<Input, Output>,
  handle: (request: MessageShape<Input>) => MessageInitShape<Output>,
): void {
  server.register<MessageShape<Input>, MessageInitShape<Output>>(
    pathOf(method),
    (call: Call<MessageShape<Input>>, reply: sendUnaryData<MessageInitShape<Output>>) => {
      try {
        reply(null, handle(call.request));
      } catch (error) {
        const code = error instanceof Refusal ? error.code : status.INTERNAL;
        reply({ code, details: error instanceof Error ? error.message : 'unexpected error' });
      }
    },
    (response) => Buffer.from(toBinary(method.output, create(method.output, response))),
    (bytes) => fromBinary(method.input, bytes),
    'unary',
  );
}

/** Largest message either side takes, in bytes. The longest one, the whole catalogue, has about 1 KiB. */
const messageBytesMax = 64 * 1024;

export function makeServer(): Server {
  return new Server({ 'grpc.max_receive_message_length': messageBytesMax });
}

/** Listens in plain text (the proxy in front does the mTLS) and resolves to the address with the real port. */
export function listenGrpc(server: Server, listen: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.bindAsync(formatAddress(listen), ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve({ host: listen.host, port });
      else reject(listenFault(listen, error));
    });
  });
}

/** Lets calls in progress end, for a quarter of a second: they are answered from memory, so one that takes longer hangs. */
export function closeGrpc(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, 250);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}

/** How a call ended. */
export type Outcome<Response> =
  | { readonly ok: true; readonly response: Response }
  /** `status` is gRPC's name, for instance `PERMISSION_DENIED`. */
  | { readonly ok: false; readonly status: string; readonly detail: string };

/** One server, as a client sees it. It connects when first called and again whenever the connection was lost. */
export interface Peer {
  /** Never rejects. Ends with DEADLINE_EXCEEDED after two seconds. */
  call<Input extends DescMessage, Output extends DescMessage>(
    method: UnaryMethod<Input, Output>,
    request: MessageInitShape<Input>,
  ): Promise<Outcome<MessageShape<Output>>>;
  /** Ends calls in progress with CANCELLED. */
  close(): void;
}

const deadlineMs = 2_000;

export function dial(address: Address): Peer {
  const client = new Client(formatAddress(address), credentials.createInsecure(), {
    'grpc.max_receive_message_length': messageBytesMax,
    // A service that comes back is found within a second; that is cheap on one machine.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    // These addresses are on this machine: an HTTP proxy named in the environment is not the way there.
    'grpc.enable_http_proxy': 0,
    // The connection belongs to this peer alone, and ends with it.
    'grpc.use_local_subchannel_pool': 1,
  });
  const calls = new Set<ClientUnaryCall>();
  return {
    call: (method, request) =>
      new Promise((resolve) => {
        const call = client.makeUnaryRequest(
          pathOf(method),
          (message: typeof request) => Buffer.from(toBinary(method.input, create(method.input, message))),
          (bytes) => fromBinary(method.output, bytes),
          request,
          { deadline: Date.now() + deadlineMs },
          (error, response) => {
            calls.delete(call);
            if (error === null && response !== undefined) resolve({ ok: true, response });
            else resolve(failure(error));
          },
        );
        calls.add(call);
      }),
    close: () => {
      for (const call of calls) call.cancel();
      client.close();
    },
  };
}

function failure(error: ServiceError | null): Outcome<never> {
  const code = error?.code ?? status.UNKNOWN;
  return { ok: false, status: status[code], detail: error?.details ?? 'no answer' };
}

function pathOf(method: Pick<UnaryMethod<DescMessage, DescMessage>, 'name' | 'parent'>): string {
  return `/${method.parent.typeName}/${method.name}`;
}
