import { describe, expect, it } from 'vitest';
import { formatHostPort, parseHostPort } from './host-port.js';

describe('HOST:PORT', () => {
  it.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['[::1]:8080', '::1', 8080],
    ['[::ffff:127.0.0.1]:1', '::ffff:127.0.0.1', 1],
    ['name.test:0', 'name.test', 0],
    ['a:65535', 'a', 65_535],
  ])('%s is read and written', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ host, port });
    expect(parseHostPort(` ${text} `, 'other')).toEqual({ host, port });
    expect(formatHostPort({ host, port })).toBe(text);
  });

  it('without a host is for the default one, if there is one', () => {
    expect(parseHostPort(':8080', '127.0.0.1')).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(parseHostPort(':8080')).toBeUndefined();
  });

  it.each([
    '',
    ':',
    '8080',
    'a',
    'a:',
    'a:65536',
    'a:123456',
    'a:-1',
    'a:1b',
    '::1:8080',
    '[a b]:1',
    '[]:1',
    'a b:1',
    'a:1:2',
  ])('%j is none', (text) => {
    expect(parseHostPort(text)).toBeUndefined();
    expect(parseHostPort(text, '127.0.0.1')).toBeUndefined();
  });
});
