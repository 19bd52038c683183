import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandName } from './command-name.js';

it('is called by npx only where that finds it installed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doorward-name-'));
  await mkdir(join(folder, 'checkout/node_modules/.bin'), { recursive: true });
  await mkdir(join(folder, 'checkout/examples'));
  await writeFile(join(folder, 'checkout/node_modules/.bin/doorward'), '');
  expect(commandName(join(folder, 'checkout/examples'))).toBe('npx doorward');
  expect(commandName(folder)).toBe('doorward');
  await rm(folder, { recursive: true });
});
