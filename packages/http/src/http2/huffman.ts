/**
 * The Huffman code of RFC 7541 appendix B. It is canonical — codes of one length follow each other in the order of their symbols — so
 * the lengths say everything.
 */
// oxfmt-ignore
const codeLengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30, // EOS, which must not occur (RFC 7541 §5.2)
];

const eos = 256;
/** In a transition: no such code. States are 0…255: a full binary tree with 257 leaves has 256 inner nodes. */
const failed = 0xff_ff;
/** In a transition: a symbol ends within these four bits. Below it eight bits of state, above it the symbol. */
const emits = 0x1_00;

/**
 * A machine that reads four bits at a time: the shortest code has five, so a step ends at most one symbol. Entry `state * 16 + bits` is
 * `symbol << 16 | emits | next state`.
 */
const transitions = new Uint32Array(256 * 16);
/** Whether the text may end in a state: at a boundary, or after up to seven bits that are all ones (RFC 7541 §5.2). */
const mayEnd = new Uint8Array(256);

const buildTables = (): void => {
  // The tree: children[node * 2 + bit] is an inner node, or `leaf + symbol`.
  const leaf = 1000;
  const children = new Int32Array(256 * 2).fill(-1);
  let nodes = 1;
  let code = 0;
  let previous = 0;
  const symbols = codeLengths.map((length, symbol) => ({ length, symbol }));
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  for (const { length, symbol } of symbols) {
    code <<= length - previous;
    previous = length;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = node * 2 + ((code >>> bit) & 1);
      if (children[at] === -1) children[at] = nodes++;
      node = children[at];
    }
    children[node * 2 + (code & 1)] = leaf + symbol;
    code++;
  }

  for (let state = 0; state < 256; state++) {
    for (let bits = 0; bits < 16; bits++) transitions[state * 16 + bits] = step(children, leaf, state, bits);
  }
  let node = 0;
  for (let ones = 0; ones < 8; ones++) {
    mayEnd[node] = 1;
    node = children[node * 2 + 1];
  }
};

const step = (children: Int32Array, leaf: number, from: number, bits: number): number => {
  let node = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = children[node * 2 + ((bits >>> bit) & 1)];
    if (next < leaf) {
      node = next;
      continue;
    }
    if (next - leaf === eos) return failed;
    emitted = ((next - leaf) << 16) | emits;
    node = 0;
  }
  return emitted | node;
};

buildTables();

/** No text grows by more than this: the shortest code has 5 of 8 bits. */
export const huffmanExpansion = 8 / 5;

/**
 * Decode `bytes` from `from` to `to` into `target`, which has room for {@link huffmanExpansion} times as many.
 * Returns the number of bytes written, or -1 when the coding is wrong (EOS within, padding too long or not of ones).
 */
export const decodeHuffman = (bytes: Buffer, from: number, to: number, target: Buffer): number => {
  let state = 0;
  let written = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    const high = transitions[state * 16 + (byte >>> 4)];
    if (high === failed) return -1;
    if ((high & emits) !== 0) target[written++] = high >>> 16;
    const low = transitions[(high & 0xff) * 16 + (byte & 0xf)];
    if (low === failed) return -1;
    if ((low & emits) !== 0) target[written++] = low >>> 16;
    state = low & 0xff;
  }
  return mayEnd[state] === 1 ? written : -1;
};
