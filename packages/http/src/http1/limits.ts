/**
 * How much of a head, a chunk or a trailer this codec is willing to read. All limits count bytes as they arrive, so that the
 * verdict does not depend on how the network cut the stream.
 */

/** The longest registered method has 17 characters (`UPDATEREDIRECTREF`); private ones get as much again. */
export const methodLengthMax = 32;

/** Linkerd's limit (docs/spec/data-plane.md §6.7); longer: 414. */
export const targetLengthMax = 65_534;

/** The status line of a response, without its line end. Reason phrases are decoration. */
export const reasonLengthMax = 8_192;

/** The header section from the first name to the empty line. Linkerd passes 60 KB and refuses 1 MB (§6.7): 431. */
export const headerSectionLengthMax = 65_536;

/** Linkerd's limit (docs/spec/data-plane.md §6.7); more: 431. */
export const headerCountMax = 100;

/** Enough for 2^64 − 1, so that leading zeros of fixed-width writers pass; a larger value than 2^53 − 1 is refused. */
export const chunkSizeDigitsMax = 16;

/**
 * All chunk extensions of one body together. Nobody sends them, but each byte of data may drag extensions along, so the limit
 * is for the body and not for the chunk (as CVE-2023-39326 taught).
 */
export const chunkExtensionLengthMax = 16_384;

/** The trailer section of a chunked body. Checksums and a gRPC-Web status need some hundred bytes. */
export const trailerLengthMax = 16_384;
