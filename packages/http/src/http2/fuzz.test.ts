import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkTrailers,
  encodeFields,
  frameHeader,
  frameHeaderLength,
  FrameReader,
  headersFrames,
  HpackDecoder,
  http2Field,
  parseSettings,
  readRequestHead,
  readResponseHead,
  settingsFrame,
} from './index.js';

/** Read whatever this is as far as it goes; only a throw or a hang is wrong. */
const readAnything = (bytes: Buffer): void => {
  const decoder = new HpackDecoder(4096, 16_384);
  let usable = true;
  const reader = new FrameReader({
    onFrame: (type, _flags, _streamId, chunk, at, end) => {
      const payload = chunk.subarray(at + frameHeaderLength, end);
      if (type === 4) parseSettings(payload);
      if (type !== 1 || !usable) return;
      const decoded = decoder.decode(payload);
      usable = decoded.kind !== 'error';
      if (decoded.kind !== 'fields') return;
      readRequestHead(decoded.fields);
      readResponseHead(decoded.fields);
      checkTrailers(decoded.fields);
    },
    onDataPart: () => undefined,
    onFrameError: () => undefined,
  });
  reader.push(bytes);
};

const seed = Buffer.concat([
  settingsFrame([
    [1, 0],
    [4, 100_000],
  ]),
  ...headersFrames(
    1,
    false,
    encodeFields(
      [':method', ':scheme', ':path', ':authority', 'content-type', 'x-token'].map((name) =>
        http2Field(name, '/value'),
      ),
    ),
  ),
  ...headersFrames(3, false, Buffer.from('828684418cf1e3c2e5f23a6ba0ab90f4ff', 'hex')),
  frameHeader(0, 1, 1, 5),
  Buffer.from('hello'),
]);

describe('hostile bytes', () => {
  // Half a second here is about 20,000 inputs; longer runs found nothing more.
  const limits = { interruptAfterTimeLimit: 500, markInterruptAsFailure: false, numRuns: 1_000_000 };

  it('mutations of a good beginning are read or refused', () => {
    const mutation = fc.record({ at: fc.nat(seed.length - 1), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
        let bytes = Buffer.from(seed);
        for (const { at, byte, cut } of mutations) {
          if (at >= bytes.length) continue;
          bytes[at] = byte;
          if (cut === 0) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        }
        expect(() => readAnything(bytes)).not.toThrow();
      }),
      limits,
    );
  });

  it('header blocks of anything are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (block) => {
        const { kind } = new HpackDecoder(4096, 16_384).decode(Buffer.from(block));
        expect(['fields', 'too-large', 'error']).toContain(kind);
      }),
      limits,
    );
  });
});
