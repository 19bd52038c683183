import { open, mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openFolder } from './open-folder.js';
import { fileBytesMax } from './read-file.js';
import { brief, folderWith, opened, portsInForce, serverKey, serverYaml } from './testing.js';

const nothing = { upserted: [], removed: [], problems: [], stale: [], fixed: [] };

describe('a folder at the start', () => {
  it('is read with its subfolders, but for what is hidden, installed or a test', async () => {
    const path = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
    for (const folder of ['team', '.git', 'node_modules']) await mkdir(join(path, folder));
    const files = [
      'a.yaml',
      'b.yml',
      'team/c.yaml',
      '.git/d.yaml',
      'node_modules/e.yaml',
      'f.test.yaml',
      '.g.yaml',
      'notes.txt',
    ];
    for (const [i, file] of files.entries()) await writeFile(join(path, file), serverYaml(`s${i}`, 80 + i));
    await writeFile(
      join(path, 'j.json'),
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
    );
    await using folder = await opened(path);
    expect(portsInForce(folder.source)).toEqual({ s0: 80, s1: 81, s2: 82 });
    expect([...folder.source.current.objects.keys()]).toEqual([
      serverKey('s0'),
      serverKey('s1'),
      'Namespace/shop',
      serverKey('s2'),
    ]);
    expect(folder.source.current.problems).toEqual([]);
  });

  it('names files as the folder was named', async () => {
    await using folder = await folderWith({ 'a.yaml': 'kind: [' });
    const name = relative(process.cwd(), folder.path);
    const source = await openFolder(name);
    expect(source.current.problems.map(({ place }) => place?.file)).toEqual([join(name, 'a.yaml')]);
    await source.close();
  });

  it('that is missing is refused in a sentence', async () => {
    await expect(openFolder('/no/such/folder')).rejects.toThrow(
      'the folder `/no/such/folder` cannot be read: it does not exist',
    );
  });

  it('that is a file is refused in a sentence', async () => {
    await using folder = await folderWith({ 'a.yaml': '' });
    const file = join(folder.path, 'a.yaml');
    await expect(openFolder(file)).rejects.toThrow(`the folder \`${file}\` cannot be read: it is not a folder`);
  });
});

describe('saving', () => {
  it('a new file, a change and a removal are each one change', async () => {
    await using folder = await folderWith({});
    await folder.write('a.yaml', serverYaml('web', 80));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:80'] });
    await folder.write('a.yaml', serverYaml('web', 81));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81'] });
    await unlink(join(folder.path, 'a.yaml'));
    expect(brief(await folder.next())).toEqual({ ...nothing, removed: [serverKey('web')] });
    expect(portsInForce(folder.source)).toEqual({});
  });

  it('by renaming, as editors do, is one change', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('.a.yaml.tmp', serverYaml('web', 81));
    await rename(join(folder.path, '.a.yaml.tmp'), join(folder.path, 'a.yaml'));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81'] });
  });

  it('twice by renaming is seen twice', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    for (const port of [81, 82, 83]) {
      await folder.write('.a.yaml.tmp', serverYaml('web', port));
      await rename(join(folder.path, '.a.yaml.tmp'), join(folder.path, 'a.yaml'));
      expect(brief(await folder.next())).toEqual({ ...nothing, upserted: [`web:${port}`] });
    }
  });

  it('the same text is no change; what comes after it is', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('a.yaml', serverYaml('web', 80));
    await folder.write('b.yaml', serverYaml('api', 90));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['api:90'] });
  });

  it('an object that leaves its file is removed, the others stay', async () => {
    await using folder = await folderWith({ 'a.yaml': `${serverYaml('web', 80)}---\n${serverYaml('api', 90)}` });
    await folder.write('a.yaml', serverYaml('web', 80));
    expect(brief(await folder.next())).toEqual({ ...nothing, removed: [serverKey('api')] });
  });

  it('many files at once tells of each once', async () => {
    await using folder = await folderWith({});
    const names = Array.from({ length: 50 }, (_, i) => `s${i + 10}`);
    await Promise.all(names.map((name, i) => folder.write(`${name}.yaml`, serverYaml(name, 80 + i))));
    const upserted: string[] = [];
    while (upserted.length < names.length)
      upserted.push(...(await folder.next()).upserted.map(({ metadata }) => metadata.name));
    expect(upserted.sort()).toEqual(names);
  });

  it('in a folder made a moment ago is seen', async () => {
    await using folder = await folderWith({});
    await mkdir(join(folder.path, 'x/y'), { recursive: true });
    await folder.write('x/y/a.yaml', serverYaml('web', 80));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:80'] });
    await folder.write('x/y/a.yaml', serverYaml('web', 81));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81'] });
    await rm(join(folder.path, 'x'), { recursive: true });
    expect(brief(await folder.next())).toEqual({ ...nothing, removed: [serverKey('web')] });
  });

  it('by emptying and writing later never shows the empty file', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80), 'b.yaml': serverYaml('api', 90) });
    await truncate(join(folder.path, 'a.yaml'), 0);
    // The other file's change is told while the emptied one is being waited for, or with it; in neither case is a Server gone.
    await folder.write('a.yaml', serverYaml('web', 81));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81'] });
  });

  it('in pieces shows only the whole', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    const text = `${serverYaml('web', 81)}---\n${serverYaml('api', 90)}`;
    const file = await open(join(folder.path, 'a.yaml'), 'w');
    for (const piece of text.match(/[^]{1,7}/g) ?? []) await file.write(piece);
    await file.close();
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81', 'api:90'] });
  });

  it('an empty file on purpose is taken at its word in the end', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('a.yaml', '');
    expect(brief(await folder.next())).toEqual({ ...nothing, removed: [serverKey('web')] });
  });
});

