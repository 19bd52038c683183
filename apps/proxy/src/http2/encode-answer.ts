import { encodeFields, http2Field } from '@doorward/http';
import { type Answer, toldText } from '../answer/answer.js';
import type { Session } from '../inbound/session.js';
import type { DateField } from './response-blocks.js';

/** A header block that ends its stream. `grpc`: in the form that gRPC clients read. */
export function encodeAnswer(answer: Answer, session: Session, grpc: boolean, date: DateField): Buffer {
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
  const told = toldText(answer, session);
  if (told !== undefined) {
    if (grpc) fields.push(http2Field('grpc-message', told));
    fields.push(http2Field('l5d-proxy-error', told));
    if (answer.closes) fields.push(http2Field('l5d-proxy-connection', 'close'));
  }
  fields.push(date.field);
  return encodeFields(fields);
}

/** Trailers that end a gRPC response whose application has gone silent in the middle. */
export function encodeGrpcTrailers(answer: Answer, session: Session): Buffer {
  const told = toldText(answer, session);
  const fields = [http2Field('grpc-status', String(answer.grpcStatus))];
  if (told !== undefined) fields.push(http2Field('grpc-message', told));
  return encodeFields(fields);
}
