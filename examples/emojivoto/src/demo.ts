/**
 * The demo: the four applications, and `doorward up` in front of them. `npm start` runs it; with `--free-ports` it moves to
 * ports that nobody uses, in a copy of the policies. Ctrl-C ends everything.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultAddresses, environmentOf, freeAddresses, type AppName, type DemoAddresses } from './demo-addresses.js';
import { renderPolicies } from './render-policies.js';

const { values } = parseArgs({
  options: {
    'free-ports': { type: 'boolean', default: false },
    state: { type: 'string' },
    output: { type: 'string', short: 'o' },
  },
});

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const children: { readonly name: string; readonly process: ChildProcess; readonly ended: Promise<number> }[] = [];
let stopping = false;

/** Ends everything once, whatever the cause; the exit status is that of the first part that ended on its own. */
async function stop(status: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  process.exitCode = status;
  for (const { process: child } of children) child.kill('SIGTERM');
  await Promise.all(children.map(async ({ ended }) => ended));
  if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  process.exit();
}

function watch(name: string, child: ChildProcess): void {
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  children.push({ name, process: child, ended });
  void ended.then((code) => {
    if (!stopping) process.stderr.write(`demo: ${name} ended with status ${code}\n`);
    return stop(code);
  });
}

/** Resolves at the child's first message, which says that it is ready, or when it has ended. */
async function ready(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    child.once('message', () => resolve());
    child.once('exit', () => resolve());
  });
}

async function startApp(name: AppName, addresses: DemoAddresses): Promise<void> {
  const child = fork(here('main.js'), [name], {
    env: { ...environmentOf(name, addresses), ...process.env },
    // What an application has to say must not mix with the live view; what it complains of must be seen.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C is for us: we end the parts in order.
    detached: true,
  });
  watch(name, child);
  await ready(child);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.once(signal, () => {
      for (const { process: child } of children) child.kill('SIGKILL');
      process.exit(130);
    });
    void stop(0);
  });
}
if (process.channel !== undefined) process.once('disconnect', () => void stop(0));

let temporary: string | undefined;
let addresses = defaultAddresses;
let policies = relative(process.cwd(), here('../policies'));
const extra: string[] = [];
if (values['free-ports']) {
  addresses = await freeAddresses();
  temporary = await mkdtemp(join(tmpdir(), 'doorward-demo-'));
  policies = join(temporary, 'policies');
  await renderPolicies(policies, addresses, here('../policies'));
  extra.push('--controller', '127.0.0.1:0', '--identity-service', '127.0.0.1:0');
}
if (values.state !== undefined) extra.push('--state', values.state);
if (values.output !== undefined) extra.push('-o', values.output);

await Promise.all((['emoji', 'voting', 'web'] as const).map(async (name) => startApp(name, addresses)));
const up = spawn(
  process.execPath,
  [here('../../../apps/cli/bin/doorward.js'), 'up', policies, '--title', 'doorward demo · emojivoto', ...extra],
  { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true },
);
watch('doorward up', up);
await ready(up);
// Calls from the bot before its proxy is there would only fail.
if (!stopping) await startApp('vote-bot', addresses);
process.send?.({ ready: 'demo', addresses, policies });
