import { afterEach, describe, expect, it } from 'vitest';
import { startAdmin, type AdminServer } from './admin-server.js';

let admin: AdminServer | undefined;
afterEach(async () => admin?.close());

describe('the admin server', () => {
  it('answers for health and metrics', async () => {
    let ready = false;
    admin = await startAdmin({ host: '127.0.0.1', port: 0, isReady: () => ready, metrics: () => 'a_total 1\n' });
    const ask = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`http://${admin?.address}${path}`);
      return [response.status, await response.text()];
    };
    expect(await ask('/live')).toEqual([200, 'live\n']);
    expect(await ask('/ready')).toEqual([503, 'not ready\n']);
    ready = true;
    expect(await ask('/ready?x=1')).toEqual([200, 'ready\n']);
    expect(await ask('/metrics')).toEqual([200, 'a_total 1\n']);
    // Paths match exactly (docs/spec/data-plane.md §9).
    expect(await ask('/ready/')).toEqual([404, '']);
    expect(await ask('/')).toEqual([404, '']);
  });

  it('rejects when its address is taken', async () => {
    admin = await startAdmin({ host: '127.0.0.1', port: 0, isReady: () => true, metrics: () => '' });
    const port = Number(admin.address.split(':')[1]);
    await expect(startAdmin({ host: '127.0.0.1', port, isReady: () => true, metrics: () => '' })).rejects.toThrow(
      `the admin server cannot use 127.0.0.1:${port}: the port is in use; `,
    );
  });
});
