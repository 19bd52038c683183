import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of manifests with a short life. */
export class TestFolder {
  private constructor(readonly path: string) {}

  static async make(files: Readonly<Record<string, string>> = {}): Promise<TestFolder> {
    const folder = new TestFolder(await mkdtemp(join(tmpdir(), 'doorward-controller-')));
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    return folder;
  }

  /** As editors save: beside it, then in its place. */
  async write(name: string, text: string): Promise<void> {
    const aside = join(this.path, `.${name}.tmp`);
    await writeFile(aside, text);
    await rename(aside, join(this.path, name));
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name));
  }

  async dispose(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
