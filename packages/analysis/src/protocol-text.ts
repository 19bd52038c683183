import type { InboundProtocol } from '@doorward/core';

export function protocolText({ kind }: InboundProtocol): string {
  switch (kind) {
    case 'detect':
      return 'protocol detected';
    case 'http1':
      return 'HTTP/1';
    case 'http2':
      return 'HTTP/2';
    case 'grpc':
      return 'gRPC';
    case 'opaque':
      return 'opaque';
    case 'tls':
      return 'TLS';
  }
}
