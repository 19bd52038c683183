/** The house itself: arrows, links, documented commands, generated files. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from '../support/observed-process.js';

const run = promisify(execFile);
const skipped = new Set(['node_modules', 'dist', '.git', '.types', '.doorward', 'generated', 'coverage']);

/** Every file of the project, without what is installed or built. */
async function files(extension: string, folder = root): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !skipped.has(name))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return files(extension, path);
        return entry.name.endsWith(extension) ? [path] : [];
      }),
  );
  return found.flat();
}

async function output(file: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  try {
    const { stdout, stderr } = await run(file, [...args], { cwd: root });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, text: failed.stdout + failed.stderr };
  }
}

describe('the house', () => {
  it('keeps its arrows', { timeout: 60_000 }, async () => {
    const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const { code, text } = await output(process.execPath, [
      depcruise,
      '--config',
      '.dependency-cruiser.mjs',
      'packages',
      'apps',
      'examples',
    ]);
    expect(text).toMatch(/no dependency violations found \(([3-9]\d\d|\d{4,}) modules/);
    expect(code).toBe(0);
  });

  it('has generated code that the generator would write again', { timeout: 60_000 }, async () => {
    expect(await output(process.execPath, ['tools/generate.mjs', '--check'])).toMatchObject({ code: 0 });
  });

  it('has no dead link in its documents', async () => {
    const dead: string[] = [];
    for (const file of await files('.md')) {
      // What stands in backticks is no link, though a regular expression may look like one.
      const text = (await readFile(file, 'utf8')).replaceAll(/`[^`]*`/g, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target) || target.startsWith('#')) continue;
        if (!existsSync(resolve(dirname(file), target.replace(/#.*/, ''))))
          dead.push(`${relative(root, file)}: ${target}`);
      }
    }
    expect(dead).toEqual([]);
  });

  it('documents the commands that exist, and no others', async () => {
    const { text } = await output(process.execPath, ['apps/cli/bin/doorward.js', '--help']);
    const listed = [...text.matchAll(/^ {2}([a-z][a-z-]*) .*$/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help');
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const documented = new Set([...readme.matchAll(/^\| `doorward ([a-z-]+)/gm)].map(([, name]) => name));
    expect(documented).toEqual(new Set(listed));
  });

  it('names npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = new Set<string>();
    for (const file of ['README.md', 'CONTRIBUTING.md', '.ci/run']) {
      const text = await readFile(join(root, file), 'utf8');
      for (const [, name = ''] of text.matchAll(/npm run ([a-z:-]+)/g)) named.add(name);
    }
    expect([...named].filter((name) => !(name in scripts))).toEqual([]);
    expect(named.size).toBeGreaterThan(3);
  });

  it('cites sections of the specifications that exist', async () => {
    const headings = new Map<string, Set<string>>();
    for (const spec of ['control-plane', 'data-plane']) {
      const text = await readFile(join(root, 'docs/spec', `${spec}.md`), 'utf8');
      headings.set(
        spec,
        new Set([...text.matchAll(/^#{2,3} ([0-9]+(?:\.[0-9]+)?)[. ]/gm)].map(([, number = '']) => number)),
      );
    }
    const wrong: string[] = [];
    let cited = 0;
    for (const file of await files('.ts')) {
      const text = await readFile(file, 'utf8');
      for (const [, spec = '', section = ''] of text.matchAll(/docs\/spec\/([a-z-]+)\.md §([0-9]+(?:\.[0-9]+)?)/g)) {
        cited += 1;
        if (headings.get(spec)?.has(section) !== true) wrong.push(`${relative(root, file)}: ${spec} §${section}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(cited).toBeGreaterThan(100);
  });

  it('opens every package with a paragraph', async () => {
    const without: string[] = [];
    for (const group of ['packages', 'apps']) {
      for (const name of await readdir(join(root, group))) {
        const index = join(root, group, name, name === 'cli' ? 'src/main.ts' : 'src/index.ts');
        if (!/^\/\*\*[^]{80,}?\*\//.test(await readFile(index, 'utf8'))) without.push(`${group}/${name}`);
      }
    }
    expect(without).toEqual([]);
  });
});
