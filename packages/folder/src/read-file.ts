import { constants } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import type { Problem } from '@doorward/resources';
import { errorCode, faultText, fileProblem } from './file-problem.js';

/** 4 MiB: some twenty thousand small objects. A larger file is a mistake, and parsing it would hold up everything else. */
export const fileBytesMax = 4 * 1024 * 1024;

export type Looked =
  | { readonly kind: 'file'; readonly signature: string }
  /** Not there, or nothing that could hold manifests. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly problem: Problem };

/** See whether a file is there and which version of it. `shown` is the name for problems. Links are followed. */
export async function lookAt(path: string, shown: string): Promise<Looked> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return { kind: 'gone' };
    if (!stats.isFile()) {
      return {
        kind: 'unreadable',
        problem: notRegular(shown),
      };
    }
    return { kind: 'file', signature: signatureOf(stats) };
  } catch (error) {
    if (await isGone(path, error)) return { kind: 'gone' };
    return { kind: 'unreadable', problem: unreadable(shown, error) };
  }
}

const signatureOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string =>
  `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;

export type Contents =
  | { readonly kind: 'text'; readonly text: string; readonly signature: string }
  | { readonly kind: 'gone' }
  /** Changed while it was read. */
  | { readonly kind: 'moving' }
  | { readonly kind: 'bad'; readonly problem: Problem };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Read one whole version of a file: `moving` unless nothing about it changed from before the first byte to after the last. */
export async function readManifestFile(path: string, shown: string): Promise<Contents> {
  try {
    // Without O_NONBLOCK opening a named pipe would wait for somebody to write to it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const before = await file.stat();
      if (before.isDirectory()) return { kind: 'gone' };
      if (!before.isFile()) return { kind: 'bad', problem: notRegular(shown) };
      if (before.size > fileBytesMax) {
        const size = (before.size / 1024 / 1024).toFixed(1);
        return {
          kind: 'bad',
          problem: fileProblem(
            'DW0130',
            shown,
            `${shown} has ${size} MiB; the limit is ${fileBytesMax / 1024 / 1024} MiB`,
            'split it into several files',
          ),
        };
      }
      const bytes = Buffer.alloc(before.size + 1);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length !== before.size || signatureOf(await file.stat()) !== signatureOf(before)) return { kind: 'moving' };
      return decode(bytes.subarray(0, length), shown, signatureOf(before));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (await isGone(path, error)) return { kind: 'gone' };
    return { kind: 'bad', problem: unreadable(shown, error) };
  }
}

function decode(bytes: Buffer, shown: string, signature: string): Contents {
  try {
    return { kind: 'text', text: utf8.decode(bytes), signature };
  } catch {
    // The decoder's only error: these bytes are not UTF-8.
    return {
      kind: 'bad',
      problem: fileProblem('DW0132', shown, `${shown} is not UTF-8 text`, 'save it with the encoding UTF-8'),
    };
  }
}

function notRegular(shown: string): Problem {
  return fileProblem('DW0131', shown, `${shown} is not a regular file`, 'remove it, or give it another extension');
}

function unreadable(shown: string, error: unknown): Problem {
  return fileProblem(
    'DW0131',
    shown,
    `${shown} cannot be read: ${faultText(error)}`,
    'make it readable for the user that runs doorward, or move it away',
  );
}

/** A link whose target is missing is broken, not gone: what it led to stays in force. */
async function isGone(path: string, error: unknown): Promise<boolean> {
  if (errorCode(error) === 'ENOTDIR') return true;
  if (errorCode(error) !== 'ENOENT') return false;
  try {
    return !(await lstat(path)).isSymbolicLink();
  } catch {
    // Not even a link there: gone, whatever the reason.
    return true;
  }
}

/** Whether a path is a folder or a link, and so may lead to other files. */
export async function isContainer(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path);
    return stats.isDirectory() || stats.isSymbolicLink();
  } catch {
    // What is not there, or cannot be asked, leads nowhere.
    return false;
  }
}
