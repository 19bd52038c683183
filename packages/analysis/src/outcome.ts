/** What the client sees of a decision (docs/spec/data-plane.md §5.1, §5.2). */
import type { Decision, DenialReason, InboundProtocol } from '@doorward/core';
import type { Question } from './explanation.js';

export function outcomeOf(decision: Decision, question: Question, protocol: InboundProtocol): string {
  if (decision.verdict === 'allowed') {
    return decision.audit
      ? 'reaches the application, and is logged: nothing but audit lets it in'
      : 'reaches the application';
  }
  if (question.kind === 'connection') return 'a refused connection';
  const isGrpc = question.kind === 'request' && speaksGrpc(question, protocol);
  return isGrpc ? grpcStatus(decision.reason) : httpStatus(decision.reason);
}

/** The gRPC form is for HTTP/2 with that content type; on a gRPC port a client is taken to speak it. */
function speaksGrpc(question: Extract<Question, { kind: 'request' }>, protocol: InboundProtocol): boolean {
  const type = question.headers?.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (type !== undefined) return type.startsWith('application/grpc') && protocol.kind !== 'http1';
  return protocol.kind === 'grpc';
}

function httpStatus(reason: DenialReason): string {
  switch (reason) {
    case 'unauthorized':
      return 'HTTP 403';
    case 'no-route':
    case 'not-http':
      return 'HTTP 404';
    case 'http-only':
      return 'a refused connection';
  }
}

function grpcStatus(reason: DenialReason): string {
  switch (reason) {
    case 'unauthorized':
      return 'gRPC status 7 (permission denied)';
    case 'no-route':
    case 'not-http':
      return 'gRPC status 5 (not found)';
    case 'http-only':
      return 'a refused connection';
  }
}
