/**
 * Service definitions in the form that grpc-js takes for servers (`addService`) and clients
 * (`makeGenericClientConstructor`, `makeUnaryRequest`). grpc-js itself is not needed to write them down.
 */
import { fromBinary, toBinary, type DescMessage, type DescMethod, type MessageShape } from '@bufbuild/protobuf';
import { Identity, type CertifyRequestSchema, type CertifyResponseSchema } from './generated/identity_pb.js';
import { InboundServerPolicies, type PortSpecSchema, type ServerSchema } from './generated/inbound_pb.js';

/** A message that the peer sent and that is none. gRPC answers it with an error status; it never carries anything else. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

export interface Method<Request, Response> {
  /** `/PACKAGE.SERVICE/METHOD` */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Request | Uint8Array) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  /** Bytes count as already encoded and are sent as they are. */
  readonly responseSerialize: (value: Response | Uint8Array) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

type MethodOf<Input extends DescMessage, Output extends DescMessage> = Method<
  MessageShape<Input>,
  MessageShape<Output>
>;

function method<Input extends DescMessage, Output extends DescMessage>(
  descriptor: DescMethod & { readonly input: Input; readonly output: Output },
): MethodOf<Input, Output> {
  const { input, output, methodKind } = descriptor;
  return {
    path: `/${descriptor.parent.typeName}/${descriptor.name}`,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: serializer(input),
    requestDeserialize: deserializer(input),
    responseSerialize: serializer(output),
    responseDeserialize: deserializer(output),
  };
}

function serializer<Desc extends DescMessage>(schema: Desc): (value: MessageShape<Desc> | Uint8Array) => Buffer {
  return (value) => asBuffer(value instanceof Uint8Array ? value : toBinary(schema, value));
}

function deserializer<Desc extends DescMessage>(schema: Desc): (bytes: Buffer) => MessageShape<Desc> {
  return (bytes) => {
    try {
      return fromBinary(schema, bytes);
    } catch (error) {
      throw new MalformedMessage(`malformed ${schema.name} message`, { cause: error });
    }
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `io.linkerd.proxy.inbound.InboundServerPolicies`, docs/spec/control-plane.md §5.1. */
export const inboundServerPolicies: {
  readonly getPort: MethodOf<typeof PortSpecSchema, typeof ServerSchema>;
  readonly watchPort: MethodOf<typeof PortSpecSchema, typeof ServerSchema>;
} = {
  getPort: method(InboundServerPolicies.method.getPort),
  watchPort: method(InboundServerPolicies.method.watchPort),
};

/** `io.linkerd.proxy.identity.Identity`, docs/spec/data-plane.md §8.1. */
export const identityService: {
  readonly certify: MethodOf<typeof CertifyRequestSchema, typeof CertifyResponseSchema>;
} = {
  certify: method(Identity.method.certify),
};
