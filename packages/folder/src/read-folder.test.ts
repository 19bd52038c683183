import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFolder, readOneFile } from './read-folder.js';
import { fileBytesMax } from './read-file.js';
import { folderWith, opened, serverKey, serverYaml } from './testing.js';

const packageJson = '{"name": "demo", "version": "1.0.0"}\n';
const withoutKind = 'metadata: {name: web}\nspec: {podSelector: {}, port: 80}\n';

describe('a folder that is read once', () => {
  it('is the same as one that is watched', async () => {
    await using folder = await folderWith({
      'a.yaml': `${serverYaml('web', 80)}---\n${serverYaml('web', 81)}`,
      'b.yaml': `${serverYaml('web', 82)}---\nkind: [\n`,
      'c.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n',
      'd.yaml': withoutKind,
      'package.json': packageJson,
    });
    await mkdir(join(folder.path, 'team'));
    await writeFile(join(folder.path, 'team', 'e.yaml'), serverYaml('api', 90));
    await writeFile(join(folder.path, 'team', 'f.yaml'), Buffer.from([0xff, 0xfe]));
    await symlink(folder.path, join(folder.path, 'team', 'loop'));
    await using again = await opened(folder.path);
    const read = await readFolder(folder.path);
    expect(read).toEqual(again.source.current);
    expect([...read.objects.keys()]).toEqual([serverKey('web'), serverKey('api')]);
    expect(read.problems.map(({ code }) => code)).toEqual(['DW0133', 'DW0134', 'DW0105', 'DW0112', 'DW0132', 'DW0134']);
  });

  it('that is missing is refused in a sentence', async () => {
    await expect(readFolder('/no/such/folder')).rejects.toThrow(
      'the folder `/no/such/folder` cannot be read: it does not exist',
    );
  });
});

describe('a file that is read once', () => {
  it('may have any name, and names itself as it was named', async () => {
    await using folder = await folderWith({ 'notes.txt': serverYaml('web', 80) });
    const path = join(folder.path, 'notes.txt');
    const { objects, problems } = await readOneFile(path);
    expect([...objects.values()].map(({ place }) => place?.file)).toEqual([path]);
    expect(problems).toEqual([]);
  });

  it('is a problem when it is too large, or is not there', async () => {
    await using folder = await folderWith({ 'a.yaml': '' });
    const path = join(folder.path, 'a.yaml');
    await truncate(path, fileBytesMax + 1);
    expect((await readOneFile(path)).problems.map(({ code }) => code)).toEqual(['DW0130']);
    expect((await readOneFile(folder.path)).problems.map(({ message }) => message)).toEqual([
      `${folder.path} is no file`,
    ]);
  });
});

describe('a file of something else than Kubernetes objects', () => {
  it('is no problem, and is named', async () => {
    await using folder = await folderWith({ 'package.json': packageJson, 'a.yaml': serverYaml('web', 80) });
    const { problems, skipped } = folder.source.current;
    expect({ problems, skipped }).toEqual({ problems: [], skipped: [join(folder.path, 'package.json')] });
    await folder.write('chart.yaml', 'apiVersion: v2\nname: web\nversion: 1.2.3\n');
    const change = await folder.next();
    expect(change.problems).toEqual([]);
    expect(change.skipped).toEqual(['chart.yaml', 'package.json'].map((name) => join(folder.path, name)));
  });

  it('is a problem when it looks as if an object was meant, or stands beside one', async () => {
    await using folder = await folderWith({
      'a.yaml': withoutKind,
      'b.yaml': `${serverYaml('web', 80)}---\n${packageJson}`,
    });
    const { problems, skipped } = folder.source.current;
    expect(problems.map(({ code }) => code)).toEqual(['DW0112', 'DW0112']);
    expect(skipped).toEqual([]);
  });

  it('is a problem when an object was there before, which stays in force', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('a.yaml', packageJson);
    const { problems, stale, skipped } = await folder.next();
    expect(problems.map(({ code }) => code)).toEqual(['DW0112']);
    expect(stale.map(({ key }) => key)).toEqual([serverKey('web')]);
    expect(skipped).toEqual([]);
  });
});
