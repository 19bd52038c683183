/**
 * How a conversion stops at the first bad element. One bad element makes a whole message unusable
 * (docs/spec/data-plane.md §3.3), so unwinding to the door is the shortest honest way; the door turns it into a value, and
 * nothing of this leaves the package.
 */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

/** Run a part of a conversion and say, if it fails, which part: `invalid authorization: missing networks`. */
export function within<T>(part: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof ConversionError) throw new ConversionError(`${part}: ${error.message}`);
    throw error;
  }
}
