/** What a command does when nobody can take what it prints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/up-process.js';

describe('the output of a command', () => {
  it.skipIf(!existsSync('/dev/full'))('that finds no room is a failure in one line', async () => {
    const full = await open('/dev/full', 'w');
    const command = spawn(process.execPath, [cli, 'crds'], { stdio: ['ignore', full.fd, 'pipe'] });
    if (command.stderr === null) throw new Error('stderr is a pipe');
    const [said, [status]] = await Promise.all([text(command.stderr), once(command, 'exit')]);
    await full.close();
    expect([status, said]).toEqual([
      1,
      'doorward: the output cannot be written (ENOSPC: no space left on device, write)\n',
    ]);
  });

  it('that nobody reads any more is no failure', async () => {
    const command = spawn(process.execPath, [cli, 'crds'], { stdio: ['ignore', 'pipe', 'pipe'] });
    command.stdout.destroy();
    const [said, [status]] = await Promise.all([text(command.stderr), once(command, 'exit')]);
    expect([status, said]).toEqual([0, '']);
  });
});
