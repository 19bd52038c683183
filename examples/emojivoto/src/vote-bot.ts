/**
 * The vote bot: keeps the demo busy. Every second it votes by way of web, as it may. Now and then it tries to stuff the
 * ballot box, as it must not: once with its own identity and once with none, so that there are denials to look at.
 */
import { Agent, request as httpRequest } from 'node:http';
import type { Address } from './address.js';
import { catalogue } from './catalogue.js';
import { VotingService } from './generated/emojivoto/v1/voting_pb.js';
import { dial, type Peer } from './grpc.js';

export interface VoteBotOptions {
  /** Where web is reached: an outbound listener of the bot's proxy. */
  readonly web: Address;
  /** Where voting is reached with the bot's own identity: another outbound listener of its proxy. */
  readonly voting: Address;
  /** Where voting is reached without any identity: voting's proxy itself, in plain text. */
  readonly plainVoting: Address;
  /** Milliseconds from a vote to the next. */
  readonly intervalMs: number;
  /** Milliseconds from an attempt at mischief to the next. One that reached nobody is repeated after `intervalMs`. */
  readonly mischiefIntervalMs: number;
  /** From 0 up to 1; Math.random where nothing is given. */
  readonly random?: () => number;
  /** Told of everything the bot did. */
  readonly report?: (act: BotAct) => void;
}

export type BotAct =
  /** `outcome` is an HTTP status or, when there was no answer, an error code such as `ECONNREFUSED`. */
  | { readonly kind: 'vote'; readonly choice: string; readonly outcome: string }
  /** `outcome` is gRPC's name of the status, `OK` if nobody kept the bot from it. */
  | { readonly kind: 'mischief'; readonly identity: 'vote-bot' | 'none'; readonly outcome: string };

export interface VoteBotApp {
  readonly close: () => Promise<void>;
}

/** Starts at once; a promise only because all the applications start that way. Whom it can't reach, it tries again. */
export function startVoteBot(options: VoteBotOptions): Promise<VoteBotApp> {
  const { intervalMs, mischiefIntervalMs, random = Math.random, report = () => undefined } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const withIdentity = dial(options.voting);
  const withoutIdentity = dial(options.plainVoting);
  const stopping = new AbortController();

  const vote = async (): Promise<number> => {
    const choice = pick(random());
    const outcome = await castVote(options.web, choice, agent, stopping.signal);
    if (!stopping.signal.aborted) report({ kind: 'vote', choice, outcome });
    return intervalMs;
  };
  const makeMischief = async (): Promise<number> => {
    const attempts = await Promise.all([stuffBallotBox(withIdentity), stuffBallotBox(withoutIdentity)]);
    if (stopping.signal.aborted) return 0;
    report({ kind: 'mischief', identity: 'vote-bot', outcome: attempts[0] });
    report({ kind: 'mischief', identity: 'none', outcome: attempts[1] });
    return attempts.includes('UNAVAILABLE') ? Math.min(intervalMs, mischiefIntervalMs) : mischiefIntervalMs;
  };

  const loops = [repeat(vote, stopping.signal), repeat(makeMischief, stopping.signal)];
  return Promise.resolve({
    close: async () => {
      stopping.abort();
      agent.destroy();
      withIdentity.close();
      withoutIdentity.close();
      await Promise.all(loops);
    },
  });
}

/** Does `act` until the signal comes, and after each time waits for as many milliseconds as `act` said. */
async function repeat(act: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(await act(), signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
}

/** One vote in five is for the doughnut. The others go to any emoji. */
function pick(chance: number): string {
  const favourites = 0.2;
  if (chance < favourites) return ':doughnut:';
  const place = Math.floor(((chance - favourites) / (1 - favourites)) * catalogue.length);
  return catalogue[place]?.shortcode ?? ':doughnut:';
}

/** Longer than web waits for the services behind it, so that its answer is seen. */
const answerTimeoutMs = 5_000;

/** Never rejects. */
function castVote({ host, port }: Address, choice: string, agent: Agent, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const path = `/api/vote?choice=${encodeURIComponent(choice)}`;
    const request = httpRequest({ host, port, path, agent, signal, timeout: answerTimeoutMs }, (response) => {
      // Only the status counts; the body must be read all the same, or the connection can't serve the next request.
      response.resume();
      response.once('end', () => {
        resolve(String(response.statusCode));
      });
      response.once('error', (error) => {
        resolve(codeOf(error));
      });
    });
    request.once('timeout', () => request.destroy(new Error('timeout')));
    request.once('error', (error) => {
      resolve(codeOf(error));
    });
    request.end();
  });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

async function stuffBallotBox(voting: Peer): Promise<string> {
  const outcome = await voting.call(VotingService.method.voteDoughnut, {});
  return outcome.ok ? 'OK' : outcome.status;
}
