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

/** Below the range from which systems hand out ports by themselves (32768 on Linux, 49152 elsewhere), above the well-known ones. */
const ownPorts = { first: 12_000, count: 20_000 };
/** So many taken ports one after the other mean that something else is wrong. */
const attemptsMax = 50;

/**
 * The same hosts with ports that are free at this moment. All are held at once, so no two are the same; they are let go
 * before this resolves. They are not such as the system gives to whoever asks for any port, or one of these could be gone
 * by the time it is listened on.
 */
export async function freeAddresses(like: DemoAddresses = defaultAddresses): Promise<DemoAddresses> {
  const held: Server[] = [];
  const free = async (address: string): Promise<string> => {
    const { host } = parseAddress(address, 'address');
    for (let attempt = 1; ; attempt++) {
      const server = createServer();
      const port = ownPorts.first + Math.floor(Math.random() * ownPorts.count);
      try {
        const found: Address = await listenOn(server, { host, port });
        held.push(server);
        return formatAddress(found);
      } catch (error) {
        if (attempt === attemptsMax) throw error;
      }
    }
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
