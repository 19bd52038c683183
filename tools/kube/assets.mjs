/**
 * Finds or builds the programs of a Kubernetes API server for tests, by envtest's convention: the folder named by
 * `KUBEBUILDER_ASSETS` holds them. Where that is unset they are built once, by the Go client, into a cache folder.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { constants, homedir, setPriority } from 'node:os';
import { join } from 'node:path';
import { assetsName, programs } from './programs.mjs';

/**
 * The folder with `etcd` and `kube-apiserver`, or undefined where neither `KUBEBUILDER_ASSETS` nor `go` is there.
 * @param {(line: string) => void} tell hears what is going on, for it may take ten minutes
 * @returns {Promise<string | undefined>}
 */
export async function kubeAssets(tell) {
  const given = process.env['KUBEBUILDER_ASSETS'];
  if (given) {
    const missing = programs.filter(({ name }) => !existsSync(join(given, name))).map(({ name }) => name);
    if (missing.length > 0) throw new Error(`KUBEBUILDER_ASSETS is ${given}, which lacks ${missing.join(' and ')}`);
    return given;
  }
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'doorward', assetsName);
  const missing = programs.filter(({ name }) => !existsSync(join(folder, name)));
  if (missing.length === 0) return folder;
  if (spawnSync('go', ['version']).error) return undefined;
  await mkdir(folder, { recursive: true });
  for (const program of missing) await build(program, folder, tell);
  return folder;
}

/**
 * In a folder of its own and renamed at the end, so that neither an interrupted build nor a second one leaves half a program.
 * @param {import('./programs.mjs').Program} program
 * @param {string} folder
 * @param {(line: string) => void} tell
 */
async function build(program, folder, tell) {
  const scratch = await mkdtemp(join(folder, '.build-'));
  const started = Date.now();
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
  tell(`building ${program.name} into ${folder} with the Go client: ${program.expectedTime}, once`);
  const heartbeat = setInterval(() => tell(`still building ${program.name}: ${elapsed()}`), 60_000);
  try {
    const { GoMod } = JSON.parse(await go(['mod', 'download', '-json', program.module], scratch));
    const own = JSON.parse(await go(['mod', 'edit', '-json', GoMod], scratch));
    await writeFile(join(scratch, 'go.mod'), program.goMod(own));
    await writeFile(join(scratch, 'main.go'), program.source);
    await go(['mod', 'tidy'], scratch);
    await go(['build', '-ldflags', ['-s', '-w', ...program.linkerFlags].join(' '), '-o', 'built', '.'], scratch);
    await rename(join(scratch, 'built'), join(folder, program.name));
    tell(`built ${program.name} in ${elapsed()}`);
  } finally {
    clearInterval(heartbeat);
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<string>} what it printed
 */
function go(args, cwd) {
  return new Promise((resolve, reject) => {
    // A workspace around the cache folder must not take part, and neither program needs a C compiler.
    const env = { ...process.env, GOWORK: 'off', CGO_ENABLED: '0' };
    const child = spawn('go', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    // It takes every core for minutes: whoever sits at this machine goes first.
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    // Only the end matters: the compiler's error stands there, after thousands of lines of downloads.
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`go ${args.join(' ')} ended with ${code ?? signal}:\n${errors}`));
    });
  });
}
