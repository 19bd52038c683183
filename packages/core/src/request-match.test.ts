import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import type { GrpcRoute, HeaderMatch, HostMatch, HttpRoute, HttpRouteMatch } from './policy.js';
import type { HttpRequest } from './request.js';
import { authorization, origin, policy, request, route, unmeshed } from './testing/build.js';
import { byteText } from './text.js';

const everybody = [authorization('everybody', 'unauthenticated')];

/** The name of the route that takes the request. */
function routeOf(
  routes: readonly HttpRoute[],
  head: Partial<HttpRequest>,
  headers: readonly (readonly [string, string])[] = [],
) {
  return decide(policy({ kind: 'http1', routes }, everybody), unmeshed('10.0.0.1'), request(head, headers)).route?.name;
}

function matches(
  match: Partial<HttpRouteMatch>,
  head: Partial<HttpRequest>,
  headers: readonly (readonly [string, string])[] = [],
): boolean {
  return routeOf([route('only', [match])], head, headers) === 'only';
}

const exact = (path: string) => ({ path: { kind: 'exact', path } as const });
const prefix = (path: string) => ({ path: { kind: 'prefix', path } as const });
const regex = (pattern: string) => ({ path: { kind: 'regex', pattern } as const });

describe('a path match', () => {
  it.each([
    [exact('/foo'), '/foo', true],
    [exact('/foo'), '/foo/', false],
    [exact('/foo'), '/Foo', false],
    [exact('/é'), byteText('/é'), true],
    [exact('/é'), '/\xe9', false],
    [exact('/é'), '/%C3%A9', false],
    [prefix('/'), '/anything', true],
    [prefix('/'), '', true],
    [prefix('/foo'), '/foo', true],
    [prefix('/foo'), '/foo/', true],
    [prefix('/foo'), '/foo/bar', true],
    [prefix('/foo'), '/foobar', false],
    [prefix('/foo/'), '/foo', true],
    [prefix('/foo/'), '/foo/bar', true],
    [prefix('/foo/'), '/foobar', false],
    [prefix('/foo'), '', false],
    [regex('/[a-z]+'), '/foo', true],
    [regex('/[a-z]+'), '/foo/', false],
    [regex('[a-z]+'), '/foo', false],
    // The leftmost-first match has to span everything.
    [regex('/a|/ab'), '/ab', false],
    [regex('/ab|/a'), '/ab', true],
    [regex('/é+'), byteText('/éé'), true],
    [regex('/.*'), '/\xe9', false],
    [regex('/.'), byteText('/😀'), true],
    [{}, '/anything', true],
  ])('%j of %j: %s', (match, path, expected) => {
    expect(matches(match, { path })).toBe(expected);
  });
});

describe('a method match', () => {
  it('is case-sensitive', () => {
    expect(matches({ method: 'GET' }, { method: 'GET' })).toBe(true);
    expect(matches({ method: 'GET' }, { method: 'get' })).toBe(false);
    expect(matches({ method: 'GET' }, { method: 'HEAD' })).toBe(false);
  });
});

describe('header matches', () => {
  const one = (match: HeaderMatch, ...values: string[]) =>
    matches(
      { headers: [match] },
      {},
      values.map((value) => [match.name, value] as const),
    );
  const is = (value: string): HeaderMatch => ({ kind: 'exact', name: 'x', value });
  const like = (pattern: string): HeaderMatch => ({ kind: 'regex', name: 'x', pattern });

  it.each([
    [is('1'), ['1'], true],
    [is('1'), ['2', '1'], true],
    [is('1'), ['2'], false],
    [is('1'), ['1, 2'], false],
    [is('1'), [], false],
    [is(''), [''], true],
    [is('é'), [byteText('é')], true],
    [is('é'), ['\xe9'], false],
    [like('[0-9]+'), ['x', '12'], true],
    [like('[0-9]'), ['12'], false],
    // A pattern looks at visible ASCII and tabs only.
    [like('.*'), ['\xe9'], false],
    [like('.*'), ['a\tb'], true],
    [like('.*'), [], false],
  ])('%j of %j: %s', (match, values, expected) => {
    expect(one(match, ...values)).toBe(expected);
  });

  it('must all hold', () => {
    const both = { headers: [is('1'), { kind: 'exact', name: 'y', value: '2' } as const] };
    expect(
      matches(both, {}, [
        ['x', '1'],
        ['y', '2'],
      ]),
    ).toBe(true);
    expect(
      matches(both, {}, [
        ['x', '1'],
        ['y', '1'],
      ]),
    ).toBe(false);
  });
});

