/**
 * Writes packages/wire/src/generated from proto/*.proto, offline.
 *
 *   node tools/generate.mjs           write
 *   node tools/generate.mjs --check   write nothing; name the files that differ and exit 1 if there are any
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const protoDir = join(root, 'proto');
const targetDir = join(root, 'packages/wire/src/generated');

/** File name → text, as the generator writes it now. */
function generate() {
  const scratch = mkdtempSync(join(tmpdir(), 'doorward-generate-'));
  try {
    const buf = join(root, 'node_modules/@bufbuild/buf/bin/buf');
    execFileSync(process.execPath, [buf, 'generate', '--output', scratch], {
      cwd: protoDir,
      stdio: ['ignore', 'inherit', 'inherit'],
      // buf wants a cache folder of its own, though nothing is fetched.
      env: { ...process.env, BUF_CACHE_DIR: join(scratch, '.cache') },
    });
    return readTree(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readTree(dir) {
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => entry.name)
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

/** One line for each file that is missing, left over or different. */
function differences(wanted, present) {
  const lines = [];
  for (const [name, text] of wanted) {
    const found = present.get(name);
    if (found === undefined) lines.push(`missing   ${name}`);
    else if (found !== text) lines.push(`differs   ${name}, line ${firstDifference(found, text)}`);
  }
  for (const name of present.keys()) if (!wanted.has(name)) lines.push(`left over ${name}`);
  return lines;
}

function firstDifference(a, b) {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return (at === -1 ? left.length : at) + 1;
}

const wanted = generate();
mkdirSync(targetDir, { recursive: true });
const changes = differences(wanted, readTree(targetDir));
if (process.argv.includes('--check')) {
  if (changes.length > 0) {
    console.error(
      `packages/wire/src/generated is not what proto/ generates; run \`npm run generate\`\n${changes.join('\n')}`,
    );
    process.exitCode = 1;
  }
} else {
  for (const [name, text] of wanted) writeFileSync(join(targetDir, name), text);
  for (const name of readTree(targetDir).keys()) if (!wanted.has(name)) rmSync(join(targetDir, name));
  console.log(changes.length === 0 ? 'generated files unchanged' : changes.join('\n'));
}
