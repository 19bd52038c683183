let second = -1;
let text = '';

/** The value of a `date` header (RFC 9110 §5.6.7). Made once a second: it costs as much as reading a head. */
export function httpDate(): string {
  const now = Date.now();
  const current = Math.floor(now / 1000);
  if (current !== second) {
    second = current;
    text = new Date(now).toUTCString();
  }
  return text;
}