describe('query matches', () => {
  const is = (name: string, value: string): HeaderMatch => ({ kind: 'exact', name, value });
  it.each([
    [[is('a', '1')], 'a=1', true],
    [[is('a', '1')], 'b=2&a=1', true],
    [[is('a', '1')], 'a=2', false],
    [[is('a', '1')], 'A=1', false],
    [[is('a', '1')], undefined, false],
    [[is('a', '')], 'a', true],
    [[is('a', '')], 'b', false],
    [[is('a', '1'), is('a', '2')], 'a=1&a=2', true],
    [[is('a', '1'), is('a', '2')], 'a=1', false],
    [[is('a', 'x y')], 'a=x+y', true],
    [[is('a', 'x/y')], 'a=x%2Fy', true],
    [[is('a', 'x%2Fy')], 'a=x%2Fy', false],
    [[is('a', 'é')], 'a=%C3%A9', true],
    [[is('a', 'é')], `a=${byteText('é')}`, true],
    // One byte that is no UTF-8 is no letter, however it came.
    [[is('a', 'é')], 'a=%E9', false],
    [[is('a', 'é')], 'a=\xe9', false],
    [[is('?a', '1')], '?a=1', true],
    [[is('a', '1')], '?a=1', false],
    [[{ kind: 'regex', name: 'a', pattern: '[0-9]+' } as const], 'a=x&a=12', true],
    [[{ kind: 'regex', name: 'a', pattern: '[0-9]' } as const], 'a=12', false],
  ])('%j of %j: %s', (queryParams, query, expected) => {
    expect(matches({ queryParams }, { query })).toBe(expected);
  });
});

describe('precedence', () => {
  const named = (name: string, match: Partial<HttpRouteMatch>, ...hosts: HostMatch[]): HttpRoute => ({
    ...route(name, [match]),
    hosts,
  });
  const host = (host: string): HostMatch => ({ kind: 'exact', host });
  const under = (...reverseLabels: string[]): HostMatch => ({ kind: 'suffix', reverseLabels });
  const x: HeaderMatch = { kind: 'exact', name: 'x', value: '1' };
  const q: HeaderMatch = { kind: 'exact', name: 'q', value: '1' };
  const head = { path: '/foo/bar', query: 'q=1', authority: 'a.b.test:80' };

  it.each<[string, HttpRoute, HttpRoute]>([
    [
      'an exact host outranks a suffix',
      named('low', exact('/foo/bar'), under('test', 'b')),
      named('high', {}, host('a.b.test')),
    ],
    ['a suffix outranks no host', named('low', exact('/foo/bar')), named('high', {}, under('test'))],
    [
      'a longer suffix outranks a shorter one',
      named('low', exact('/foo/bar'), under('test')),
      named('high', {}, under('test', 'b')),
    ],
    [
      'the best host of a route counts',
      named('low', {}, under('test', 'b')),
      named('high', {}, under('test'), host('a.b.test')),
    ],
    [
      'a longer path outranks more headers',
      named('low', { ...prefix('/foo'), headers: [x] }),
      named('high', prefix('/foo/bar')),
    ],
    ['a pattern counts as long as the path', named('low', prefix('/foo')), named('high', regex('/.*'))],
    [
      'a trailing slash adds no length',
      named('low', prefix('/foo///')),
      named('high', { ...prefix('/foo'), method: 'GET' }),
    ],
    ['no path counts as `/`', named('low', {}), named('high', { ...prefix('/'), method: 'GET' })],
    ['headers outrank queries', named('low', { queryParams: [q, q] }), named('high', { headers: [x] })],
    ['queries outrank a method', named('low', { method: 'GET' }), named('high', { queryParams: [q] })],
    ['a method outranks none', named('low', {}), named('high', { method: 'GET' })],
  ])('%s', (_, low, high) => {
    expect(routeOf([low, high], head, [['x', '1']])).toBe('high');
    expect(routeOf([high, low], head, [['x', '1']])).toBe('high');
    expect(routeOf([low], head, [['x', '1']])).toBe('low');
  });

  it.each<[string, HttpRoute, HttpRoute]>([
    ['identical', named('a', exact('/foo/bar')), named('b', exact('/foo/bar'))],
    // Differs from what the Gateway API says, and is what Linkerd's proxy does.
    ['exact and prefix of one length', named('a', exact('/foo/bar')), named('b', prefix('/foo/bar'))],
    ['exact and pattern', named('a', exact('/foo/bar')), named('b', regex('/foo/bar'))],
    ['nothing and `/`', named('a', {}), named('b', prefix('/'))],
  ])('the first wins between equals: %s', (_, a, b) => {
    expect(routeOf([a, b], head)).toBe('a');
    expect(routeOf([b, a], head)).toBe('b');
  });

  it('is sought among all entries of all rules', () => {
    const several: HttpRoute = {
      ...route('several', []),
      rules: [[prefix('/x')], [prefix('/'), prefix('/foo/bar')]].map((paths) => ({
        matches: paths.map((path) => ({ headers: [], queryParams: [], ...path })),
        filters: [],
      })),
    };
    expect(routeOf([several, named('other', prefix('/foo'))], head)).toBe('several');
    expect(routeOf([several, named('other', prefix('/foo'))], { path: '/foo/baz' })).toBe('other');
  });

  it('skips a route whose hosts do not match', () => {
    const routes = [named('host', exact('/foo/bar'), host('other.test')), named('any', {})];
    expect(routeOf(routes, head)).toBe('any');
    expect(routeOf(routes, { path: '/foo/bar', authority: 'OTHER.test.' })).toBe('host');
    expect(routeOf(routes, { path: '/foo/bar' })).toBe('any');
  });

  it('a rule without entries matches everything, a route without rules nothing', () => {
    expect(routeOf([route('empty', [])], { path: '' })).toBe('empty');
    expect(routeOf([{ ...route('none', []), rules: [] }], { path: '/' })).toBeUndefined();
  });
});

