import { describe, expect, it } from 'vitest';
import { VotingService } from './generated/emojivoto/v1/voting_pb.js';
import { dial, type Peer } from './grpc.js';
import { anyPort, freePort, http, withParts } from './testing.js';
import { startVoting } from './voting.js';

async function standings(peer: Peer): Promise<unknown> {
  const results = await peer.call(VotingService.method.results, {});
  return results.ok ? results.response.results.map(({ shortcode, votes }) => [shortcode, votes]) : results;
}

describe('the voting service', () => {
  it('counts votes, and tells them by gRPC and as metrics', () =>
    withParts(async (keep) => {
      const voting = keep(await startVoting({ listen: anyPort, promListen: anyPort }));
      const peer = keep(dial(voting.address));
      const { voteDoughnut, votePoop, voteJoy, vote } = VotingService.method;

      expect(await standings(peer)).toEqual([]);
      for (const outcome of [
        await peer.call(vote, { shortcode: ':door:' }),
        await peer.call(voteDoughnut, {}),
        await peer.call(vote, { shortcode: ':doughnut:' }),
        await peer.call(votePoop, {}),
        await peer.call(voteJoy, {}),
      ]) {
        expect(outcome.ok).toBe(true);
      }
      expect(await standings(peer)).toEqual([
        [':doughnut:', 2],
        [':door:', 1],
        [':joy:', 1],
        [':poop:', 1],
      ]);

      expect(await http(voting.promAddress, '/metrics')).toEqual({
        status: 200,
        type: 'text/plain; version=0.0.4; charset=utf-8',
        text: [
          '# HELP emojivoto_votes_total Votes counted since the start.',
          '# TYPE emojivoto_votes_total counter',
          'emojivoto_votes_total{shortcode=":doughnut:"} 2',
          'emojivoto_votes_total{shortcode=":door:"} 1',
          'emojivoto_votes_total{shortcode=":joy:"} 1',
          'emojivoto_votes_total{shortcode=":poop:"} 1',
          '',
        ].join('\n'),
      });
      expect((await http(voting.promAddress, '/')).status).toBe(404);
      expect((await http(voting.promAddress, '/metrics', 'POST')).status).toBe(404);
    }));

  it('does not count what is not on the ballot', () =>
    withParts(async (keep) => {
      const voting = keep(await startVoting({ listen: anyPort, promListen: anyPort }));
      const peer = keep(dial(voting.address));
      expect(await peer.call(VotingService.method.vote, { shortcode: ':floor:' })).toEqual({
        ok: false,
        status: 'INVALID_ARGUMENT',
        detail: 'this shortcode is not on the ballot',
      });
      expect(await standings(peer)).toEqual([]);
    }));

  it('does not start on a port that is taken, and lets go of the other one', () =>
    withParts(async (keep) => {
      const first = keep(await startVoting({ listen: anyPort, promListen: anyPort }));
      const free = await freePort();
      await expect(startVoting({ listen: first.address, promListen: free })).rejects.toThrow(
        'is in use; end what listens there',
      );
      await expect(startVoting({ listen: free, promListen: first.promAddress })).rejects.toThrow(
        'is in use; end what listens there',
      );
      expect(keep(await startVoting({ listen: free, promListen: anyPort })).address).toEqual(free);
    }));
});
