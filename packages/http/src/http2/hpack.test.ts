import fc from 'fast-check';
import { once } from 'node:events';
import http2 from 'node:http2';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  clientPreface,
  encodeFields,
  frameHeaderLength,
  FrameReader,
  frameType,
  headersFrames,
  HpackDecoder,
  http2Field,
  settingsAckFrame,
  settingsFrame,
  tableSizeZero,
} from './index.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Decode blocks in order; each as lines of `name: value`. */
const decodeAll = (tableSize: number, blocks: readonly string[]): (string[] | string)[] => {
  const decoder = new HpackDecoder(tableSize, 16_384);
  return blocks.map((block) => {
    const result = decoder.decode(bytes(block));
    if (result.kind === 'fields') return result.fields.map(({ name, value }) => `${name}: ${value}`);
    return result.kind === 'error' ? result.message : result.kind;
  });
};

const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];
const responses = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

describe('the examples of RFC 7541 appendix C', () => {
  it.each([
    [
      'C.2.1 with incremental indexing',
      '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
      'custom-key: custom-header',
    ],
    ['C.2.2 without indexing', '040c2f73616d706c652f70617468', ':path: /sample/path'],
    ['C.2.3 never indexed', '100870617373776f726406736563726574', 'password: secret'],
    ['C.2.4 indexed', '82', ':method: GET'],
  ])('%s', (_name, block, field) => {
    expect(decodeAll(4096, [block])).toEqual([[field]]);
  });

  it('C.3: requests without Huffman coding', () => {
    const blocks = [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ];
    expect(decodeAll(4096, blocks)).toEqual(requests);
  });

  it('C.4: requests with Huffman coding', () => {
    const blocks = [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ];
    expect(decodeAll(4096, blocks)).toEqual(requests);
  });

  it('C.5: responses without Huffman coding, with evictions from a table of 256 bytes', () => {
    const blocks = [
      '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ];
    expect(decodeAll(256, blocks)).toEqual(responses);
  });

  it('C.6: responses with Huffman coding', () => {
    const blocks = [
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ];
    expect(decodeAll(256, blocks)).toEqual(responses);
  });
});

describe('what is no HPACK', () => {
  it.each([
    ['index 0', '80', 'index 0 is in no table'],
    ['an index beyond both tables', 'be', 'index 62 is in no table'],
    ['an integer that is cut off', 'ff', 'integer is cut off'],
    ['an integer of many leading zeros', 'ff8080808080808000', 'integer is too large'],
    ['an integer above any length', 'ffffffffffff7f', 'integer is too large'],
    ['a field without a value', '0001 61', 'field is cut off'],
    ['a string longer than the block', '0001 61 05 6161', 'string is cut off'],
    ['Huffman padding of eight bits', '0001 61 82 1f ff', 'string is not Huffman coded as RFC 7541 demands'],
    ['Huffman padding of zeros', '0001 61 81 18', 'string is not Huffman coded as RFC 7541 demands'],
    ['EOS within a string', '0001 61 84 ffffffff', 'string is not Huffman coded as RFC 7541 demands'],
    ['a size update after a field', '82 20', 'table size update after a field'],
    ['a size update above the limit', '3fe21f', 'table size update to 4097; at most 4096 is allowed'],
    ['size updates without end', '20 20 20', 'more than 2 table size updates'],
  ])('%s', (_name, block, message) => {
    expect(decodeAll(4096, [block])).toEqual([message]);
  });

  it('takes padding that is right: up to seven ones', () => {
    expect(decodeAll(4096, ['0001 61 81 1f'])).toEqual([['a: a']]);
  });
});

describe('the decoder and its limits', () => {
  it('forgets its table when the peer has acknowledged a size of 0, and refuses what refers to it', () => {
    const decoder = new HpackDecoder(4096, 16_384);
    decoder.decode(bytes('4001610162'));
    expect(decoder.decode(bytes('be')).kind).toBe('fields');
    decoder.limitTable(0);
    expect(decoder.decode(bytes('be'))).toEqual({ kind: 'error', message: 'index 62 is in no table' });
  });

  it('takes incremental indexing with a table of size 0, which remembers nothing', () => {
    const decoder = new HpackDecoder(0, 16_384);
    expect(decoder.decode(bytes('20 4001610162'))).toEqual({ kind: 'fields', fields: [http2Field('a', 'b')] });
    expect(decoder.decode(bytes('be')).kind).toBe('error');
  });

  it('reads a list that is too large to its end, so that the next block still makes sense', () => {
    const decoder = new HpackDecoder(4096, 100);
    const large = Buffer.concat([encodeFields([http2Field('x', 'y'.repeat(100))]), bytes('4001610162')]);
    expect(decoder.decode(large)).toEqual({ kind: 'too-large' });
    expect(decoder.decode(bytes('be'))).toEqual({ kind: 'fields', fields: [http2Field('a', 'b')] });
  });

  it('does not unfold a small block into a large list', () => {
    const decoder = new HpackDecoder(4096, 16_384);
    decoder.decode(Buffer.concat([bytes('400161 7fa11e'), Buffer.alloc(4000, 0x62)]));
    expect(decoder.decode(Buffer.alloc(90_000, 0xbe))).toEqual({ kind: 'too-large' });
  });
});

const fieldArbitrary = fc.record({
  name: fc.stringMatching(/^x-[a-z0-9_.-]{1,20}$/),
  value: fc.oneof(
    fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/),
    fc.constant(''),
    fc.stringMatching(/^[a-f0-9]{200,400}$/),
  ),
  neverIndexed: fc.boolean(),
});

