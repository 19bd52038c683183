import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from './address.js';
import { appNames, environmentOf, freeAddresses } from './demo-addresses.js';
import { http } from './testing.js';

let directory = '';
let program = '';
const children = new Set<ChildProcess>();

/** The processes run as in the demo: bundled, and started with Node and nothing else. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emojivoto-'));
  program = join(directory, 'main.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}, 30_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

function start(app: string, environment: Record<string, string>): ChildProcess {
  const child = fork(program, [app], { env: { ...process.env, ...environment }, silent: true });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** How it ended and after how many milliseconds. */
async function endOf(child: ChildProcess, cause: () => unknown): Promise<{ code: unknown; withinSecond: boolean }> {
  const started = performance.now();
  const exit = once(child, 'exit');
  cause();
  const [code] = await exit;
  return { code, withinSecond: performance.now() - started < 1_000 };
}

/** Resolves once the process wrote `words`; rejects when it ends without. */
function wrote(child: ChildProcess, output: 'stdout' | 'stderr', words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child[output]?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes(words)) resolve();
    });
    child.once('close', () => {
      reject(new Error(`it ended, and wrote: ${text}`));
    });
  });
}

describe('the applications as processes', () => {
  it('find each other, and end within a second for every reason there is', async () => {
    const free = await freeAddresses();
    const { apps } = free;
    // Without proxies: whoever calls a service calls the application itself.
    const direct = {
      ...free,
      doors: apps,
      outbound: { webToEmoji: apps.emoji, webToVoting: apps.voting, botToWeb: apps.web, botToVoting: apps.voting },
    };
    const started = appNames.map((name) => start(name, environmentOf(name, direct)));
    const [emoji, voting, web, bot] = started;
    if (emoji === undefined || voting === undefined || web === undefined || bot === undefined)
      throw new Error('no app');
    const botVotes = Promise.all([
      wrote(bot, 'stdout', 'vote-bot: vote through web: 200\n'),
      wrote(bot, 'stdout', 'vote-bot: vote straight at voting, identity vote-bot: OK\n'),
      wrote(bot, 'stdout', 'vote-bot: vote straight at voting, identity none: OK\n'),
    ]);
    expect(await Promise.all(started.map(async (child) => (await once(child, 'message'))[0] as unknown))).toEqual([
      { ready: 'emoji', addresses: [apps.emoji, apps.raw] },
      { ready: 'voting', addresses: [apps.voting, apps.prom] },
      { ready: 'web', addresses: [apps.web] },
      { ready: 'vote-bot', addresses: [] },
    ]);
    await botVotes;
    const metrics = await http(parseAddress(apps.prom, 'prom'), '/metrics');
    expect(metrics.text).toContain('emojivoto_votes_total{');

    const clean = { code: 0, withinSecond: true };
    expect(await endOf(bot, () => bot.kill('SIGTERM'))).toEqual(clean);
    expect(await endOf(web, () => web.kill('SIGINT'))).toEqual(clean);
    expect(
      await endOf(voting, () => {
        voting.disconnect();
      }),
    ).toEqual(clean);
    expect(await endOf(emoji, () => emoji.stdin?.end())).toEqual(clean);
  }, 20_000);

  it('outlive a stdin that was never there to watch', async () => {
    const { apps } = await freeAddresses();
    const child = spawn(process.execPath, [program, 'web'], {
      env: { ...process.env, EMOJIVOTO_WEB_LISTEN: apps.web },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    await wrote(child, 'stdout', `web: ready on ${apps.web}\n`);
    expect((await http(parseAddress(apps.web, 'web'), '/healthz')).status).toBe(200);
    expect(await endOf(child, () => child.kill('SIGTERM'))).toEqual({ code: 0, withinSecond: true });
    children.delete(child);
  }, 20_000);

  it.each([
    ['doors', {}, 'usage: node main.js emoji|voting|web|vote-bot\n', 2],
    ['web', { EMOJIVOTO_WEB_LISTEN: '18080' }, '`EMOJIVOTO_WEB_LISTEN` is `18080`; expected HOST:PORT', 2],
    [
      'vote-bot',
      { EMOJIVOTO_VOTE_BOT_INTERVAL_MS: '1s' },
      '`EMOJIVOTO_VOTE_BOT_INTERVAL_MS` is `1s`; expected milliseconds',
      2,
    ],
    ['web', { EMOJIVOTO_WEB_LISTEN: '192.0.2.1:80' }, 'EADDRNOTAVAIL', 1],
  ])(
    'tell what is wrong: %s %j',
    async (app, environment, words, status) => {
      const child = start(app, environment);
      const exit = once(child, 'exit');
      await wrote(child, 'stderr', words);
      expect(await exit).toEqual([status, null]);
    },
    20_000,
  );
});
