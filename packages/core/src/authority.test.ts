import { describe, expect, it } from 'vitest';
import { hostOf } from './authority.js';

describe('the host of an authority', () => {
  it.each([
    ['a.test', 'a.test'],
    ['a.test:8080', 'a.test'],
    ['a.test:', 'a.test'],
    ['user@a.test', 'a.test'],
    ['user:pass@a.test:80', 'a.test'],
    ['a@b@c.test', 'c.test'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['[::1', '[::1'],
    ['', ''],
  ])('%j is %j', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });
});
