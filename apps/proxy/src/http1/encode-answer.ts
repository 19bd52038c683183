import { STATUS_CODES } from 'node:http';
import { type Answer, toldText } from '../answer/answer.js';
import { httpDate } from '../answer/http-date.js';
import type { Session } from '../inbound/session.js';

/** How the connection goes on, as far as the client has to be told. */
export type ConnectionHeader = 'close' | 'keep-alive' | 'none';

/** The bytes of an answer, one character each. */
export function encodeAnswer(
  answer: Answer,
  session: Session,
  minorVersion: 0 | 1,
  connection: ConnectionHeader,
): string {
  let head = `HTTP/1.${minorVersion} ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`;
  if (answer.location !== undefined) head += `location: ${answer.location}\r\n`;
  const told = toldText(answer, session);
  if (told !== undefined) {
    head += `l5d-proxy-error: ${told}\r\n`;
    if (answer.closes) head += 'l5d-proxy-connection: close\r\n';
  }
  if (connection !== 'none') head += `connection: ${connection}\r\n`;
  return `${head}content-length: 0\r\ndate: ${httpDate()}\r\n\r\n`;
}

/** For what is no HTTP request we can read; like Linkerd's HTTP library, without a word of explanation (§6.7). */
export function encodeRefusal(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\ndate: ${httpDate()}\r\n\r\n`;
}
