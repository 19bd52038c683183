import { editorSchemas } from '@doorward/resources';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.js';

/**
 * One file for each kind and version, and `all.json`. Folders are made, files of the same names replaced, others left alone.
 *
 * @throws Failure that names the file or folder which could not be written
 */
export async function writeSchemas(folder: string): Promise<{ readonly count: number; readonly all: string }> {
  const schemas = editorSchemas();
  // The folder first: where that is impossible, one message is enough.
  await told(`cannot make the folder \`${folder}\``, async () => mkdir(folder, { recursive: true }));
  for (const { path, schema } of schemas) {
    const file = join(folder, path);
    await told(`cannot write \`${file}\``, async () => {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(schema, undefined, 2)}\n`);
    });
  }
  return { count: schemas.length - 1, all: join(folder, 'all.json') };
}

async function told(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Failure(`${what}: ${likelyCause(error)}`);
  }
}

function likelyCause(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file stands in its way';
    case 'EISDIR':
      return 'a folder stands in its way';
    case 'EACCES':
    case 'EPERM':
      return 'you may not write there';
    case 'EROFS':
      return 'the file system takes no changes';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