describe('properties', () => {
  it('what the encoder writes, the decoder reads, and no table is needed for it', () => {
    fc.assert(
      fc.property(fc.array(fieldArbitrary), (fields) => {
        const decoder = new HpackDecoder(0, 1_000_000);
        const block = Buffer.concat([tableSizeZero, encodeFields(fields)]);
        expect(decoder.decode(block)).toEqual({ kind: 'fields', fields });
        expect(decoder.decode(block)).toEqual({ kind: 'fields', fields });
      }),
    );
  });

  it("reads what Node's client writes, Huffman coded and indexed, and Node reads what we write", async () => {
    const lists = fc.sample(fc.uniqueArray(fieldArbitrary, { selector: ({ name }) => name, maxLength: 12 }), 150);
    const decoder = new HpackDecoder(4096, 1_000_000);
    const seen = new Map<number, Record<string, string>>();
    const server = createServer((socket) => {
      let skip = clientPreface.length;
      socket.write(settingsFrame([]));
      const reader = new FrameReader({
        onDataPart: () => undefined,
        onFrameError: (error) => socket.destroy(new Error(error.message)),
        onFrame: (type, flags, streamId, chunk, at, end) => {
          if (type === frameType.settings && flags === 0) socket.write(settingsAckFrame());
          if (type !== frameType.headers) return;
          // Node sends the priority of RFC 7540 with its heads: five bytes in front of the block.
          const from = at + frameHeaderLength + ((flags & 0x20) === 0 ? 0 : 5);
          const decoded = decoder.decode(chunk.subarray(from, end));
          if (decoded.kind !== 'fields') return void socket.destroy(new Error(decoded.kind));
          seen.set(streamId, Object.fromEntries(decoded.fields.map(({ name, value }) => [name, value])));
          const echoed = decoded.fields.filter(({ name }) => name.startsWith('x-'));
          const block = encodeFields([http2Field(':status', '200'), ...echoed]);
          for (const frame of headersFrames(streamId, true, block)) socket.write(frame);
        },
      });
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        reader.push(rest);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const client = http2.connect(`http://127.0.0.1:${address.port}`);
    for (const list of lists) {
      const sent = Object.fromEntries(list.map(({ name, value }) => [name, value]));
      const stream = client.request({ ':path': '/p', ...sent });
      const [headers]: http2.IncomingHttpHeaders[] = await once(stream, 'response');
      expect(Object.fromEntries(Object.entries(headers ?? {}))).toEqual({ ':status': 200, ...sent });
      expect(seen.get(stream.id ?? 0)).toMatchObject({ ':path': '/p', ...sent });
      stream.close();
    }
    client.destroy();
    server.close();
  });
});
