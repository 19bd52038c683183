/** `doorward why` as a person types it. */
import { formatIp } from '@doorward/core';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../support/observed-process.js';
import { cli } from '../support/up-process.js';
import type { Case } from './corpus.js';
import type { RequestRow } from './format.js';
import { clientOf, targetOf } from './question.js';

/** As far as a test reads it. */
export interface WhyJson {
  readonly verdict: string;
  readonly reason?: string;
  readonly permittedBy?: { readonly name: string };
}

export async function whyCommand(
  found: Case,
  row: RequestRow,
): Promise<{ readonly code: number; readonly json: WhyJson }> {
  const { text } = targetOf(found, row);
  const { ip, identity = 'unmeshed' } = clientOf(found, row);
  const file = join(root, found.file);
  const args = ['why', identity, text, ...row.request.split(' '), '--ip', formatIp(ip), '-f', file, '-o', 'json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...args], (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr));
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, json: JSON.parse(stdout) as WhyJson });
    });
  });
}
