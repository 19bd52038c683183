import { create } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CertifyRequestSchema } from './generated/identity_pb.js';
import { PortSpecSchema } from './generated/inbound_pb.js';
import { encodeServer, invalidPolicy, toProto } from './server.js';
import { MalformedMessage, identityService, inboundServerPolicies } from './service.js';

function outcome(act: () => unknown): string {
  try {
    act();
    return 'read';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

describe('service definitions', () => {
  it('have the paths of docs/spec/control-plane.md §5.1 and docs/spec/data-plane.md §8.1', () => {
    const { getPort, watchPort } = inboundServerPolicies;
    expect(
      [getPort, watchPort, identityService.certify].map(({ path, requestStream, responseStream }) => [
        path,
        requestStream,
        responseStream,
      ]),
    ).toEqual([
      ['/io.linkerd.proxy.inbound.InboundServerPolicies/GetPort', false, false],
      ['/io.linkerd.proxy.inbound.InboundServerPolicies/WatchPort', false, true],
      ['/io.linkerd.proxy.identity.Identity/Certify', false, false],
    ]);
  });

  it('send an encoded message as it is, and a message encoded', () => {
    const { responseSerialize } = inboundServerPolicies.watchPort;
    const encoded = Buffer.from(encodeServer(invalidPolicy));
    expect(responseSerialize(encoded)).toBe(encoded);
    expect(responseSerialize(toProto(invalidPolicy))).toEqual(encoded);
  });

  it('read back what they wrote', () => {
    const { requestSerialize, requestDeserialize } = inboundServerPolicies.getPort;
    const spec = create(PortSpecSchema, { workload: 'ns:pod', port: 8080 });
    expect(requestDeserialize(requestSerialize(spec))).toEqual(spec);
    const request = create(CertifyRequestSchema, { identity: 'web', token: Buffer.from('t') });
    const certify = identityService.certify;
    expect(certify.requestDeserialize(certify.requestSerialize(request)).identity).toBe('web');
  });

  it('throw nothing but MalformedMessage, whatever the bytes', () => {
    const readers = [
      inboundServerPolicies.getPort.requestDeserialize,
      inboundServerPolicies.getPort.responseDeserialize,
      identityService.certify.requestDeserialize,
      identityService.certify.responseDeserialize,
    ];
    expect(() => readers[0]?.(Buffer.of(0xff))).toThrow(MalformedMessage);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of readers) {
          expect(outcome(() => read(Buffer.from(bytes)))).toMatch(/^(read|MalformedMessage)$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
