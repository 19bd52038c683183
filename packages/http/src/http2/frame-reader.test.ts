import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameHeader, FrameReader, frameType, http2Error, type FrameError } from './index.js';

interface Seen {
  type: number;
  flags: number;
  streamId: number;
  payload: string;
}

/** Read `chunks`; DATA in parts is put together again, and must come in the right order. */
const read = (chunks: readonly Buffer[], maxFrameSize?: number): { frames: Seen[]; error: FrameError | undefined } => {
  const frames: Seen[] = [];
  let error: FrameError | undefined;
  let open: (Seen & { left: number }) | undefined;
  const reader = new FrameReader(
    {
      onFrame: (type, flags, streamId, bytes, at, end) => {
        expect(open).toBeUndefined();
        expect(bytes.readUIntBE(at, 3)).toBe(end - at - 9);
        frames.push({ type, flags, streamId, payload: bytes.toString('hex', at + 9, end) });
      },
      onDataPart: ({ streamId, flags, length, first, last, bytes, from, to }) => {
        expect(first).toBe(open === undefined);
        expect(to).toBeGreaterThan(from);
        open ??= { type: frameType.data, flags, streamId, payload: '', left: length };
        open.payload += bytes.toString('hex', from, to);
        open.left -= to - from;
        expect(last).toBe(open.left === 0);
        if (!last) return;
        const { left: _left, ...frame } = open;
        frames.push(frame);
        open = undefined;
      },
      onFrameError: (problem) => {
        error = problem;
      },
    },
    maxFrameSize,
  );
  for (const chunk of chunks) reader.push(chunk);
  return { frames, error };
};

const bytesOf = (frames: readonly Seen[]): Buffer =>
  Buffer.concat(
    frames.flatMap(({ type, flags, streamId, payload }) => [
      frameHeader(type, flags, streamId, payload.length / 2),
      Buffer.from(payload, 'hex'),
    ]),
  );

const some: Seen[] = [
  { type: frameType.settings, flags: 0, streamId: 0, payload: '' },
  { type: frameType.headers, flags: 4, streamId: 1, payload: '828486' },
  { type: frameType.data, flags: 0, streamId: 1, payload: '00010203' },
  { type: frameType.data, flags: 8, streamId: 1, payload: '02aabb0000' },
  { type: frameType.data, flags: 1, streamId: 1, payload: '' },
  { type: 0xfe, flags: 0xff, streamId: 0x7fffffff, payload: 'ff' },
];

describe('frames', () => {
  it('are found in one chunk', () => {
    expect(read([bytesOf(some)])).toEqual({ frames: some, error: undefined });
  });

  it('are found with a cut at every place, and byte by byte', () => {
    const all = bytesOf(some);
    for (let at = 0; at <= all.length; at++) {
      expect(read([all.subarray(0, at), all.subarray(at)])).toEqual({ frames: some, error: undefined });
    }
    expect(read([...all].map((byte) => Buffer.from([byte])))).toEqual({ frames: some, error: undefined });
  });

  it('are the same however the bytes are cut', () => {
    const frame = fc.record({
      type: fc.integer({ min: 0, max: 12 }),
      flags: fc.integer({ min: 0, max: 255 }),
      streamId: fc.integer({ min: 0, max: 0x7fffffff }),
      payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    });
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
        const all = bytesOf(frames);
        const places = cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b);
        const chunks = [0, ...places].map((from, index) => all.subarray(from, places[index] ?? all.length));
        expect(read(chunks)).toEqual({ frames, error: undefined });
      }),
    );
  });

  it('above the size limit are refused before a byte of them is kept', () => {
    const refused = {
      frames: [],
      error: { code: http2Error.frameSizeError, message: 'frame of 16385 bytes; at most 16384 are allowed' },
    };
    const head = frameHeader(frameType.headers, 4, 1, 16_385);
    expect(read([head, Buffer.alloc(100)])).toEqual(refused);
    expect(read([head.subarray(0, 4), head.subarray(4)])).toEqual(refused);
    expect(read([frameHeader(frameType.headers, 4, 1, 16_384)])).toEqual({ frames: [], error: undefined });
  });

  it('ignore the reserved bit of the stream id', () => {
    const bytes = bytesOf([{ type: frameType.ping, flags: 0, streamId: 0, payload: '' }]);
    bytes[5] = 0x80;
    expect(read([bytes]).frames).toEqual([{ type: frameType.ping, flags: 0, streamId: 0, payload: '' }]);
  });
});
