/**
 * A protocol no proxy knows: lines of text over TCP. It is here because not everything is HTTP, and a policy must be able
 * to protect that too: then the decision falls once a connection, not once a request.
 *
 *     today        the emoji of the day
 *     :door:       the emoji of that name
 *     quit         the server hangs up
 *     other words  come back as they are
 */
import { createServer, type Socket } from 'node:net';
import type { Address } from './address.js';
import { emojiOfTheDay, findByShortcode } from './catalogue.js';
import { closeServer, listenOn } from './listen.js';

export interface LineServerOptions {
  readonly listen: Address;
  readonly nowMs: () => number;
}

/** Longest line in characters: shortcodes are shorter than 20, a sentence to echo fits too. */
const lineLengthMax = 256;
/** Somebody who types by hand gets a minute to think. */
const idleMs = 60_000;
/** Far more than a demo needs, and few enough that their buffers don't matter. */
const connectionsMax = 64;

export async function startLineServer(
  options: LineServerOptions,
): Promise<{ address: Address; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, options.nowMs);
  });
  server.maxConnections = connectionsMax;
  const address = await listenOn(server, options.listen);
  return {
    address,
    close: async () => {
      const closed = closeServer(server);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serve(socket: Socket, nowMs: () => number): void {
  let pending = '';
  socket.setEncoding('utf8');
  socket.setTimeout(idleMs, () => socket.destroy());
  // A client that resets its connection is no fault of ours, and 'close' follows.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      const words = line.replace(/\r$/, '');
      if (words === 'quit' || words.length > lineLengthMax) {
        hangUp(socket, words === 'quit' ? 'bye' : 'that line is too long');
        return;
      }
      // Who sends but never reads is cut off instead of buffered for.
      if (!socket.write(`${reply(words, nowMs)}\n`) && socket.writableLength > 64 * 1024) {
        socket.destroy();
        return;
      }
    }
    if (pending.length > lineLengthMax) {
      hangUp(socket, 'that line is too long');
    }
  });
}

/** Reads on, or the last words might be lost to a reset; but only for a second. */
function hangUp(socket: Socket, lastWords: string): void {
  socket.removeAllListeners('data').resume().end(`${lastWords}\n`);
  const cut = setTimeout(() => socket.destroy(), 1_000);
  socket.once('close', () => {
    clearTimeout(cut);
  });
}

function reply(words: string, nowMs: () => number): string {
  const found = words === 'today' ? emojiOfTheDay(nowMs()) : findByShortcode(words);
  return found === undefined ? words : `${found.unicode} ${found.shortcode}`;
}
