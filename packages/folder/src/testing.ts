/** For the tests of this package: a real temporary folder, and its changes as something to await. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '@doorward/resources';
import type { ObjectKey } from '@doorward/resources';
import { openFolder } from './open-folder.js';
import type { FolderChange, FolderSource } from './folder-source.js';

export interface TestFolder {
  readonly path: string;
  readonly source: FolderSource;
  /** The next change nobody has awaited yet. */
  next(): Promise<FolderChange>;
  /** Changes that came and nobody awaited. */
  readonly unread: readonly FolderChange[];
  write(name: string, text: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A folder with these files, opened. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return opened(path);
}

/** Open a folder that is there. */
export async function opened(path: string): Promise<TestFolder> {
  const source = await openFolder(path);
  const unread: FolderChange[] = [];
  const waiting: ((change: FolderChange) => void)[] = [];
  source.onChange((change) => {
    const resolve = waiting.shift();
    if (resolve) resolve(change);
    else unread.push(change);
  });
  return {
    path,
    source,
    unread,
    next() {
      const change = unread.shift();
      return change ? Promise.resolve(change) : new Promise((resolve) => waiting.push(resolve));
    },
    write: (name, text) => writeFile(join(path, name), text),
    async [Symbol.asyncDispose]() {
      await source.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A Server, whose port shows which version of it one sees. */
export const serverYaml = (name: string, port: number): string => `apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: ${name}, namespace: shop}
spec: {podSelector: {}, port: ${port}}
`;

export const serverKey = (name: string): ObjectKey => `Server/shop/${name}`;

/** A change in brief: `name:port` of Servers, codes of problems. */
export function brief(change: FolderChange): Record<string, readonly string[]> {
  return {
    upserted: change.upserted.map((object) =>
      object.kind === 'Server' ? `${object.metadata.name}:${object.spec.port}` : keyOf(object),
    ),
    removed: change.removed,
    problems: change.problems.map(({ code }) => code),
    stale: change.stale.map(({ key }) => key),
    fixed: change.fixed.map(({ key }) => key),
  };
}

/** The ports of the Servers in force, by name. */
export function portsInForce(source: FolderSource): Record<string, number | string> {
  const servers = [...source.current.objects.values()].flatMap((object) =>
    object.kind === 'Server' ? [[object.metadata.name, object.spec.port] as const] : [],
  );
  return Object.fromEntries(servers.sort(([a], [b]) => (a < b ? -1 : 1)));
}
