import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorizationList, IndexedList } from './authorization-list.js';
import { admits } from './authorization-match.js';
import type { Client } from './request.js';
import { arbitraryAuthorization, arbitraryClient } from './testing/arbitrary.js';
import { authorization, meshed, unmeshed } from './testing/build.js';

describe('an indexed list', () => {
  it('gives whom a walk through the list would give', () => {
    const lists = fc.array(arbitraryAuthorization, { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(lists, fc.array(arbitraryClient, { minLength: 1, maxLength: 4 }), (all, clients) => {
        const list = new IndexedList(all);
        for (const client of clients) {
          expect(list.first(client)).toBe(all.find((authorization) => admits(authorization, client)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  const blocks = Array.from({ length: 300 }, (_, i) =>
    `10.${i % 200}.${i}.0/24`.replace(/\.2[5-9]\d\.|\.3\d\d\./, '.250.'),
  );
  const tellers = Array.from({ length: 300 }, (_, i) =>
    authorization(`teller-${i}`, [`teller-${i}.bank.id`], ['10.0.0.0/8']),
  );
  const offices = blocks.map((block, i) => authorization(`office-${i}`, 'unauthenticated', [block]));
  const six = Array.from({ length: 40 }, (_, i) => authorization(`six-${i}`, 'unauthenticated', [`fd00:${i}::/32`]));
  const list = authorizationList([...tellers, ...offices, ...six, authorization('team', ['*.bank.id'])]);
  const admittedBy = (client: Client) => list.first(client)?.origin.name;

  it('is what a long list is made into', () => {
    expect(list).toBeInstanceOf(IndexedList);
    expect(authorizationList(offices.slice(0, 3))).not.toBeInstanceOf(IndexedList);
  });

  it.each([
    ['10.1.1.1', 'teller-250.bank.id', 'teller-250'],
    ['192.0.2.1', 'teller-250.bank.id', 'team'],
    ['10.7.7.9', 'x.bank.id', 'office-7'],
    ['192.0.2.1', 'x.bank.id', 'team'],
    ['192.0.2.1', 'x.shop.id', undefined],
    ['fd00:31::1', 'x.shop.id', 'six-31'],
    ['fd00:99::1', 'x.shop.id', undefined],
  ])('%s as %s: %s', (address, name, expected) => {
    expect(admittedBy(meshed(address, name))).toBe(expected);
  });

  it('admits the unmeshed by their address only', () => {
    expect(admittedBy(unmeshed('10.7.7.9'))).toBe('office-7');
    expect(admittedBy(unmeshed('10.7.8.9'))).toBeUndefined();
  });
});