describe('a gRPC match', () => {
  const grpc = (name: string, ...matches: (readonly [service: string, method: string])[]): GrpcRoute => ({
    origin: origin('GRPCRoute', name),
    hosts: [],
    authorizations: [],
    rules: [{ matches: matches.map(([service, method]) => ({ service, method, headers: [] })), filters: [] }],
  });
  const callOf = (routes: readonly GrpcRoute[], head: Partial<HttpRequest> = {}) =>
    decide(
      policy({ kind: 'grpc', routes }, everybody),
      unmeshed('10.0.0.1'),
      request({ method: 'POST', path: '/svc/Method', ...head }),
    ).route?.name;

  const matchesCall = (service: string, method: string, head: Partial<HttpRequest>) =>
    callOf([grpc('only', [service, method])], head) === 'only';
  it.each([
    ['', '', '/svc/M', true],
    ['svc', '', '/svc/M', true],
    ['svc', '', '/svc.x/M', false],
    ['svc', 'M', '/svc/M', true],
    ['svc', 'M', '/svc/N', false],
    ['', 'M', '/any/M', true],
    ['', 'M', '/any/N', false],
    ['svc', 'M', '/svc/M/more', true],
    ['svc', '', '/svc/', true],
    ['svc', '', '/svc', false],
    ['', '', '/', false],
    ['', '', '', false],
    ['', '', 'svc/M', false],
  ])('%j %j of %s: %s', (service, method, path, expected) => {
    expect(matchesCall(service, method, { path })).toBe(expected);
    expect(matchesCall(service, method, { path, method: 'GET' })).toBe(false);
  });

  it.each([
    ['service outranks method', grpc('low', ['', 'Method']), grpc('high', ['svc', ''])],
    ['method outranks none', grpc('low', ['svc', '']), grpc('high', ['svc', 'Method'])],
    ['a method outranks a rule without entries', grpc('low'), grpc('high', ['', 'Method'])],
  ])('%s', (_, low, high) => {
    expect(callOf([low, high])).toBe('high');
    expect(callOf([high, low])).toBe('high');
    expect(callOf([low])).toBe('low');
  });

  it.each(['/svc/Method', '/svc/'])('of any service and method is equal to none: %s', (path) => {
    expect(callOf([grpc('any', ['', '']), grpc('none')], { path })).toBe('any');
    expect(callOf([grpc('none'), grpc('any', ['', ''])], { path })).toBe('none');
  });

  it('without entries takes what is no call too', () => {
    expect(callOf([grpc('all')], { method: 'GET', path: '/' })).toBe('all');
    expect(callOf([grpc('calls', ['', ''])], { method: 'GET', path: '/' })).toBeUndefined();
  });
});
