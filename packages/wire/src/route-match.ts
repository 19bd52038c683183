/** Hosts, paths, headers, query parameters, methods and RPCs, in both directions (docs/spec/control-plane.md §5.4). */
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  compilePattern,
  type GrpcRouteMatch,
  type HeaderMatch,
  type HostMatch,
  type HttpRouteMatch,
  type PathMatch,
  type QueryParamMatch,
} from '@doorward/core';
import { ConversionError, within } from './conversion-error.js';
import type * as grpc from './generated/grpc_route_pb.js';
import type * as http from './generated/http_route_pb.js';
import { HttpMethod_Registered, type HttpMethod, type HttpMethodSchema } from './generated/http_types_pb.js';
import { headerBytes, headerName, headerValue, methodToken } from './http-text.js';

export function hostToProto(match: HostMatch): MessageInitShape<typeof http.HostMatchSchema> {
  return match.kind === 'exact'
    ? { match: { case: 'exact', value: match.host } }
    : { match: { case: 'suffix', value: { reverseLabels: [...match.reverseLabels] } } };
}

export function hostFromProto({ match }: http.HostMatch): HostMatch {
  switch (match.case) {
    case 'exact':
      return { kind: 'exact', host: match.value };
    case 'suffix':
      return { kind: 'suffix', reverseLabels: match.value.reverseLabels };
    case undefined:
      throw new ConversionError('invalid host match: missing');
  }
}

export function httpMatchToProto(match: HttpRouteMatch): MessageInitShape<typeof http.HttpRouteMatchSchema> {
  return {
    ...(match.path && { path: pathToProto(match.path) }),
    headers: match.headers.map(headerToProto),
    queryParams: match.queryParams.map((param) => ({
      name: param.name,
      value: param.kind === 'exact' ? { case: 'exact', value: param.value } : { case: 'regex', value: param.pattern },
    })),
    ...(match.method !== undefined && { method: methodToProto(match.method) }),
  };
}

export function httpMatchFromProto(match: http.HttpRouteMatch): HttpRouteMatch {
  return within('invalid route match', () => ({
    ...(match.path && { path: pathFromProto(match.path) }),
    headers: match.headers.map(headerFromProto),
    queryParams: match.queryParams.map(queryParamFromProto),
    ...(match.method && { method: methodFromProto(match.method) }),
  }));
}

/** `rpc` is always there, if only empty: proxies refuse a whole message without (docs/spec/control-plane.md §9 Q1). */
export function grpcMatchToProto(match: GrpcRouteMatch): MessageInitShape<typeof grpc.GrpcRouteMatchSchema> {
  return { rpc: { service: match.service, method: match.method }, headers: match.headers.map(headerToProto) };
}

export function grpcMatchFromProto({ rpc, headers }: grpc.GrpcRouteMatch): GrpcRouteMatch {
  return within('invalid route match', () => {
    if (rpc === undefined) throw new ConversionError('missing RPC match');
    return { service: rpc.service, method: rpc.method, headers: headers.map(headerFromProto) };
  });
}

function pathToProto(path: PathMatch): MessageInitShape<typeof http.PathMatchSchema> {
  return {
    kind: path.kind === 'regex' ? { case: 'regex', value: path.pattern } : { case: path.kind, value: path.path },
  };
}

function pathFromProto({ kind }: http.PathMatch): PathMatch {
  return within('invalid path match', () => {
    switch (kind.case) {
      case 'exact':
      case 'prefix':
        return { kind: kind.case, path: kind.value };
      case 'regex':
        return { kind: 'regex', pattern: regex(kind.value) };
      case undefined:
        throw new ConversionError('missing');
    }
  });
}

function headerToProto(match: HeaderMatch): MessageInitShape<typeof http.HeaderMatchSchema> {
  return {
    name: match.name,
    value:
      match.kind === 'exact'
        ? { case: 'exact', value: headerBytes(match.value) }
        : { case: 'regex', value: match.pattern },
  };
}

function headerFromProto(match: http.HeaderMatch): HeaderMatch {
  return within('invalid header match', () => {
    const name = headerName(match.name);
    switch (match.value.case) {
      case 'exact':
        return { kind: 'exact', name, value: headerValue(match.value.value) };
      case 'regex':
        return { kind: 'regex', name, pattern: regex(match.value.value) };
      case undefined:
        throw new ConversionError('missing a header value match');
    }
  });
}

function queryParamFromProto({ name, value }: http.QueryParamMatch): QueryParamMatch {
  return within('invalid query param match', () => {
    if (name === '') throw new ConversionError('missing a query param name');
    switch (value.case) {
      case 'exact':
        return { kind: 'exact', name, value: value.value };
      case 'regex':
        return { kind: 'regex', name, pattern: regex(value.value) };
      case undefined:
        throw new ConversionError('missing a query param value match');
    }
  });
}

/** Checked here, where the message can still be refused as a whole; compiled again by whoever matches. */
function regex(pattern: string): string {
  const result = compilePattern(pattern);
  if (result.kind === 'bad') throw new ConversionError(`invalid regular expression: ${result.message}`);
  return pattern;
}

const registeredMethods = [
  ['GET', HttpMethod_Registered.GET],
  ['POST', HttpMethod_Registered.POST],
  ['PUT', HttpMethod_Registered.PUT],
  ['DELETE', HttpMethod_Registered.DELETE],
  ['PATCH', HttpMethod_Registered.PATCH],
  ['OPTIONS', HttpMethod_Registered.OPTIONS],
  ['CONNECT', HttpMethod_Registered.CONNECT],
  ['HEAD', HttpMethod_Registered.HEAD],
  ['TRACE', HttpMethod_Registered.TRACE],
] as const;
const methodNumbers = new Map<string, HttpMethod_Registered>(registeredMethods);
const methodNames = new Map<number, string>(registeredMethods.map(([name, number]) => [number, name]));

function methodToProto(method: string): MessageInitShape<typeof HttpMethodSchema> {
  const number = methodNumbers.get(method);
  return {
    type: number === undefined ? { case: 'unregistered', value: method } : { case: 'registered', value: number },
  };
}

function methodFromProto({ type }: HttpMethod): string {
  switch (type.case) {
    case 'registered': {
      // proto3 enums are open: a number of a newer version is no error of the decoder, but nothing we can match.
      const name = methodNames.get(type.value);
      if (name === undefined) throw new ConversionError('invalid HTTP method');
      return name;
    }
    case 'unregistered':
      return methodToken(type.value);
    case undefined:
      throw new ConversionError('missing HTTP method');
  }
}
