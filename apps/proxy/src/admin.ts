import { startAdmin, type AdminOptions, type AdminServer, type Log } from '@doorward/telemetry';
import { formatHostPort, type HostPort } from './inbound/inbound-port.js';
import { listenFailure } from './listen.js';

/** @throws ListenError */
export async function listenAdmin(
  address: HostPort,
  answers: Pick<AdminOptions, 'isReady' | 'metrics'>,
  log: Log,
): Promise<AdminServer> {
  let admin: AdminServer;
  try {
    admin = await startAdmin({ ...address, ...answers });
  } catch (error) {
    throw listenFailure(error, address, 'the admin server');
  }
  log.info(
    { event: 'admin.listening', address: admin.address, asked: formatHostPort(address) },
    `health and metrics on http://${admin.address}/metrics`,
  );
  return admin;
}