describe('a file that breaks', () => {
  it('with a syntax error keeps all it held, and says so until it is mended', async () => {
    await using folder = await folderWith({ 'a.yaml': `${serverYaml('web', 80)}---\n${serverYaml('api', 90)}` });
    await folder.write('a.yaml', `${serverYaml('web', 81)}---\nkind: [\n`);
    expect(brief(await folder.next())).toEqual({
      ...nothing,
      upserted: ['web:81'],
      problems: ['DW0105'],
      stale: [serverKey('api')],
    });
    expect(portsInForce(folder.source)).toEqual({ api: 90, web: 81 });
    expect(folder.source.current.stale).toEqual([
      { key: serverKey('api'), file: join(folder.path, 'a.yaml'), since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    ]);
    await folder.write('a.yaml', `${serverYaml('web', 81)}---\n${serverYaml('api', 91)}`);
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['api:91'], fixed: [serverKey('api')] });
  });

  it('in its last object keeps those that followed: it may have been cut off there', async () => {
    await using folder = await folderWith({
      'a.yaml': [serverYaml('web', 80), serverYaml('api', 90), serverYaml('db', 70)].join('---\n'),
    });
    await folder.write('a.yaml', [serverYaml('web', 81), serverYaml('api', 99_999)].join('---\n'));
    expect(brief(await folder.next())).toEqual({
      ...nothing,
      upserted: ['web:81'],
      problems: ['DW0118'],
      stale: [serverKey('api'), serverKey('db')],
    });
    expect(portsInForce(folder.source)).toEqual({ api: 90, db: 70, web: 81 });
    await folder.write('a.yaml', [serverYaml('web', 81), serverYaml('api', 91)].join('---\n'));
    expect(brief(await folder.next())).toEqual({
      ...nothing,
      upserted: ['api:91'],
      removed: [serverKey('db')],
      fixed: [serverKey('api'), serverKey('db')],
    });
  });

  it('in one object keeps that one, while others change and vanish', async () => {
    await using folder = await folderWith({
      'a.yaml': [serverYaml('web', 80), serverYaml('api', 90), serverYaml('db', 70)].join('---\n'),
    });
    await folder.write('a.yaml', [serverYaml('web', 99_999), serverYaml('api', 91)].join('---\n'));
    expect(brief(await folder.next())).toEqual({
      upserted: ['api:91'],
      removed: [serverKey('db')],
      problems: ['DW0118'],
      stale: [serverKey('web')],
      fixed: [],
    });
    expect(portsInForce(folder.source)).toEqual({ api: 91, web: 80 });
  });

  it('keeps the time at which it broke through further broken versions', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('a.yaml', 'kind: [\n');
    const [first] = (await folder.next()).stale;
    await folder.write('a.yaml', 'kind: {\n');
    const [second] = (await folder.next()).stale;
    expect(second).toEqual(first);
  });

  it('and goes away takes what it kept with it', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('a.yaml', 'kind: [\n');
    await folder.next();
    await unlink(join(folder.path, 'a.yaml'));
    expect(brief(await folder.next())).toEqual({ ...nothing, removed: [serverKey('web')], fixed: [serverKey('web')] });
  });

  it('from the start holds what is good in it', async () => {
    await using folder = await folderWith({ 'a.yaml': `${serverYaml('web', 80)}---\nkind: [\n` });
    expect(portsInForce(folder.source)).toEqual({ web: 80 });
    expect(folder.source.current.stale).toEqual([]);
  });

  it.each([
    ['is too large', 'DW0130', (): Uint8Array => Buffer.alloc(fileBytesMax + 1, '#')],
    ['is not UTF-8', 'DW0132', (): Uint8Array => Buffer.from('kind: \xff\xfe\n', 'latin1')],
  ])('because it %s keeps what it held and disturbs no other', async (_why, code, contents) => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await writeFile(join(folder.path, 'a.yaml'), contents());
    expect(brief(await folder.next())).toEqual({ ...nothing, problems: [code], stale: [serverKey('web')] });
    await folder.write('b.yaml', serverYaml('api', 90));
    expect(brief(await folder.next())).toEqual({
      ...nothing,
      upserted: ['api:90'],
      problems: [code],
      stale: [serverKey('web')],
    });
    await folder.write('a.yaml', serverYaml('web', 80));
    expect(brief(await folder.next())).toEqual({ ...nothing, fixed: [serverKey('web')] });
  });

  it('into something that is no file is told', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await unlink(join(folder.path, 'a.yaml'));
    execFileSync('mkfifo', [join(folder.path, 'a.yaml')]);
    const last = await lastOf(folder, (change) => change.problems.length > 0);
    expect(last.problems.map(({ code }) => code)).toEqual(['DW0131']);
  });
});

