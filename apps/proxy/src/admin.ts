import {
  formatHostPort,
  startAdmin,
  type AdminOptions,
  type AdminServer,
  type HostPort,
  type Log,
} from '@doorward/telemetry';

/** @throws ListenError */
export async function listenAdmin(
  address: HostPort,
  answers: Pick<AdminOptions, 'isReady' | 'metrics'>,
  log: Log,
): Promise<AdminServer> {
  const admin = await startAdmin({ ...address, ...answers });
  log.info(
    { event: 'admin.listening', address: admin.address, asked: formatHostPort(address) },
    `health and metrics on http://${admin.address}/metrics`,
  );
  return admin;
}
