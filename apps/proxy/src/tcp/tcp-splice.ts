import type { Permit } from '@doorward/core';
import type { ClientConnection } from '../inbound/session.js';
import { AppUnreachable } from '../inbound/session.js';
import { joinStreams } from './join-streams.js';

/**
 * Carry a permitted connection to the application as it is: bytes both ways, half-close passed on. Resolves when both
 * directions have ended. The application is dialled only here, after the permission (docs/spec/data-plane.md §5.2). When the
 * permission is withdrawn, `terminated` ends the application's side at once, whatever is still on its way; the client's side is
 * the caller's to end.
 */
export async function spliceTcp(
  { stream, session }: ClientConnection,
  permit: Permit,
  terminated: AbortSignal,
): Promise<void> {
  let app;
  try {
    app = await session.connectApp(permit);
  } catch (error) {
    if (!(error instanceof AppUnreachable)) throw error;
    session.reportError({ message: error.message });
    stream.destroy();
    return;
  }
  if (stream.destroyed || terminated.aborted) {
    app.destroy();
    return;
  }
  const end = (): void => void app.destroy();
  terminated.addEventListener('abort', end, { once: true });
  await joinStreams(stream, app);
}
