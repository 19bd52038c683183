import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from './address.js';

describe('an address', () => {
  it.each([
    ['127.0.0.1:18080', { host: '127.0.0.1', port: 18_080 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('%s is read and written', (text, address) => {
    expect(parseAddress(text, 'HERE')).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  it.each(['', '127.0.0.1', ':80', '::1:80', '[::1]', '127.0.0.1:65536', '127.0.0.1:8o', 'a b:1'])(
    '`%s` is refused, with the name of the setting',
    (text) => {
      expect(() => parseAddress(text, 'HERE')).toThrow(
        `\`HERE\` is \`${text}\`; expected HOST:PORT, for instance \`127.0.0.1:18080\``,
      );
    },
  );
});
