import { describe, expect, it } from 'vitest';
import { Misses } from './misses.js';
import type { Authorization } from './policy.js';
import type { Client } from './request.js';
import { authorization, meshed, unmeshed } from './testing/build.js';

function closestOf(client: Client, ...authorizations: Authorization[]): string | undefined {
  const misses = new Misses([authorizations], client);
  expect(misses.all).toHaveLength(authorizations.length);
  expect(misses.all).toContain(misses.closest);
  return misses.closest?.authorization.origin.name;
}

describe('the closest miss', () => {
  const auditor = meshed('10.2.0.9', 'auditor.bank.id');

  it('is nothing where nothing was tried', () => {
    const none = new Misses([], auditor);
    expect([none.all, none.closest]).toEqual([[], undefined]);
  });

  it('lacks one part rather than two', () => {
    const two = authorization('two', ['teller.bank.id'], ['10.1.0.0/16']);
    expect(closestOf(auditor, two, authorization('where', 'unauthenticated', ['10.1.0.0/16']))).toBe('where');
    expect(closestOf(auditor, two, authorization('who', ['web.shop']))).toBe('who');
  });

  it('names somebody akin rather than a stranger', () => {
    const stranger = authorization('stranger', ['web.shop.com']);
    expect(closestOf(auditor, stranger, authorization('akin', ['teller.bank.id']))).toBe('akin');
    expect(closestOf(auditor, stranger, authorization('akin', ['*.audit.bank.id']))).toBe('akin');
    expect(
      closestOf(auditor, authorization('cousin', ['web.shop.id']), authorization('akin', ['teller.bank.id'])),
    ).toBe('akin');
  });

  it('is the first between equals', () => {
    expect(closestOf(auditor, authorization('first', ['a.bank.id']), authorization('second', ['b.bank.id']))).toBe(
      'first',
    );
    expect(
      closestOf(
        unmeshed('10.2.0.9'),
        authorization('first', ['*']),
        authorization('second', 'mesh-tls-unauthenticated'),
      ),
    ).toBe('first');
  });
});
