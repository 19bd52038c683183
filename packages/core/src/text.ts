/**
 * Bytes as text. Requests carry bytes, policy is Unicode: both are compared as strings with one character a byte, which is
 * also what a proxy reads cheapest.
 */

const encoder = new TextEncoder();
/** `ignoreBOM` keeps a byte order mark, which would otherwise vanish from what is compared. */
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a policy's text, one character a byte. */
export function byteText(text: string): string {
  if (isAscii(text)) return text;
  return String.fromCharCode(...encoder.encode(text));
}

/** The text that bytes spell in UTF-8; `undefined` when they spell none. */
export function unicodeText(bytes: string): string | undefined {
  if (isAscii(bytes)) return bytes;
  try {
    return strictDecoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
  } catch {
    // Not UTF-8: the caller decides what that means; it is no fault.
    return undefined;
  }
}

/** Header values that a regular expression may look at (docs/spec/data-plane.md §4.4). */
export function isVisibleAscii(text: string): boolean {
  return /^[\x20-\x7e\t]*$/.test(text);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
