/** Answers that the proxy gives itself (docs/spec/data-plane.md §5.1). */
import type { Denied } from '@doorward/core';
import { STATUS_CODES } from 'node:http';
import type { FilterOutcome } from '../filter/apply-filters.js';
import type { Session } from '../inbound/session.js';
import { httpDate } from './http-date.js';

export interface Answer {
  readonly status: number;
  /** What went wrong, for people. */
  readonly message: string;
  /** Whether the message names client and server, or is only the text itself. */
  readonly located: boolean;
  /** Whether the client's connection is closed behind it. */
  readonly closes: boolean;
  /** Redirects only. */
  readonly location?: string;
}

/** Everything that has no row of its own: §5.1 "anything else". */
export const unexpectedError: Answer = { status: 500, message: 'unexpected error', located: false, closes: true };

/** The request's body turned out to be malformed, or ended too early, when its head had been forwarded. */
export const requestBodyFailed: Answer = {
  status: 502,
  message: 'client error (SendRequest)',
  located: false,
  closes: true,
};

export function denial(reason: Denied['reason']): Answer {
  switch (reason) {
    case 'unauthorized':
    case 'http-only':
      return { status: 403, message: 'unauthorized request on route', located: true, closes: false };
    case 'no-route':
    case 'not-http':
      return { status: 404, message: 'no route found for request', located: true, closes: false };
  }
}

export const rateLimited = (message: string): Answer => ({ status: 429, message, located: true, closes: false });

export function filtered(outcome: Exclude<FilterOutcome, { kind: 'forward' }>): Answer {
  if (outcome.kind === 'failed') {
    return outcome.told ? { ...unexpectedError, message: outcome.message, located: true } : unexpectedError;
  }
  const { status, location } = outcome;
  return { status, message: 'redirected', located: false, closes: false, location };
}

export function messageOf(answer: Answer, session: Session): string {
  return answer.located
    ? `client ${session.clientAddress}: server: ${session.serverAddress}: ${answer.message}`
    : answer.message;
}

const isHeaderSafe = /^[\t\u0020-\u007e]*$/;

/** How the connection goes on, as far as the client has to be told. */
export type ConnectionHeader = 'close' | 'keep-alive' | 'none';

/** The bytes of an answer. What went wrong is told only to clients with a proven name. */
export function encodeAnswer(
  answer: Answer,
  session: Session,
  minorVersion: 0 | 1,
  connection: ConnectionHeader,
): string {
  let head = `HTTP/1.${minorVersion} ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`;
  if (answer.location !== undefined) head += `location: ${answer.location}\r\n`;
  if (session.clientId !== undefined) {
    const message = messageOf(answer, session);
    head += `l5d-proxy-error: ${isHeaderSafe.test(message) ? message : unexpectedError.message}\r\n`;
    if (answer.closes) head += 'l5d-proxy-connection: close\r\n';
  }
  if (connection !== 'none') head += `connection: ${connection}\r\n`;
  return `${head}content-length: 0\r\ndate: ${httpDate()}\r\n\r\n`;
}

/** For what is no HTTP request we can read; like Linkerd's HTTP library, without a word of explanation (§6.7). */
export function encodeRefusal(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\ndate: ${httpDate()}\r\n\r\n`;
}
