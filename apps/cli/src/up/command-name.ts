import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * How a person in this folder calls our command. `npx doorward` only where npx finds one installed, in the folder or above it:
 * elsewhere it would offer to fetch whatever a registry has under that name.
 */
export function commandName(directory: string): string {
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules/.bin/doorward'))) return 'npx doorward';
    if (at === dirname(at)) return 'doorward';
  }
}
