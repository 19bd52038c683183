/** The whole message, in both directions. */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import type { Duration, DurationSchema } from '@bufbuild/protobuf/wkt';
import type { InboundPolicy, InboundProtocol } from '@doorward/core';
import { authorizationsFromProto, authorizationsToProto } from './authorization.js';
import { ConversionError } from './conversion-error.js';
import { ServerSchema, type ProxyProtocolSchema, type Server } from './generated/inbound_pb.js';
import { originFromLabels, originToLabels } from './origin.js';
import { rateLimitFromProto, rateLimitToProto } from './rate-limit.js';
import { grpcRouteToProto, grpcRoutesFromProto, httpRouteToProto, httpRoutesFromProto } from './route.js';

export type FromProto =
  | { readonly kind: 'policy'; readonly policy: InboundPolicy }
  /** In Linkerd's words where Linkerd has any: `invalid authorization: missing networks`. */
  | { readonly kind: 'problem'; readonly problem: string };

/** The `Server` message that says what `policy` says (docs/spec/control-plane.md §5.4). */
export function toProto(policy: InboundPolicy): Server {
  return create(ServerSchema, {
    protocol: protocolToProto(policy.protocol),
    authorizations: authorizationsToProto(policy.authorizations),
    labels: originToLabels(policy.server),
  });
}

/** {@link toProto} as bytes: encode once, send to every watcher. */
export function encodeServer(policy: InboundPolicy): Uint8Array {
  return toBinary(ServerSchema, toProto(policy));
}

/**
 * The policy that a controller sent, or why it can't be one: one bad element makes the whole message a problem
 * (docs/spec/data-plane.md §3.3). The proxy then enforces {@link invalidPolicy}. Linkerd's standing permission for loopback
 * clients is not part of the value; see `trustLoopback` in core.
 */
export function fromProto(message: Server): FromProto {
  try {
    const authorizations = authorizationsFromProto(message.authorizations);
    const protocol = protocolFromProto(message);
    return {
      kind: 'policy',
      policy: { server: originFromLabels(message.labels, 'server'), protocol, authorizations },
    };
  } catch (error) {
    if (error instanceof ConversionError) return { kind: 'problem', problem: error.message };
    throw error;
  }
}

/** {@link fromProto} of bytes. Bytes that are no `Server` message are a problem like any other. */
export function decodeServer(bytes: Uint8Array): FromProto {
  let message: Server;
  try {
    message = fromBinary(ServerSchema, bytes);
  } catch (error) {
    // The decoder throws plain errors for every malformation; there is nothing of ours in it that could fail.
    return { kind: 'problem', problem: `malformed message: ${error instanceof Error ? error.message : String(error)}` };
  }
  return fromProto(message);
}

/**
 * What is in force where a message made no sense: every request and connection is refused (docs/spec/data-plane.md §3.3).
 * The timeout is that of the controller's detecting ports; it only says how long a silent client is kept.
 */
export const invalidPolicy: InboundPolicy = {
  server: { kind: 'default', name: 'invalid' },
  protocol: {
    kind: 'detect',
    timeoutMs: 10_000,
    routes: [
      {
        origin: { kind: 'default', name: 'invalid' },
        hosts: [],
        authorizations: [],
        rules: [{ matches: [], filters: [{ kind: 'unknown' }] }],
      },
    ],
  },
  authorizations: [],
};

function protocolToProto(protocol: InboundProtocol): MessageInitShape<typeof ProxyProtocolSchema> {
  switch (protocol.kind) {
    case 'detect': {
      const value = {
        timeout: durationToProto(protocol.timeoutMs),
        httpRoutes: protocol.routes.map(httpRouteToProto),
        ...(protocol.rateLimit && { httpLocalRateLimit: rateLimitToProto(protocol.rateLimit) }),
      };
      return { kind: { case: 'detect', value } };
    }
    case 'http1':
    case 'http2': {
      const value = {
        routes: protocol.routes.map(httpRouteToProto),
        ...(protocol.rateLimit && { localRateLimit: rateLimitToProto(protocol.rateLimit) }),
      };
      return { kind: { case: protocol.kind, value } };
    }
    case 'grpc':
      return { kind: { case: 'grpc', value: { routes: protocol.routes.map(grpcRouteToProto) } } };
    case 'opaque':
    case 'tls':
      return { kind: { case: protocol.kind, value: {} } };
  }
}

function protocolFromProto({ protocol }: Server): InboundProtocol {
  const kind = protocol?.kind;
  switch (kind?.case) {
    case 'detect': {
      const { timeout, httpRoutes, httpLocalRateLimit } = kind.value;
      return {
        kind: 'detect',
        timeoutMs: timeoutFromProto(timeout),
        routes: httpRoutesFromProto(httpRoutes),
        ...(httpLocalRateLimit && { rateLimit: rateLimitFromProto(httpLocalRateLimit) }),
      };
    }
    case 'http1':
    case 'http2': {
      const { routes, localRateLimit } = kind.value;
      return {
        kind: kind.case,
        routes: httpRoutesFromProto(routes),
        ...(localRateLimit && { rateLimit: rateLimitFromProto(localRateLimit) }),
      };
    }
    case 'grpc':
      return { kind: 'grpc', routes: grpcRoutesFromProto(kind.value.routes) };
    case 'opaque':
    case 'tls':
      return { kind: kind.case };
    case undefined:
      // Linkerd's proxy says this for a message without any protocol, too.
      throw new ConversionError('missing protocol detection timeout');
  }
}

/** The longest that a Node timer can wait, 24.8 days; it fires at once for anything longer. */
const longestTimerMs = 2 ** 31 - 1;

function durationToProto(milliseconds: number): MessageInitShape<typeof DurationSchema> {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
}

function timeoutFromProto(duration: Duration | undefined): number {
  if (duration === undefined) throw new ConversionError('missing protocol detection timeout');
  const { seconds, nanos } = duration;
  if (seconds < 0n || nanos < 0 || nanos > 999_999_999) throw new ConversionError('invalid protocol detection timeout');
  return Math.min(Number(seconds) * 1000 + nanos / 1_000_000, longestTimerMs);
}
