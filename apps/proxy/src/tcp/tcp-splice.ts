import type { Permit } from '@doorward/core';
import type { Socket } from 'node:net';
import type { ClientConnection } from '../inbound/session.js';
import { AppUnreachable } from '../inbound/session.js';
import { joinStreams } from './join-streams.js';

/**
 * Carry a permitted connection to the application as it is: bytes both ways, half-close passed on. Resolves when both
 * directions have ended. When the permission is withdrawn, `terminated` ends the application's side at once, whatever is still on
 * its way; the client's side is the caller's to end.
 */
export async function spliceTcp(client: ClientConnection, permit: Permit, terminated: AbortSignal): Promise<void> {
  const app = await dialTcp(client, permit, terminated);
  if (app !== undefined) await joinStreams(client.stream, app);
}

/**
 * The application's side of a permitted connection. It is dialled only here, after the permission (docs/spec/data-plane.md §5.2).
 * `undefined` when that failed or the client is gone: then the connection is over.
 */
export async function dialTcp(
  { stream, session }: ClientConnection,
  permit: Permit,
  terminated: AbortSignal,
): Promise<Socket | undefined> {
  let app: Socket;
  try {
    app = await session.connectApp(permit);
  } catch (error) {
    if (!(error instanceof AppUnreachable)) throw error;
    session.reportError({ message: error.message });
    stream.destroy();
    return undefined;
  }
  // Its close is all that there is to notice.
  app.on('error', () => {});
  if (stream.destroyed || terminated.aborted) {
    app.destroy();
    return undefined;
  }
  terminated.addEventListener('abort', () => void app.destroy(), { once: true });
  return app;
}
