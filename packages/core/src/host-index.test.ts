import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import type { HostMatch } from './policy.js';
import { authorization, policy, request, route, unmeshed } from './testing/build.js';

/** `*`, `*.a.test`, or the host itself, as routes are converted. */
function hostMatch(text: string): HostMatch {
  if (text === '*') return { kind: 'suffix', reverseLabels: [] };
  return text.startsWith('*')
    ? { kind: 'suffix', reverseLabels: text.slice(2).split('.').toReversed() }
    : { kind: 'exact', host: text };
}

/** The route that takes a request for `host`, of routes that are named by their hosts. */
function routeOf(host: string, ...routes: readonly string[]): string | undefined {
  const server = policy(
    {
      kind: 'http1',
      routes: routes.map((hosts) => ({ ...route(hosts, [{}]), hosts: hosts.split(' ').map(hostMatch) })),
    },
    [authorization('everybody', 'unauthenticated')],
  );
  return decide(server, unmeshed('10.0.0.1'), request({ authority: host })).route?.name;
}

describe('a host match', () => {
  it.each([
    ['a.test', 'a.test', true],
    ['a.test', 'A.TEST', true],
    ['A.Test', 'a.test', true],
    ['a.test', 'b.a.test', false],
    ['a.test', 'a.test.', true],
    ['a.test', 'a.test..', false],
    ['a.test.', 'a.test.', true],
    ['a.test.', 'a.test', false],
    ['*.a.test', 'b.a.test', true],
    ['*.a.test', 'c.b.a.test', true],
    ['*.a.test', 'B.A.TEST', true],
    ['*.A.test', 'b.a.test', true],
    ['*.a.test', 'b.a.test.', true],
    ['*.a.test', 'a.test', false],
    ['*.a.test', '.a.test', false],
    ['*.a.test', 'ba.test', false],
    ['*.a.test.', 'b.a.test.', true],
    ['*.a.test.', 'b.a.test', false],
    ['a.test', '', false],
    ['*.a.test', '', false],
    ['*', 'a', true],
    ['*', 'a.b.test.', true],
    // Any host, but not none.
    ['*', '', false],
    ['*', '.', false],
  ])('%s of %j: %s', (match, host, expected) => {
    expect(routeOf(host, match)).toBe(expected ? match : undefined);
  });
});

describe('of several hosts', () => {
  it.each([
    ['a.b.test', 'a.b.test', '*.b.test'],
    ['a.b.test', '*.b.test', '*.test'],
    ['a.b.test', '*.test', '*'],
    ['A.B.TEST.', 'a.b.test', '*.b.test'],
    // The star does not count, a trailing dot does.
    ['a.b.test.', 'a.b.test.', 'a.b.test'],
    ['a.b.test.', '*.b.test.', '*.b.test'],
    ['a.b.test.', '*.b.test', '*.test.'],
    // The best of a route's hosts counts.
    ['a.b.test', '*.test a.b.test', '*.b.test'],
  ])('for %s, %j precedes %j', (host, high, low) => {
    expect(routeOf(host, high, low)).toBe(high);
    expect(routeOf(host, low, high)).toBe(high);
    expect(routeOf(host, low)).toBe(low);
  });

  it('the earlier of equals decides', () => {
    expect(routeOf('a.test', 'a.test b.test', 'a.test c.test')).toBe('a.test b.test');
    expect(routeOf('a.test', 'a.test c.test', 'a.test b.test')).toBe('a.test c.test');
    expect(routeOf('c.test', 'a.test b.test', 'a.test c.test')).toBe('a.test c.test');
  });

  it('a route for the host that does not take the path leaves it to the next', () => {
    const narrow = { ...route('narrow', [{ path: { kind: 'exact', path: '/x' } }]), hosts: [hostMatch('a.test')] };
    const wide = { ...route('wide', [{}]), hosts: [hostMatch('*.test')] };
    const server = policy({ kind: 'http1', routes: [narrow, wide] }, [authorization('everybody', 'unauthenticated')]);
    const ask = (path: string) =>
      decide(server, unmeshed('10.0.0.1'), request({ path, authority: 'a.test' })).route?.name;
    expect(ask('/x')).toBe('narrow');
    expect(ask('/y')).toBe('wide');
  });
});
