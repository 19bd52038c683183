/** From what a person asks to what a policy decides. */
import type { Client, HttpRequest, InboundProtocol, Wanted } from '@doorward/core';
import type { Asked, Question } from './explanation.js';

/** On opaque and TLS ports requests are bytes like others: what is decided is the connection. */
export function questionOf(protocol: InboundProtocol, asked: Asked | undefined): Question {
  switch (protocol.kind) {
    case 'opaque':
    case 'tls':
      return { kind: 'connection' };
    case 'grpc':
      return requestOf(asked, 'POST', '/any.Service/AnyMethod');
    case 'detect':
    case 'http1':
    case 'http2':
      return requestOf(asked, 'GET', '/');
  }
}

function requestOf(asked: Asked = {}, method: string, path: string): Question {
  const isAssumed = asked.path === undefined;
  return { ...asked, kind: 'request', isAssumed, method: asked.method ?? method, path: asked.path ?? path };
}

/** No TLS is looked for on an opaque port, so nobody has an identity there (docs/spec/data-plane.md §2.5). */
export function seenBy(protocol: InboundProtocol, client: Client): Client {
  return protocol.kind === 'opaque' ? { ip: client.ip, tls: { kind: 'none', reason: 'port-skipped' } } : client;
}

export function wantedOf(question: Question, client: Client): Wanted {
  if (question.kind === 'connection') return { kind: 'connection' };
  const mark = question.path.indexOf('?');
  const headers = (question.headers ?? []).map(([name, value]) => [name.toLowerCase(), bytes(value)] as const);
  const host = question.host ?? headers.find(([name]) => name === 'host')?.[1];
  // The proxy sets this header itself, so rules see the proven name and never what the client wrote.
  const identity = client.tls.kind === 'established' ? client.tls.identity?.name : undefined;
  const request: HttpRequest = {
    method: question.method,
    path: bytes(mark === -1 ? question.path : question.path.slice(0, mark)),
    query: mark === -1 ? undefined : bytes(question.path.slice(mark + 1)),
    authority: host === undefined ? undefined : bytes(host),
    header: (name) =>
      name === 'l5d-client-id'
        ? identity === undefined
          ? []
          : [identity]
        : headers.filter(([other]) => other === name).map(([, value]) => value),
  };
  return { kind: 'request', request };
}

const encoder = new TextEncoder();
/** One character a byte, as a request has them. */
const bytes = (text: string): string => String.fromCharCode(...encoder.encode(text));
