import { isUtf8 } from 'node:buffer';
import { hostEnd } from './authority.js';
import { colon, equalsIgnoringCase, questionMark, slash } from './characters.js';

/** RFC 9112 §3.2. */
export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk';

/** Where the parts of a target are in the head's bytes. Absent parts are empty: start equals end. */
export interface RequestTarget {
  readonly form: TargetForm;
  readonly start: number;
  readonly end: number;
  readonly authorityStart: number;
  readonly authorityEnd: number;
  /** `80` or `443`: what an authority without port means. 0 when the target has no scheme. */
  readonly defaultPort: 0 | 80 | 443;
  readonly pathStart: number;
  readonly pathEnd: number;
}

/** Read a target whose bytes are known to be target characters; a sentence when it is none that `method` may have. */
export function readTarget(bytes: Buffer, start: number, end: number, method: string): RequestTarget | string {
  if (!isAscii(bytes, start, end) && !isUtf8(bytes.subarray(start, end))) return 'the target is not UTF-8';
  if (method === 'CONNECT') {
    const host = hostEnd(bytes, start, end);
    if (host === -1 || host === end) return 'CONNECT wants HOST:PORT as its target';
    return target('authority', start, end, start, end, 0, end, end);
  }
  if (bytes[start] === slash) return target('origin', start, end, end, end, 0, start, pathEnd(bytes, start, end));
  if (end - start === 1 && bytes[start] === 0x2a) {
    return method === 'OPTIONS'
      ? target('asterisk', start, end, end, end, 0, start, end)
      : 'the target `*` is for OPTIONS only';
  }
  return readAbsolute(bytes, start, end);
}

function readAbsolute(bytes: Buffer, start: number, end: number): RequestTarget | string {
  const schemeEnd = bytes.indexOf(colon, start);
  const port = equalsIgnoringCase(bytes, start, schemeEnd, 'http')
    ? 80
    : equalsIgnoringCase(bytes, start, schemeEnd, 'https')
      ? 443
      : 0;
  if (port === 0 || schemeEnd + 3 > end || bytes[schemeEnd + 1] !== slash || bytes[schemeEnd + 2] !== slash) {
    return 'the target is neither a path nor an http URI';
  }
  const authorityStart = schemeEnd + 3;
  let authorityEnd = authorityStart;
  while (authorityEnd < end && bytes[authorityEnd] !== slash && bytes[authorityEnd] !== questionMark) authorityEnd++;
  if (hostEnd(bytes, authorityStart, authorityEnd) === -1) return 'the host in the target is not valid';
  return target(
    'absolute',
    start,
    end,
    authorityStart,
    authorityEnd,
    port,
    authorityEnd,
    pathEnd(bytes, authorityEnd, end),
  );
}

function target(
  form: TargetForm,
  start: number,
  end: number,
  authorityStart: number,
  authorityEnd: number,
  defaultPort: 0 | 80 | 443,
  pathStart: number,
  pathEnd: number,
): RequestTarget {
  return { form, start, end, authorityStart, authorityEnd, defaultPort, pathStart, pathEnd };
}

function pathEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== questionMark) at++;
  return at;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] >= 0x80) return false;
  return true;
}
