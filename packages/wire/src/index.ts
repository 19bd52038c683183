/**
 * The wire between controller, identity and proxy: messages generated from `proto/`, and the conversion of `Server` messages
 * to core's `InboundPolicy` and back. Knows the format (docs/spec/control-plane.md §5, docs/spec/data-plane.md §3.3) and
 * nothing of Kubernetes, sockets or gRPC itself; controller, identity and proxy call it.
 */
export { create } from '@bufbuild/protobuf';
export { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
export {
  CertifyRequestSchema,
  CertifyResponseSchema,
  type CertifyRequest,
  type CertifyResponse,
} from './generated/identity_pb.js';
export { PortSpecSchema, ServerSchema, type PortSpec, type Server } from './generated/inbound_pb.js';
export { decodeServer, encodeServer, fromProto, invalidPolicy, toProto, type FromProto } from './server.js';
export { MalformedMessage, identityService, inboundServerPolicies, type Method } from './service.js';
export { formatWorkloadToken, parseWorkloadToken, type WorkloadToken } from './workload-token.js';
