import { encodeFields, http2Field, isFieldValue, type Http2Field } from '@doorward/http';
import type { DenialReason } from '@doorward/core';
import type { FilterOutcome } from '../filter/apply-filters.js';
import type { Session } from '../inbound/session.js';

/** An answer that we give in the application's place (docs/spec/data-plane.md §5.1). */
export interface Answer {
  readonly status: number;
  /** The `grpc-status` that stands for it in the gRPC form. */
  readonly grpcStatus: number;
  /** The innermost text, as the client's `l5d-proxy-error` has it. */
  readonly message: string;
  /** For our log, where it says more than `message`. */
  readonly logMessage?: string;
  /** Ends the client's connection with a GOAWAY. */
  readonly closes: boolean;
  readonly location?: string;
}

export const denial = (reason: DenialReason): Answer => {
  switch (reason) {
    case 'unauthorized':
    // A request never gets it; were it to, refusing is right.
    // falls through
    case 'http-only':
      return { status: 403, grpcStatus: 7, message: 'unauthorized request on route', closes: false };
    case 'no-route':
    case 'not-http':
      return { status: 404, grpcStatus: 5, message: 'no route found for request', closes: false };
  }
};

export const rateLimited = (message: string): Answer => ({ status: 429, grpcStatus: 8, message, closes: false });

export const headerListTooLarge: Answer = {
  status: 431,
  grpcStatus: 8,
  message: 'header list too large',
  closes: false,
};

/** Carrying HTTP/1 in HTTP/2 is translated elsewhere; until then it is refused, never forwarded undecided. */
export const origProtoUnsupported: Answer = {
  status: 501,
  grpcStatus: 12,
  message: 'HTTP/1 carried in HTTP/2 (l5d-orig-proto) is not supported',
  closes: false,
};

export const unreachable: Answer = { status: 504, grpcStatus: 4, message: 'service in fail-fast', closes: true };

export const unexpected = (logMessage: string): Answer => ({
  status: 500,
  grpcStatus: 13,
  message: 'unexpected error',
  logMessage,
  closes: true,
});

export const filtered = (outcome: Exclude<FilterOutcome, { kind: 'forward' }>): Answer => {
  if (outcome.kind === 'failed') {
    return outcome.told ? { ...unexpected(outcome.message), message: outcome.message } : unexpected(outcome.message);
  }
  const { status, location } = outcome;
  const logMessage = `request redirected to ${location}`;
  return { status, grpcStatus: 5, message: 'redirected', logMessage, closes: false, location };
};

/** Words an answer for one session: who may read the reason, and in which form. */
export class AnswerWriter {
  constructor(private readonly session: Session) {}

  /** The full text: `client CLIENT: server: SERVER: <inner>`. */
  text(message: string): string {
    const { clientAddress, serverAddress } = this.session;
    return `client ${clientAddress}: server: ${serverAddress}: ${message}`;
  }

  /** A header block that ends its stream. */
  head(answer: Answer, grpc: boolean, date: Http2Field): Buffer {
    const fields = grpc
      ? [
          http2Field(':status', '200'),
          http2Field('content-length', '0'),
          // Always this value, also for `application/grpc+proto`.
          http2Field('content-type', 'application/grpc'),
          http2Field('grpc-status', String(answer.grpcStatus)),
        ]
      : [http2Field(':status', String(answer.status)), http2Field('content-length', '0')];
    if (!grpc && answer.location !== undefined) fields.push(http2Field('location', answer.location));
    fields.push(...this.#reasons(answer, grpc), date);
    return encodeFields(fields);
  }

  /** Trailers that end a gRPC response whose application has gone silent in the middle. */
  grpcTrailers(answer: Answer): Buffer {
    const fields = [http2Field('grpc-status', String(answer.grpcStatus))];
    if (this.session.clientId !== undefined) fields.push(http2Field('grpc-message', this.#safeText(answer)));
    return encodeFields(fields);
  }

  /** Peers without a name learn nothing. */
  #reasons(answer: Answer, grpc: boolean): Http2Field[] {
    if (this.session.clientId === undefined) return [];
    const text = this.#safeText(answer);
    const fields = [http2Field('l5d-proxy-error', text)];
    if (grpc) fields.unshift(http2Field('grpc-message', text));
    if (answer.closes) fields.push(http2Field('l5d-proxy-connection', 'close'));
    return fields;
  }

  #safeText(answer: Answer): string {
    const text = this.text(answer.message);
    return isFieldValue(text) ? text : 'unexpected error';
  }
}
