import type { Allowed, HttpRequest, RequestHeaderModifier } from '@doorward/core';
import { HeadEdit, http2Field, RequestHead, RequestReader } from '@doorward/http';
import { describe, expect, it } from 'vitest';
import { FieldEdits } from '../http2/field-edits.js';
import { applyFilters, type FilterOutcome, type HeaderEdits } from './apply-filters.js';

type Filters = Allowed['filters'];

const request: HttpRequest = {
  method: 'GET',
  path: '/old',
  query: undefined,
  authority: 'web',
  header: () => [],
};

function apply(filters: Filters, edits: HeaderEdits = new FieldEdits([]), random = () => 0): FilterOutcome {
  return applyFilters({ filters, pathMatch: { kind: 'prefix', path: '/' } }, request, 'http', edits, random);
}

const modifier = (change: Partial<RequestHeaderModifier>): RequestHeaderModifier => ({
  kind: 'request-header-modifier',
  add: [],
  set: [],
  remove: [],
  ...change,
});

const arrived = [
  ['a', '1'],
  ['b', '1'],
  ['b', '2'],
  ['c_d', '1'],
] as const;

/** What HTTP/1 sends on, without the request line. */
function onHttp1(filters: Filters): readonly string[] {
  const lines = arrived.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = new RequestReader().read(Buffer.from(`GET /old HTTP/1.1\r\nhost: web\r\n${lines}\r\n`));
  if (!(head instanceof RequestHead)) throw new Error('the head is not one');
  const edit = new HeadEdit();
  expect(apply(filters, edit)).toEqual({ kind: 'forward' });
  return edit.encodeRequest(head, undefined).toString('latin1').trimEnd().split('\r\n').slice(2);
}

/** The same of HTTP/2, without the pseudo-header. */
function onHttp2(filters: Filters): readonly string[] {
  const edits = new FieldEdits(
    [[':path', '/old'] as const, ...arrived].map(([name, value]) => http2Field(name, value)),
  );
  expect(apply(filters, edits)).toEqual({ kind: 'forward' });
  return edits.fields.slice(1).map(({ name, value }) => `${name}: ${value}`);
}

describe('a header modifier', () => {
  it.each<[string, readonly RequestHeaderModifier[], readonly string[]]>([
    ['changes nothing', [modifier({})], ['a: 1', 'b: 1', 'b: 2', 'c_d: 1']],
    ['adds', [modifier({ add: [{ name: 'a', value: '2' }] })], ['a: 1', 'b: 1', 'b: 2', 'c_d: 1', 'a: 2']],
    ['sets', [modifier({ set: [{ name: 'b', value: '3' }] })], ['a: 1', 'c_d: 1', 'b: 3']],
    ['removes', [modifier({ remove: ['b', 'none'] })], ['a: 1', 'c_d: 1']],
    ['removes the other spelling too', [modifier({ remove: ['c-d'] })], ['a: 1', 'b: 1', 'b: 2']],
    [
      'sets in place of the other spelling',
      [modifier({ set: [{ name: 'c-d', value: '2' }] })],
      ['a: 1', 'b: 1', 'b: 2', 'c-d: 2'],
    ],
    [
      'adds, then sets, then removes',
      [
        modifier({
          add: [
            { name: 'a', value: '2' },
            { name: 'x', value: '1' },
          ],
          set: [{ name: 'x', value: '2' }],
          remove: ['a'],
        }),
      ],
      ['b: 1', 'b: 2', 'c_d: 1', 'x: 2'],
    ],
    [
      'comes after the one before it',
      [modifier({ remove: ['a', 'b', 'c-d'] }), modifier({ add: [{ name: 'a', value: '2' }] })],
      ['a: 2'],
    ],
    ['writes UTF-8', [modifier({ set: [{ name: 'a', value: 'é' }], remove: ['b', 'c-d'] })], ['a: \xc3\xa9']],
  ])('%s', (_, filters, expected) => {
    expect(onHttp1(filters)).toEqual(expected);
    expect(onHttp2(filters)).toEqual(expected);
  });

  it('may set the host, which is what the application is told and not what was decided on', () => {
    expect(apply([modifier({ set: [{ name: 'host', value: 'other' }] })])).toEqual({ kind: 'forward' });
  });

  const untouchable = [
    'content-length',
    'content_length',
    'transfer-encoding',
    'transfer_encoding',
    'connection',
    'keep-alive',
    'proxy-connection',
    'upgrade',
    ':path',
    ':authority',
    'a b',
    'a\r\nb',
    '',
  ];
  it.each([
    ...[...untouchable, 'host'].map((name) => ['add', name, '1']),
    ...untouchable.map((name) => ['set', name, '1']),
    ...['a\r\nb: c', 'a\0', '\x7f', ' a', 'a\t'].flatMap((value) => [
      ['add', 'x', value],
      ['set', 'x', value],
    ]),
  ])('may not %s %j with the value %j', (what, name, value) => {
    const edits = new FieldEdits([http2Field('a', '1')]);
    expect(apply([modifier({ [what]: [{ name, value }] })], edits)).toEqual({
      kind: 'failed',
      message: `invalid server policy: it may not ${what} the header ${name}`,
      told: true,
    });
    expect(edits.fields).toEqual([http2Field('a', '1')]);
  });

  it.each([...untouchable, 'host'])('may not remove %j', (name) => {
    expect(apply([modifier({ remove: [name] })])).toEqual({
      kind: 'failed',
      message: `invalid server policy: it may not remove the header ${name}`,
      told: true,
    });
  });
});

