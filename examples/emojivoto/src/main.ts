/**
 * One application as a process: `node dist/main.js emoji|voting|web|vote-bot`. Where to listen and whom to call comes from
 * the environment (README.md has the table). Exit status: 0 when asked to end, 1 could not start, 2 wrong usage.
 */
import { formatAddress, parseAddress, SettingError, type Address } from './address.js';
import { appNames, defaultAddresses, environmentOf, type AppName } from './demo-addresses.js';
import { startEmoji } from './emoji.js';
import { endWithParent } from './lifetime.js';
import { startVoteBot, type BotAct } from './vote-bot.js';
import { startVoting } from './voting.js';
import { startWeb } from './web.js';

interface Started {
  readonly addresses: readonly Address[];
  readonly close: () => Promise<void>;
}

async function start(app: AppName): Promise<Started> {
  const environment = { ...environmentOf(app, defaultAddresses), ...process.env };
  const address = (name: string): Address => parseAddress(environment[name] ?? '', name);
  switch (app) {
    case 'emoji': {
      const emoji = await startEmoji({
        listen: address('EMOJIVOTO_EMOJI_LISTEN'),
        rawListen: address('EMOJIVOTO_EMOJI_RAW_LISTEN'),
      });
      return { addresses: [emoji.address, emoji.rawAddress], close: emoji.close };
    }
    case 'voting': {
      const voting = await startVoting({
        listen: address('EMOJIVOTO_VOTING_LISTEN'),
        promListen: address('EMOJIVOTO_VOTING_PROM_LISTEN'),
      });
      return { addresses: [voting.address, voting.promAddress], close: voting.close };
    }
    case 'web': {
      const web = await startWeb({
        listen: address('EMOJIVOTO_WEB_LISTEN'),
        emoji: address('EMOJIVOTO_WEB_EMOJI_ADDR'),
        voting: address('EMOJIVOTO_WEB_VOTING_ADDR'),
      });
      return { addresses: [web.address], close: web.close };
    }
    case 'vote-bot': {
      const bot = await startVoteBot({
        web: address('EMOJIVOTO_VOTE_BOT_WEB_ADDR'),
        voting: address('EMOJIVOTO_VOTE_BOT_VOTING_ADDR'),
        plainVoting: address('EMOJIVOTO_VOTE_BOT_PLAIN_VOTING_ADDR'),
        intervalMs: milliseconds('EMOJIVOTO_VOTE_BOT_INTERVAL_MS', 1_000),
        mischiefIntervalMs: milliseconds('EMOJIVOTO_VOTE_BOT_MISCHIEF_INTERVAL_MS', 10_000),
        report: changesOnly((line) => process.stdout.write(`vote-bot: ${line}\n`)),
      });
      return { addresses: [], close: bot.close };
    }
  }
}

function milliseconds(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  // A timer takes at most 2³¹−1, and 10 ms is already a hundred votes a second.
  if (!/^\d{2,10}$/.test(text) || Number(text) < 10 || Number(text) > 2_147_483_647) {
    throw new SettingError(`\`${name}\` is \`${text}\`; expected milliseconds, at least 10`);
  }
  return Number(text);
}

/** A line when something goes otherwise than the last time: a second's vote like all others is no news. */
function changesOnly(print: (line: string) => void): (act: BotAct) => void {
  const last = new Map<string, string>();
  return (act) => {
    const what = act.kind === 'vote' ? 'vote through web' : `vote straight at voting, identity ${act.identity}`;
    if (last.get(what) === act.outcome) return;
    last.set(what, act.outcome);
    print(`${what}: ${act.outcome}`);
  };
}

async function main(): Promise<void> {
  const [name, ...rest] = process.argv.slice(2);
  const app = appNames.find((candidate) => candidate === name);
  if (app === undefined || rest.length > 0) {
    throw new SettingError(`usage: node main.js ${appNames.join('|')}`);
  }
  const starting = start(app);
  endWithParent(async () => (await starting).close());
  const { addresses } = await starting;
  const listening = addresses.map(formatAddress);
  process.stdout.write(`${app}: ready${listening.length > 0 ? ` on ${listening.join(', ')}` : ''}\n`);
  // Without an IPC channel there is no `send`. One that closed just now ends us by 'disconnect' anyway.
  process.send?.({ ready: app, addresses: listening }, undefined, undefined, () => undefined);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof SettingError ? 2 : 1);
}
