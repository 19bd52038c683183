import { describe, expect, it } from 'vitest';
import { AppUnreachable } from '../inbound/session.js';
import {
  type Answer,
  denial,
  failFast,
  filtered,
  headerListTooLarge,
  logText,
  origProtoUnsupported,
  rateLimited,
  requestBodyFailed,
  toldText,
  unexpected,
  unexpectedError,
  unreachable,
} from './answer.js';

const unnamed = { clientAddress: '192.0.2.7:4711', serverAddress: '192.0.2.1:8080', clientId: undefined };
const named = { ...unnamed, clientId: 'web.test' };
const prefix = 'client 192.0.2.7:4711: server: 192.0.2.1:8080: ';

const redirect = filtered({ kind: 'redirect', status: 307, location: 'http://a/b' });
const failed = (message: string, told: boolean): Answer => filtered({ kind: 'failed', message, told });

/** `…` stands for the names of client and server; `log` is absent where it says what the client is told. */
const rows: [answer: Answer, outcome: string, told: string, log?: string][] = [
  [denial('unauthorized'), '403 7 stays', '…unauthorized request on route'],
  [denial('http-only'), '403 7 stays', '…unauthorized request on route'],
  [denial('no-route'), '404 5 stays', '…no route found for request'],
  [denial('not-http'), '404 5 stays', '…no route found for request'],
  [rateLimited('total rate limit exceeded: 10rps'), '429 8 stays', '…total rate limit exceeded: 10rps'],
  [redirect, '307 5 stays', 'redirected', 'request redirected to http://a/b'],
  [failed('invalid redirect: x', false), '500 13 closes', 'unexpected error', 'invalid redirect: x'],
  [failed('invalid server policy: x', true), '500 13 closes', '…invalid server policy: x'],
  [unreachable(new AppUnreachable(502, 'client error (Connect)')), '502 14 closes', 'client error (Connect)'],
  [unreachable(new AppUnreachable(504, 'client error (Connect)')), '504 4 closes', 'client error (Connect)'],
  [unreachable(undefined), '502 14 closes', 'client error (Connect)'],
  [failFast('refused'), '504 4 closes', '…service in fail-fast', 'service in fail-fast: refused'],
  [requestBodyFailed('invalid request: x'), '502 14 closes', 'client error (SendRequest)', 'invalid request: x'],
  [headerListTooLarge, '431 8 stays', '…header list too large'],
  [origProtoUnsupported, '501 12 stays', '…HTTP/1 carried in HTTP/2 (l5d-orig-proto) is not supported'],
  [unexpectedError, '500 13 closes', 'unexpected error'],
  [unexpected('why'), '500 13 closes', 'unexpected error', 'why'],
];

describe('the answers', () => {
  it.each(rows)('%j: %s', (answer, outcome, told, log) => {
    const { status, grpcStatus, closes } = answer;
    expect(`${status} ${grpcStatus} ${closes ? 'closes' : 'stays'}`).toBe(outcome);
    expect(toldText(answer, named)).toBe(told.replace('…', prefix));
    expect(toldText(answer, unnamed)).toBeUndefined();
    expect(logText(answer, named)).toBe(prefix + (log ?? told.replace('…', '')));
  });

  it('have a location only when they redirect', () => {
    const locations = rows.flatMap(([{ location }]) => location ?? []);
    expect(locations).toEqual(['http://a/b']);
  });

  it.each([
    ['a\tb c', 'a\tb c'],
    ['a\r\nb: c', 'unexpected error'],
    ['a\0', 'unexpected error'],
    ['é', 'unexpected error'],
    ['a ', 'unexpected error'],
    ['\ta', 'unexpected error'],
    ['', 'unexpected error'],
  ])('tell what is fit for a header: %j as %j', (message, told) => {
    expect(toldText({ ...unexpectedError, message }, named)).toBe(told);
  });
});
