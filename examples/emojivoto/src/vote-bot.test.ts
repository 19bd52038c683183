import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.js';
import { startEmoji } from './emoji.js';
import { VotingService } from './generated/emojivoto/v1/voting_pb.js';
import { answer, closeGrpc, listenGrpc, makeServer, Refusal } from './grpc.js';
import { closeServer, listenOn } from './listen.js';
import { anyPort, http, withParts } from './testing.js';
import { startVoteBot, type BotAct } from './vote-bot.js';
import { startVoting } from './voting.js';
import { startWeb } from './web.js';

/** Longer than any test: what should happen only once happens only once. */
const neverAgainMs = 3_600_000;

/** Collects what a bot reports until `enough` says that the acts so far will do. */
function acts(enough: (seen: readonly BotAct[]) => boolean): {
  report: (act: BotAct) => void;
  seen: Promise<readonly BotAct[]>;
} {
  const seen: BotAct[] = [];
  let done: (seen: readonly BotAct[]) => void;
  const promise = new Promise<readonly BotAct[]>((resolve) => {
    done = resolve;
  });
  return {
    report: (act) => {
      seen.push(act);
      if (enough(seen)) done(seen);
    },
    seen: promise,
  };
}

const votes = (seen: readonly BotAct[]): BotAct[] => seen.filter(({ kind }) => kind === 'vote');
const mischief = (seen: readonly BotAct[]): BotAct[] => seen.filter(({ kind }) => kind === 'mischief');

describe('the vote bot', () => {
  it('votes through web again and again, and straight at voting once', () =>
    withParts(async (keep) => {
      const emoji = keep(await startEmoji({ listen: anyPort, rawListen: anyPort }));
      const voting = keep(await startVoting({ listen: anyPort, promListen: anyPort }));
      const web = keep(await startWeb({ listen: anyPort, emoji: emoji.address, voting: voting.address }));
      const { report, seen } = acts((seen) => votes(seen).length >= 3 && mischief(seen).length >= 2);
      const chances = [0, 0.2, 0.999_999];
      const bot = keep(
        await startVoteBot({
          web: web.address,
          voting: voting.address,
          plainVoting: voting.address,
          intervalMs: 1,
          mischiefIntervalMs: neverAgainMs,
          random: () => chances.shift() ?? 0,
          report,
        }),
      );
      const done = await seen;
      await bot.close();

      const last = catalogue.at(-1)?.shortcode ?? '';
      expect(votes(done).slice(0, 3)).toEqual([
        { kind: 'vote', choice: ':doughnut:', outcome: '200' },
        { kind: 'vote', choice: catalogue[0]?.shortcode, outcome: '200' },
        { kind: 'vote', choice: last, outcome: '200' },
      ]);
      // Nothing stands in front of voting here, so it counts these as well.
      expect(mischief(done)).toEqual([
        { kind: 'mischief', identity: 'vote-bot', outcome: 'OK' },
        { kind: 'mischief', identity: 'none', outcome: 'OK' },
      ]);
      const metrics = await http(voting.promAddress, '/metrics');
      expect(metrics.text).toContain(`emojivoto_votes_total{shortcode="${last}"} 1`);
    }));

  it('tells how it was refused, and waits before it tries again', () =>
    withParts(async (keep) => {
      const refusing = makeServer();
      keep({ close: () => closeGrpc(refusing) });
      answer(refusing, VotingService.method.voteDoughnut, () => {
        throw new Refusal(status.PERMISSION_DENIED, 'no');
      });
      const voting = await listenGrpc(refusing, anyPort);
      const front = createServer((_, response) => response.writeHead(403).end());
      const web = await listenOn(front, anyPort);
      keep({ close: () => closeServer(front) });
      const { report, seen } = acts((seen) => votes(seen).length >= 20 && mischief(seen).length >= 2);
      keep(
        await startVoteBot({
          web,
          voting,
          plainVoting: voting,
          intervalMs: 1,
          mischiefIntervalMs: neverAgainMs,
          random: () => 0,
          report,
        }),
      );
      const done = await seen;
      expect(votes(done).at(0)).toEqual({ kind: 'vote', choice: ':doughnut:', outcome: '403' });
      expect(mischief(done)).toEqual([
        { kind: 'mischief', identity: 'vote-bot', outcome: 'PERMISSION_DENIED' },
        { kind: 'mischief', identity: 'none', outcome: 'PERMISSION_DENIED' },
      ]);
    }));

  it('tries again soon whom it did not reach, since proxies may start after it', () =>
    withParts(async (keep) => {
      const gone = await startVoting({ listen: anyPort, promListen: anyPort });
      await gone.close();
      const first = acts((seen) => votes(seen).length >= 1 && mischief(seen).length >= 4);
      const second = acts((seen) => mischief(seen).some(({ outcome }) => outcome === 'OK'));
      keep(
        await startVoteBot({
          web: gone.promAddress,
          voting: gone.address,
          plainVoting: gone.address,
          intervalMs: 1,
          mischiefIntervalMs: neverAgainMs,
          random: () => 0,
          report: (act) => {
            first.report(act);
            second.report(act);
          },
        }),
      );
      const done = await first.seen;
      expect(votes(done).at(0)).toEqual({ kind: 'vote', choice: ':doughnut:', outcome: 'ECONNREFUSED' });
      expect(mischief(done).at(3)).toEqual({ kind: 'mischief', identity: 'none', outcome: 'UNAVAILABLE' });

      keep(await startVoting({ listen: gone.address, promListen: anyPort }));
      await second.seen;
    }));

  it('ends at once, even while it waits for somebody who never answers', () =>
    withParts(async (keep) => {
      const asked = new EventEmitter();
      const mute = makeServer();
      keep({ close: () => closeGrpc(mute) });
      const { parent, name } = VotingService.method.voteDoughnut;
      mute.register(
        `/${parent.typeName}/${name}`,
        () => asked.emit('voting'),
        () => Buffer.alloc(0),
        (bytes) => bytes,
        'unary',
      );
      const voting = await listenGrpc(mute, anyPort);
      const front = createServer(() => asked.emit('web'));
      const web = await listenOn(front, anyPort);
      keep({ close: () => closeServer(front) });
      const both = Promise.all([once(asked, 'voting'), once(asked, 'web')]);
      const reported: BotAct[] = [];
      const bot = await startVoteBot({
        web,
        voting,
        plainVoting: voting,
        intervalMs: 1,
        mischiefIntervalMs: neverAgainMs,
        report: (act) => reported.push(act),
      });
      await both;
      const started = performance.now();
      await bot.close();
      expect(performance.now() - started).toBeLessThan(500);
      expect(reported).toEqual([]);
    }));
});
