/**
 * The web service: a page for people and a small JSON API, both made of answers of the emoji and the voting service.
 * It reaches those through its own proxy's outbound listeners; when they are away or refuse it, it says so and goes on.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Address } from './address.js';
import { EmojiService } from './generated/emojivoto/v1/emoji_pb.js';
import { VotingService } from './generated/emojivoto/v1/voting_pb.js';
import { dial, type Outcome, type Peer } from './grpc.js';
import { closeServer, listenOn } from './listen.js';
import { page, type Choice, type Standing } from './page.js';

export interface WebOptions {
  readonly listen: Address;
  /** Where the emoji service is reached: an outbound listener of the web proxy, or the service itself. */
  readonly emoji: Address;
  /** Likewise the voting service. */
  readonly voting: Address;
}

export interface WebApp {
  readonly address: Address;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  text: `${JSON.stringify(body)}\n`,
});

/** A service did not do what was asked of it: 502, with gRPC's name for the reason. */
class Unserved extends Error {
  override readonly name = 'Unserved';
  constructor(
    readonly service: 'emoji' | 'voting',
    readonly status: string,
    readonly detail: string,
  ) {
    super(`${service}: ${status}`);
  }
}

/** Rejects when the address can't be listened on. Does not wait for the two services. */
export async function startWeb({ listen, emoji, voting }: WebOptions): Promise<WebApp> {
  const peers = { emoji: dial(emoji), voting: dial(voting) };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    const { status, type, text } = await respond(request, peers);
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
      ...(status === 405 ? { allow: 'GET' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  const server = createServer((request, response) => void serve(request, response));
  const address = await listenOn(server, listen).catch((error: unknown) => {
    peers.emoji.close();
    peers.voting.close();
    throw error;
  });
  return {
    address,
    close: async () => {
      const closed = closeServer(server);
      server.closeAllConnections();
      peers.emoji.close();
      peers.voting.close();
      await closed;
    },
  };
}

interface Peers {
  readonly emoji: Peer;
  readonly voting: Peer;
}

/** Never rejects. */
async function respond(request: IncomingMessage, peers: Peers): Promise<Answer> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const isVote = path === '/api/vote';
  if (request.method !== 'GET' && !(request.method === 'HEAD' && !isVote) && !(request.method === 'POST' && isVote)) {
    return json(405, { error: 'this method is not for this path' });
  }
  try {
    switch (path) {
      case '/':
        return { status: 200, type: 'text/html; charset=utf-8', text: await renderPage(peers) };
      case '/healthz':
        return { status: 200, type: 'text/plain; charset=utf-8', text: 'ok\n' };
      case '/api/list':
        return json(200, await listAll(peers));
      case '/api/leaderboard':
        return json(200, await leaderboard(peers));
      case '/api/vote':
        return await vote(peers, new URLSearchParams(query).get('choice') ?? '');
      default:
        return json(404, { error: 'nothing here' });
    }
  } catch (error) {
    if (error instanceof Unserved) {
      const { service, status, detail, message } = error;
      return json(502, { error: message, service, status, detail });
    }
    return json(500, { error: 'unexpected error' });
  }
}

async function listAll({ emoji }: Peers): Promise<Choice[]> {
  const { list } = expectOk('emoji', await emoji.call(EmojiService.method.listAll, {}));
  return list.map(({ unicode, shortcode }) => ({ unicode, shortcode }));
}

async function leaderboard(peers: Peers): Promise<Standing[]> {
  const { method } = VotingService;
  const [results, choices] = await Promise.all([
    peers.voting.call(method.results, {}),
    // A leaderboard without pictures is still one.
    listAll(peers).catch(() => []),
  ]);
  const unicodeOf = new Map(choices.map(({ shortcode, unicode }) => [shortcode, unicode]));
  return expectOk('voting', results).results.map(({ shortcode, votes }) => ({
    unicode: unicodeOf.get(shortcode) ?? '',
    shortcode,
    votes,
  }));
}

async function vote({ emoji, voting }: Peers, choice: string): Promise<Answer> {
  if (choice === '') return json(400, { error: 'say what for: /api/vote?choice=:doughnut:' });
  const found = await emoji.call(EmojiService.method.findByShortcode, { shortcode: choice });
  if (!found.ok && found.status === 'NOT_FOUND') return json(404, { error: 'no such emoji' });
  expectOk('emoji', found);
  expectOk('voting', await castVote(voting, choice));
  return json(200, { voted: choice });
}

/** Favourites have a method of their own (proto/emojivoto/v1/voting.proto). */
function castVote(voting: Peer, shortcode: string): Promise<Outcome<unknown>> {
  const { voteDoughnut, votePoop, voteJoy, vote } = VotingService.method;
  switch (shortcode) {
    case ':doughnut:':
      return voting.call(voteDoughnut, {});
    case ':poop:':
      return voting.call(votePoop, {});
    case ':joy:':
      return voting.call(voteJoy, {});
    default:
      return voting.call(vote, { shortcode });
  }
}

async function renderPage(peers: Peers): Promise<string> {
  const problems: string[] = [];
  const orProblem = async <Value>(asked: Promise<Value[]>): Promise<Value[]> => {
    try {
      return await asked;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : 'unexpected error');
      return [];
    }
  };
  const [choices, standings] = await Promise.all([orProblem(listAll(peers)), orProblem(leaderboard(peers))]);
  return page({ choices, standings, problems });
}

function expectOk<Response>(service: 'emoji' | 'voting', outcome: Outcome<Response>): Response {
  if (!outcome.ok) throw new Unserved(service, outcome.status, outcome.detail);
  return outcome.response;
}
