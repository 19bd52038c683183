/** The demo as a process: started as `npm start` starts it, on free ports, and read as a program would read it. */
import type { DemoAddresses } from '@doorward/example-emojivoto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObservedProcess, root } from './observed-process.js';

export interface Demo {
  readonly process: ObservedProcess;
  readonly addresses: DemoAddresses;
  /** The folder that the demo watches. */
  readonly policies: string;
  readonly stateDir: string;
  cleanUp(): Promise<void>;
}

/** Resolves when everything is up. */
export async function startDemo(): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'doorward-test-'));
  const stateDir = join(folder, 'state');
  const process = new ObservedProcess(join(root, 'examples/emojivoto/dist/demo.js'), [
    '--free-ports',
    '--output=json',
    `--state=${stateDir}`,
  ]);
  const { addresses, policies } = (await process.ready()) as { addresses: DemoAddresses; policies: string };
  const cleanUp = async (): Promise<void> => {
    await process.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  return { process, addresses, policies, stateDir, cleanUp };
}