describe('an object in two files', () => {
  it('is told with both places; the first in order of paths is in force, then the other', async () => {
    await using folder = await folderWith({ 'b.yaml': serverYaml('web', 82) });
    await folder.write('a.yaml', serverYaml('web', 81));
    const change = await folder.next();
    expect(brief(change)).toEqual({ ...nothing, upserted: ['web:81'], problems: ['DW0134'] });
    expect(change.problems[0]?.message).toBe(
      `\`Server/shop/web\` is written twice; the one at ${join(folder.path, 'a.yaml')}:3 is in force`,
    );
    expect(change.problems[0]?.place).toMatchObject({ file: join(folder.path, 'b.yaml'), line: 3, column: 18 });
    await unlink(join(folder.path, 'a.yaml'));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:82'] });
  });

  it('because it was moved while the first file broke is the new one', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await Promise.all([folder.write('a.yaml', 'kind: [\n'), folder.write('b.yaml', serverYaml('web', 81))]);
    const last = await lastOf(folder, (change) => change.upserted.length > 0);
    expect(brief(last)).toMatchObject({ upserted: ['web:81'], problems: ['DW0105'], stale: [] });
  });
});

describe('links', () => {
  it.each([
    ['the folder itself', '.'],
    ['the folder above', '..'],
    ['a folder inside', 'sub'],
  ])('that led to %s leave nothing unwatched behind', async (_what, target) => {
    const above = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
    const path = join(above, 'policies');
    await mkdir(join(path, 'sub'), { recursive: true });
    await writeFile(join(path, 'sub/a.yaml'), serverYaml('a', 80));
    await using folder = await opened(path);
    await symlink(target, join(path, 'link'));
    expect((await folder.next()).problems).not.toEqual([]);
    await unlink(join(path, 'link'));
    expect((await folder.next()).problems).toEqual([]);

    await folder.write('sub/a.yaml', serverYaml('a', 81));
    expect(brief(await folder.next()).upserted).toEqual(['a:81']);
    await folder.write('b.yaml', serverYaml('b', 90));
    expect(brief(await folder.next()).upserted).toEqual(['b:90']);
    await rm(above, { recursive: true });
  });

  it('of a ConfigMap volume change all at once', async () => {
    const path = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
    const version = async (name: string, port: number): Promise<void> => {
      await mkdir(join(path, name));
      await writeFile(join(path, name, 'web.yaml'), serverYaml('web', port));
      await writeFile(join(path, name, 'api.yaml'), serverYaml('api', port + 10));
    };
    await version('..2026_01', 80);
    await symlink('..2026_01', join(path, '..data'));
    for (const name of ['web.yaml', 'api.yaml']) await symlink(join('..data', name), join(path, name));
    await using folder = await opened(path);
    expect(portsInForce(folder.source)).toEqual({ api: 90, web: 80 });
    for (const [i, port] of [81, 82].entries()) {
      await version(`..2026_0${i + 2}`, port);
      await symlink(`..2026_0${i + 2}`, join(path, '..data_tmp'));
      await rename(join(path, '..data_tmp'), join(path, '..data'));
      await rm(join(path, `..2026_0${i + 1}`), { recursive: true });
      expect(brief(await folder.next())).toEqual({ ...nothing, upserted: [`api:${port + 10}`, `web:${port}`] });
    }
  });

  it('to a file and a folder elsewhere are followed', async () => {
    await using elsewhere = await folderWith({ 'x.yaml': serverYaml('web', 80) });
    await mkdir(join(elsewhere.path, 'deep'));
    await elsewhere.write('deep/y.yaml', serverYaml('api', 90));
    const path = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
    await symlink(join(elsewhere.path, 'x.yaml'), join(path, 'a.yaml'));
    await symlink(join(elsewhere.path, 'deep'), join(path, 'sub'));
    await using folder = await opened(path);
    expect(portsInForce(folder.source)).toEqual({ api: 90, web: 80 });
    await elsewhere.write('x.yaml', serverYaml('web', 81));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81'] });
    await elsewhere.write('deep/y.yaml', serverYaml('api', 91));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['api:91'] });
  });

  it('that lead back are told and not followed', async () => {
    const path = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
    await mkdir(join(path, 'sub'));
    await writeFile(join(path, 'sub/a.yaml'), serverYaml('web', 80));
    await symlink('..', join(path, 'sub/up'));
    await symlink('me', join(path, 'me'));
    await using folder = await opened(path);
    expect(portsInForce(folder.source)).toEqual({ web: 80 });
    expect(folder.source.current.problems.map(({ code, message }) => [code, message])).toEqual([
      ['DW0133', `${join(path, 'me')} is a link that leads to itself`],
      ['DW0133', `${join(path, 'sub/up')} leads back into a folder that holds it`],
    ]);
  });

  it('that break keep what they led to', async () => {
    await using elsewhere = await folderWith({ 'x.yaml': serverYaml('web', 80) });
    const path = await mkdtemp(join(tmpdir(), 'doorward-folder-'));
    await symlink(join(elsewhere.path, 'x.yaml'), join(path, 'a.yaml'));
    await using folder = await opened(path);
    await unlink(join(elsewhere.path, 'x.yaml'));
    expect(brief(await folder.next())).toEqual({ ...nothing, problems: ['DW0131'], stale: [serverKey('web')] });
  });
});

