/**
 * A reader for the little of DER that a handshake needs: stepping through the elements of a certificate to its names. Complete
 * parsing is left to the places where certificates are made.
 */

export interface DerElement {
  /** The identifier octet: class, constructed flag and number below 31. */
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The elements that `bytes` consist of; `undefined` when they are no sequence of whole DER elements. */
export function derElements(bytes: Uint8Array): DerElement[] | undefined {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    // Tag numbers from 31 on take several octets; X.509 has none.
    if ((tag & 0x1f) === 0x1f) return undefined;
    const head = lengthAt(bytes, at + 1);
    if (head === undefined || head.end + head.length > bytes.length) return undefined;
    elements.push({ tag, content: bytes.subarray(head.end, head.end + head.length) });
    at = head.end + head.length;
  }
  return elements;
}

/** Definite lengths of up to three octets: no certificate has 16 MiB. */
function lengthAt(bytes: Uint8Array, at: number): { length: number; end: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { length: first, end: at + 1 };
  const octets = first & 0x7f;
  if (octets === 0 || octets > 3 || at + 1 + octets > bytes.length) return undefined;
  let length = 0;
  for (let i = 1; i <= octets; i++) length = length * 256 + (bytes[at + i] ?? 0);
  return { length, end: at + 1 + octets };
}
