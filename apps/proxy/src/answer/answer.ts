/**
 * The answers that the proxy gives in the application's place: the table of docs/spec/data-plane.md §5.1. Each splice writes them
 * in its protocol; none makes up its own.
 */
import type { DenialReason } from '@doorward/core';
import type { FilterOutcome } from '../filter/apply-filters.js';
import { AppUnreachable, type Session } from '../inbound/session.js';

export interface Answer {
  readonly status: number;
  /** What stands for it in the gRPC form, which HTTP/2 alone has. */
  readonly grpcStatus: number;
  /** What went wrong, as the client's `l5d-proxy-error` has it. */
  readonly message: string;
  /** Whether the client gets the message behind the names of client and server, or only the text itself. */
  readonly located: boolean;
  /** Whether the client's connection ends behind it. */
  readonly closes: boolean;
  /** Redirects only. One character a byte. */
  readonly location?: string;
  /** For our log, where that may say more than the client is told. */
  readonly logMessage?: string;
}

/** Everything that has no row of its own. */
export const unexpectedError: Answer = {
  status: 500,
  grpcStatus: 13,
  message: 'unexpected error',
  located: false,
  closes: true,
};

export const unexpected = (logMessage: string): Answer => ({ ...unexpectedError, logMessage });

export function denial(reason: DenialReason): Answer {
  switch (reason) {
    case 'unauthorized':
    // A request never gets it; were it to, refusing is right.
    // falls through
    case 'http-only':
      return { status: 403, grpcStatus: 7, message: 'unauthorized request on route', located: true, closes: false };
    case 'no-route':
    case 'not-http':
      return { status: 404, grpcStatus: 5, message: 'no route found for request', located: true, closes: false };
  }
}

export const rateLimited = (message: string): Answer => ({
  status: 429,
  grpcStatus: 8,
  message,
  located: true,
  closes: false,
});

/** What a filter says instead of forwarding. */
export function filtered(outcome: Exclude<FilterOutcome, { kind: 'forward' }>): Answer {
  switch (outcome.kind) {
    case 'failed':
      return outcome.told
        ? { ...unexpectedError, message: outcome.message, located: true }
        : unexpected(outcome.message);
    case 'redirect':
      return {
        status: outcome.status,
        grpcStatus: 5,
        message: 'redirected',
        located: false,
        closes: false,
        location: outcome.location,
        logMessage: `request redirected to ${outcome.location}`,
      };
  }
}

/** The application could not be dialled. Only the dial's own text reaches the client. */
export const unreachable = (error: unknown): Answer =>
  error instanceof AppUnreachable && error.status === 504
    ? { status: 504, grpcStatus: 4, message: error.message, located: false, closes: true }
    : { status: 502, grpcStatus: 14, message: 'client error (Connect)', located: false, closes: true };

/** HTTP/2: the application could not be dialled for as long as requests wait for it. */
export const failFast = (reason: string): Answer => ({
  status: 504,
  grpcStatus: 4,
  message: 'service in fail-fast',
  located: true,
  closes: true,
  logMessage: `service in fail-fast: ${reason}`,
});

/** A request's body turned out to be malformed, or ended too early, when its head had been forwarded. */
export const requestBodyFailed = (logMessage: string): Answer => ({
  status: 502,
  grpcStatus: 14,
  message: 'client error (SendRequest)',
  located: false,
  closes: true,
  logMessage,
});

/** HTTP/2, where the request can be answered; on HTTP/1 nothing behind such a head can be read. */
export const headerListTooLarge: Answer = {
  status: 431,
  grpcStatus: 8,
  message: 'header list too large',
  located: true,
  closes: false,
};

/** Carrying HTTP/1 in HTTP/2 is translated elsewhere; until then it is refused, never forwarded undecided. */
export const origProtoUnsupported: Answer = {
  status: 501,
  grpcStatus: 12,
  message: 'HTTP/1 carried in HTTP/2 (l5d-orig-proto) is not supported',
  located: true,
  closes: false,
};

/** Who talks to whom, and whether the client has proven its name. */
type Parties = Pick<Session, 'clientAddress' | 'serverAddress' | 'clientId'>;

/** `client CLIENT: server: SERVER: <inner>` */
export const located = (inner: string, { clientAddress, serverAddress }: Parties): string =>
  `client ${clientAddress}: server: ${serverAddress}: ${inner}`;

/** What our log says about an answer. */
export const logText = (answer: Answer, parties: Parties): string =>
  located(answer.logMessage ?? answer.message, parties);

/** Printable, and no blank at either end, which HTTP/2 forbids. */
const isHeaderSafe = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** What the client may read about an answer, fit for a header: peers without a proven name learn nothing. */
export function toldText(answer: Answer, parties: Parties): string | undefined {
  if (parties.clientId === undefined) return undefined;
  const text = answer.located ? located(answer.message, parties) : answer.message;
  return isHeaderSafe.test(text) ? text : unexpectedError.message;
}
