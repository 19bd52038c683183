/**
 * The voting service: counts votes by gRPC, and tells the counts as metrics on a second port.
 */
import { createServer } from 'node:http';
import { status } from '@grpc/grpc-js';
import type { Address } from './address.js';
import { findByShortcode } from './catalogue.js';
import { VotingService } from './generated/emojivoto/v1/voting_pb.js';
import { answer, closeGrpc, listenGrpc, makeServer, Refusal } from './grpc.js';
import { closeServer, listenOn } from './listen.js';

export interface VotingOptions {
  /** Where VotingService listens. */
  readonly listen: Address;
  /** Where `GET /metrics` is answered. */
  readonly promListen: Address;
}

export interface VotingApp {
  readonly address: Address;
  readonly promAddress: Address;
  readonly close: () => Promise<void>;
}

/** Rejects when an address can't be listened on. */
export async function startVoting({ listen, promListen }: VotingOptions): Promise<VotingApp> {
  // Only shortcodes of the catalogue get in, so this can't grow without end.
  const votes = new Map<string, number>();
  // Every method that votes answers with a message without fields.
  const count = (shortcode: string) => {
    if (findByShortcode(shortcode) === undefined) {
      throw new Refusal(status.INVALID_ARGUMENT, 'this shortcode is not on the ballot');
    }
    // The message's counter has 32 bits; a ballot box that is full stays full.
    votes.set(shortcode, Math.min((votes.get(shortcode) ?? 0) + 1, 0xffff_ffff));
    return {};
  };

  const server = makeServer();
  const { voteDoughnut, votePoop, voteJoy, vote, results } = VotingService.method;
  answer(server, voteDoughnut, () => count(':doughnut:'));
  answer(server, votePoop, () => count(':poop:'));
  answer(server, voteJoy, () => count(':joy:'));
  answer(server, vote, ({ shortcode }) => count(shortcode));
  answer(server, results, () => ({ results: ranking(votes) }));

  const prom = createServer((request, response) => {
    request.resume();
    const found = request.method === 'GET' && request.url === '/metrics';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(found ? metricsText(votes) : 'the metrics are at /metrics\n');
  });
  const promAddress = await listenOn(prom, promListen);
  const closeProm = async (): Promise<void> => {
    const closed = closeServer(prom);
    prom.closeAllConnections();
    await closed;
  };
  try {
    const address = await listenGrpc(server, listen);
    return {
      address,
      promAddress,
      close: async () => {
        await Promise.all([closeGrpc(server), closeProm()]);
      },
    };
  } catch (error) {
    await closeProm();
    throw error;
  }
}

interface Count {
  readonly shortcode: string;
  readonly votes: number;
}

function ranking(votes: ReadonlyMap<string, number>): Count[] {
  return Array.from(votes, ([shortcode, count]) => ({ shortcode, votes: count })).sort(
    (one, other) => other.votes - one.votes || (one.shortcode < other.shortcode ? -1 : 1),
  );
}

/** Prometheus' text format. Shortcodes of the catalogue need no escaping. */
function metricsText(votes: ReadonlyMap<string, number>): string {
  const samples = ranking(votes).map(
    ({ shortcode, votes }) => `emojivoto_votes_total{shortcode="${shortcode}"} ${votes}`,
  );
  return [
    '# HELP emojivoto_votes_total Votes counted since the start.',
    '# TYPE emojivoto_votes_total counter',
    ...samples,
    '',
  ].join('\n');
}
