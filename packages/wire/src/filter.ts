/** What a route does to a request before it goes on, in both directions (docs/spec/data-plane.md §4.5). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  FailureInjector,
  GrpcFilter,
  HeaderValue,
  HttpFilter,
  RequestHeaderModifier,
  RequestRedirect,
} from '@doorward/core';
import { ConversionError, within } from './conversion-error.js';
import type * as http from './generated/http_route_pb.js';
import {
  Scheme_Registered,
  type Headers,
  type HeadersSchema,
  type Scheme,
  type SchemeSchema,
} from './generated/http_types_pb.js';
import type {
  GrpcRoute_Filter,
  GrpcRoute_FilterSchema,
  HttpRoute_Filter,
  HttpRoute_FilterSchema,
} from './generated/inbound_pb.js';
import { headerBytes, headerName, headerValue, isUriPart } from './http-text.js';

export function httpFilterToProto(filter: HttpFilter): MessageInitShape<typeof HttpRoute_FilterSchema> {
  switch (filter.kind) {
    case 'request-header-modifier':
      return { kind: { case: 'requestHeaderModifier', value: modifierToProto(filter) } };
    case 'request-redirect':
      return { kind: { case: 'redirect', value: redirectToProto(filter) } };
    case 'failure-injector': {
      const { status, message, ratio } = filter;
      return { kind: { case: 'failureInjector', value: { status, message, ratio: { ...ratio } } } };
    }
    case 'unknown':
      // A filter without a kind is unknown to whoever reads it, too.
      return {};
  }
}

export function httpFilterFromProto({ kind }: HttpRoute_Filter): HttpFilter {
  switch (kind.case) {
    case 'requestHeaderModifier':
      return modifierFromProto(kind.value);
    case 'redirect':
      return redirectFromProto(kind.value);
    case 'failureInjector':
      return within('invalid failure injector', () => {
        const { status, message, ratio } = kind.value;
        if (status < 100 || status > 999) throw new ConversionError('invalid HTTP status code: invalid status code');
        return { kind: 'failure-injector', status, message, ratio: ratioFromProto(ratio) };
      });
    case undefined:
      return { kind: 'unknown' };
  }
}

export function grpcFilterToProto(filter: GrpcFilter): MessageInitShape<typeof GrpcRoute_FilterSchema> {
  switch (filter.kind) {
    case 'request-header-modifier':
      return { kind: { case: 'requestHeaderModifier', value: modifierToProto(filter) } };
    case 'failure-injector': {
      const { status, message, ratio } = filter;
      return { kind: { case: 'failureInjector', value: { code: status, message, ratio: { ...ratio } } } };
    }
    case 'unknown':
      return {};
  }
}

export function grpcFilterFromProto({ kind }: GrpcRoute_Filter): GrpcFilter {
  switch (kind.case) {
    case 'requestHeaderModifier':
      return modifierFromProto(kind.value);
    case 'failureInjector':
      return within('invalid failure injector', () => {
        const { code, message, ratio } = kind.value;
        if (code > 65_535) throw new ConversionError('invalid gRPC status code');
        return { kind: 'failure-injector', status: code, message, ratio: ratioFromProto(ratio) };
      });
    case undefined:
      return { kind: 'unknown' };
  }
}

function modifierToProto(filter: RequestHeaderModifier): MessageInitShape<typeof http.RequestHeaderModifierSchema> {
  // `add` and `set` are present even when empty, as Linkerd's controller sends them.
  return { add: headersToProto(filter.add), set: headersToProto(filter.set), remove: [...filter.remove] };
}

function modifierFromProto({ add, set, remove }: http.RequestHeaderModifier): RequestHeaderModifier {
  return within('invalid request header modifier', () => ({
    kind: 'request-header-modifier',
    add: headersFromProto(add),
    set: headersFromProto(set),
    remove: remove.map(headerName),
  }));
}

function headersToProto(list: readonly HeaderValue[]): MessageInitShape<typeof HeadersSchema> {
  return { headers: list.map(({ name, value }) => ({ name, value: headerBytes(value) })) };
}

function headersFromProto(headers: Headers | undefined): HeaderValue[] {
  return (headers?.headers ?? []).map(({ name, value }) => ({ name: headerName(name), value: headerValue(value) }));
}

function redirectToProto(filter: RequestRedirect): MessageInitShape<typeof http.RequestRedirectSchema> {
  return {
    ...(filter.scheme !== undefined && { scheme: schemeToProto(filter.scheme) }),
    host: filter.host ?? '',
    ...(filter.path && { path: { replace: { case: filter.path.kind, value: filter.path.value } } }),
    port: filter.port ?? 0,
    // Unset is 0, the proxy's own default; Linkerd's controller writes 200 here (docs/spec/control-plane.md §9 Q17).
    status: filter.status ?? 0,
  };
}

function redirectFromProto(message: http.RequestRedirect): RequestRedirect {
  return within('invalid request redirect', () => {
    const { host, port } = message;
    if (host !== '' && !isUriPart(host)) throw new ConversionError('invalid host');
    if (port > 65_535) throw new ConversionError('invalid port number');
    const path = message.path && redirectPathFromProto(message.path);
    const status = redirectStatus(message.status);
    return {
      kind: 'request-redirect',
      ...(message.scheme && { scheme: schemeFromProto(message.scheme) }),
      ...(host !== '' && { host }),
      ...(path && { path }),
      ...(port !== 0 && { port }),
      ...(status !== undefined && { status }),
    };
  });
}

/**
 * 200 is how Linkerd's controller writes "unset" (docs/spec/control-plane.md §9 Q17), and is read so. Any other status outside
 * 300…399 is no redirect, and no Kubernetes object can ask for it.
 */
function redirectStatus(status: number): number | undefined {
  if (status === 0 || status === 200) return undefined;
  if (status < 300 || status > 399) throw new ConversionError('invalid HTTP status code: invalid status code');
  return status;
}

function redirectPathFromProto({ replace }: http.PathModifier): NonNullable<RequestRedirect['path']> {
  if (replace.case === undefined) throw new ConversionError('missing path modifier');
  if (!replace.value.startsWith('/') || !isUriPart(replace.value)) throw new ConversionError('invalid path');
  return { kind: replace.case, value: replace.value };
}

function schemeToProto(scheme: string): MessageInitShape<typeof SchemeSchema> {
  switch (scheme) {
    case 'http':
      return { type: { case: 'registered', value: Scheme_Registered.HTTP } };
    case 'https':
      return { type: { case: 'registered', value: Scheme_Registered.HTTPS } };
    default:
      return { type: { case: 'unregistered', value: scheme } };
  }
}

function schemeFromProto({ type }: Scheme): string {
  switch (type.case) {
    case 'registered':
      if (type.value === Scheme_Registered.HTTP) return 'http';
      if (type.value === Scheme_Registered.HTTPS) return 'https';
      break;
    case 'unregistered':
      // RFC 3986 §3.1
      if (/^[A-Za-z][A-Za-z0-9+\-.]*$/.test(type.value)) return type.value;
      break;
    case undefined:
      break;
  }
  throw new ConversionError('invalid HTTP scheme');
}

/** Unset: always. */
function ratioFromProto(ratio: http.Ratio | undefined): FailureInjector['ratio'] {
  if (ratio === undefined) return { numerator: 1, denominator: 1 };
  const { numerator, denominator } = ratio;
  if (denominator === 0 || numerator > denominator) throw new ConversionError('invalid ratio');
  return { numerator, denominator };
}
