const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const digits = /^[0-9]+$/;

/**
 * Whether a text is a DNS name as TLS peers take it: at most 253 characters, labels of 1…63 of `[A-Za-z0-9_-]` without a hyphen
 * at either end, the last one not a number, so that no IP address passes for a name (docs/spec/data-plane.md §2.2). One
 * trailing dot is allowed; whether it means anything is the caller's affair.
 */
export function isDnsName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  return labels.every((part) => label.test(part)) && !digits.test(labels.at(-1) ?? '');
}
