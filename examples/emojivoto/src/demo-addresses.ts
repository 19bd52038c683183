/**
 * Every address of the demo, under one name each: what the policies folder says, and what the applications are told by
 * their environment. Whoever wants other ports makes another DemoAddresses and hands it to environmentOf and renderPolicies.
 */
import { createServer, type Server } from 'node:net';
import { formatAddress, parseAddress, type Address } from './address.js';
import { closeServer, listenOn } from './listen.js';

export interface DemoAddresses {
  /** Where the applications really listen. Nobody but their own proxy has business there. */
  readonly apps: Readonly<Record<DoorName, string>>;
  /** Where their proxies listen for others: the `workloadIPs` and `ports` of the ExternalWorkloads. */
  readonly doors: Readonly<Record<DoorName, string>>;
  /** Where a proxy listens for its own application, to carry its calls out with the workload's identity. */
  readonly outbound: Readonly<Record<OutboundName, string>>;
  /** The bot's address. It serves nothing, so there is no port. */
  readonly voteBotIp: string;
}

/** A port that is served: the workload's name, or that of its second port. */
export type DoorName = 'web' | 'emoji' | 'raw' | 'voting' | 'prom';
export type OutboundName = 'webToEmoji' | 'webToVoting' | 'botToWeb' | 'botToVoting';

/** What examples/emojivoto/policies says. */
export const defaultAddresses: DemoAddresses = {
  apps: {
    web: '127.0.0.1:18080',
    emoji: '127.0.0.1:18081',
    raw: '127.0.0.1:18084',
    voting: '127.0.0.1:18082',
    prom: '127.0.0.1:18083',
  },
  doors: {
    web: '127.0.1.1:8080',
    emoji: '127.0.1.2:8080',
    raw: '127.0.1.2:8801',
    voting: '127.0.1.3:8080',
    prom: '127.0.1.3:9990',
  },
  outbound: {
    webToEmoji: '127.0.0.1:19080',
    webToVoting: '127.0.0.1:19081',
    botToWeb: '127.0.0.1:19082',
    botToVoting: '127.0.0.1:19083',
  },
  voteBotIp: '127.0.1.4',
};

export const appNames = ['emoji', 'voting', 'web', 'vote-bot'] as const;
export type AppName = (typeof appNames)[number];

/** The environment variables that tell an application where to listen and whom to call (src/main.ts reads them). */
export function environmentOf(app: AppName, { apps, doors, outbound }: DemoAddresses): Record<string, string> {
  switch (app) {
    case 'emoji':
      return { EMOJIVOTO_EMOJI_LISTEN: apps.emoji, EMOJIVOTO_EMOJI_RAW_LISTEN: apps.raw };
    case 'voting':
      return { EMOJIVOTO_VOTING_LISTEN: apps.voting, EMOJIVOTO_VOTING_PROM_LISTEN: apps.prom };
    case 'web':
      return {
        EMOJIVOTO_WEB_LISTEN: apps.web,
        EMOJIVOTO_WEB_EMOJI_ADDR: outbound.webToEmoji,
        EMOJIVOTO_WEB_VOTING_ADDR: outbound.webToVoting,
      };
    case 'vote-bot':
      return {
        EMOJIVOTO_VOTE_BOT_WEB_ADDR: outbound.botToWeb,
        EMOJIVOTO_VOTE_BOT_VOTING_ADDR: outbound.botToVoting,
        EMOJIVOTO_VOTE_BOT_PLAIN_VOTING_ADDR: doors.voting,
      };
  }
}

/**
 * The same hosts with ports that are free at this moment. All are held at once, so no two are the same; they are let go
 * before this resolves, so another process could take one: good enough for tests, not for more.
 */
export async function freeAddresses(like: DemoAddresses = defaultAddresses): Promise<DemoAddresses> {
  const held: Server[] = [];
  const free = async (address: string): Promise<string> => {
    const server = createServer();
    held.push(server);
    const { host } = parseAddress(address, 'address');
    const found: Address = await listenOn(server, { host, port: 0 });
    return formatAddress(found);
  };
  try {
    const [apps, doors, outbound] = await Promise.all([
      mapValues(like.apps, free),
      mapValues(like.doors, free),
      mapValues(like.outbound, free),
    ]);
    return { apps, doors, outbound, voteBotIp: like.voteBotIp };
  } finally {
    await Promise.all(held.map(closeServer));
  }
}

async function mapValues<Name extends string>(
  values: Readonly<Record<Name, string>>,
  change: (value: string) => Promise<string>,
): Promise<Record<Name, string>> {
  const result: Record<Name, string> = { ...values };
  for (const name in values) result[name] = await change(values[name]);
  return result;
}