describe('a folder that vanishes', () => {
  it('keeps its policies in force, and is followed again when it is back', async () => {
    await using folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await rename(folder.path, `${folder.path}.away`);
    expect(brief(await folder.next())).toEqual({ ...nothing, problems: ['DW0136'] });
    expect(portsInForce(folder.source)).toEqual({ web: 80 });
    await rename(`${folder.path}.away`, folder.path);
    expect(brief(await folder.next())).toEqual(nothing);
    await folder.write('a.yaml', serverYaml('web', 81));
    expect(brief(await folder.next())).toEqual({ ...nothing, upserted: ['web:81'] });
  });
});

describe('closing', () => {
  it('leaves no watcher and no timer', async () => {
    const before = process.getActiveResourcesInfo().filter(isWatching).length;
    const folder = await folderWith({ 'a.yaml': serverYaml('web', 80) });
    await folder.write('a.yaml', serverYaml('web', 81));
    await folder[Symbol.asyncDispose]();
    expect(process.getActiveResourcesInfo().filter(isWatching)).toHaveLength(before);
    expect(folder.unread).toEqual([]);
  });
});

const isWatching = (name: string): boolean => name === 'FSEventWrap';

/** The first change that fits, dropping those before it. */
async function lastOf(
  folder: Awaited<ReturnType<typeof folderWith>>,
  fits: (change: Awaited<ReturnType<typeof folder.next>>) => boolean,
): ReturnType<typeof folder.next> {
  for (;;) {
    const change = await folder.next();
    if (fits(change)) return change;
  }
}
