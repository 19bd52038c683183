import type { Permit } from '@doorward/core';
import type { ClientConnection } from '../inbound/session.js';
import { AppUnreachable } from '../inbound/session.js';
import { joinStreams } from './join-streams.js';

/**
 * Carry a permitted connection to the application as it is: bytes both ways, half-close passed on. Resolves when both
 * directions have ended. The application is dialled only here, after the permission (docs/spec/data-plane.md §5.2).
 */
export async function spliceTcp({ stream, session }: ClientConnection, permit: Permit): Promise<void> {
  let app;
  try {
    app = await session.connectApp(permit);
  } catch (error) {
    if (!(error instanceof AppUnreachable)) throw error;
    session.reportError({ message: error.message });
    stream.destroy();
    return;
  }
  if (stream.destroyed) {
    app.destroy();
    return;
  }
  await joinStreams(stream, app);
}