describe('filters', () => {
  const unknownFilter: FilterOutcome = {
    kind: 'failed',
    message: 'invalid server policy: server policy configured with unknown filter',
    told: true,
  };
  const redirectTo = (value: string, status?: number): Filters[number] => ({
    kind: 'request-redirect',
    path: { kind: 'full', value },
    ...(status !== undefined && { status }),
  });
  const failing = (numerator: number, denominator: number): Filters[number] => ({
    kind: 'failure-injector',
    status: 418,
    message: 'tea',
    ratio: { numerator, denominator },
  });
  const injected: FilterOutcome = { kind: 'failed', message: 'injected failure', told: false };

  it.each<[string, Filters, FilterOutcome]>([
    ['none', [], { kind: 'forward' }],
    ['a redirect', [redirectTo('/new')], { kind: 'redirect', status: 301, location: 'http://web/new' }],
    ['its status', [redirectTo('/new', 307)], { kind: 'redirect', status: 307, location: 'http://web/new' }],
    ['a redirect to where the request is', [redirectTo('/old')], { kind: 'forward' }],
    [
      'a redirect that cannot be',
      [redirectTo('new')],
      { kind: 'failed', message: 'invalid redirect: a replacement path does not begin with `/`', told: false },
    ],
    ['an unknown one', [{ kind: 'unknown' }], unknownFilter],
    ['the first that answers', [redirectTo('/old'), { kind: 'unknown' }, redirectTo('/new')], unknownFilter],
    [
      'and no later one',
      [redirectTo('/new'), { kind: 'unknown' }],
      { kind: 'redirect', status: 301, location: 'http://web/new' },
    ],
  ])('%s', (_, filters, expected) => {
    expect(apply(filters)).toEqual(expected);
  });

  it.each<[number, number, number, FilterOutcome]>([
    [1, 2, 0.49, injected],
    [1, 2, 0.5, { kind: 'forward' }],
    [1, 1, 0.999, injected],
    [0, 1, 0, { kind: 'forward' }],
    [0, 0, 0.999, injected],
  ])('a failure of %i in %i, drawn %d', (numerator, denominator, drawn, expected) => {
    expect(apply([failing(numerator, denominator)], undefined, () => drawn)).toEqual(expected);
  });
});
