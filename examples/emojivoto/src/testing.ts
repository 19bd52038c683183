/** For tests only: starting parts so that they end with the test, and asking over HTTP and TCP. */
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Address } from './address.js';
import { closeServer, listenOn } from './listen.js';

/** A port of this machine that the system chooses. */
export const anyPort: Address = { host: '127.0.0.1', port: 0 };

/** A port that was free a moment ago, for a test that must name the same one twice. */
export async function freePort(): Promise<Address> {
  const server = createServer();
  const address = await listenOn(server, anyPort);
  await closeServer(server);
  return address;
}

/** Runs `body`, then closes what it gave to `keep`, the last first, also when the body fails. */
export async function withParts(
  body: (keep: <Part extends { readonly close: () => unknown }>(part: Part) => Part) => Promise<void>,
): Promise<void> {
  const parts: { readonly close: () => unknown }[] = [];
  try {
    await body((part) => {
      parts.push(part);
      return part;
    });
  } finally {
    for (const part of parts.toReversed()) await part.close();
  }
}

export interface HttpAnswer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

export function http({ host, port }: Address, path: string, method = 'GET'): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port, path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode, type: response.headers['content-type'], text });
      });
    });
    request.once('error', reject).end();
  });
}

/** Sends all of `text`, and resolves to everything that comes back until the other end hangs up. */
export function converse({ host, port }: Address, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect({ host, port }, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      heard += chunk;
    });
    socket.once('error', reject);
    socket.once('end', () => {
      resolve(heard);
    });
  });
}
