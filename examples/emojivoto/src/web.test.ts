import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.js';
import { startEmoji } from './emoji.js';
import { VotingService } from './generated/emojivoto/v1/voting_pb.js';
import { answer, closeGrpc, listenGrpc, makeServer, Refusal } from './grpc.js';
import { page } from './page.js';
import { anyPort, http, withParts } from './testing.js';
import { startVoting } from './voting.js';
import { startWeb } from './web.js';

describe('the web service', () => {
  it('takes votes and shows them, with emoji and voting behind it', () =>
    withParts(async (keep) => {
      const emoji = keep(await startEmoji({ listen: anyPort, rawListen: anyPort }));
      const voting = keep(await startVoting({ listen: anyPort, promListen: anyPort }));
      const web = keep(await startWeb({ listen: anyPort, emoji: emoji.address, voting: voting.address }));
      const get = async (path: string, method?: string): Promise<unknown> => {
        const { status, text } = await http(web.address, path, method);
        return [status, JSON.parse(text)];
      };

      expect(await get('/api/list')).toEqual([200, catalogue]);
      expect(await get('/api/leaderboard')).toEqual([200, []]);
      expect(await get('/api/vote?choice=:door:')).toEqual([200, { voted: ':door:' }]);
      expect(await get('/api/vote?choice=:doughnut:', 'POST')).toEqual([200, { voted: ':doughnut:' }]);
      expect(await get('/api/vote?choice=%3Adoughnut%3A')).toEqual([200, { voted: ':doughnut:' }]);
      expect(await get('/api/vote?choice=:poop:')).toEqual([200, { voted: ':poop:' }]);
      expect(await get('/api/vote?choice=:joy:')).toEqual([200, { voted: ':joy:' }]);
      expect(await get('/api/leaderboard')).toEqual([
        200,
        [
          { unicode: '🍩', shortcode: ':doughnut:', votes: 2 },
          { unicode: '🚪', shortcode: ':door:', votes: 1 },
          { unicode: '😂', shortcode: ':joy:', votes: 1 },
          { unicode: '💩', shortcode: ':poop:', votes: 1 },
        ],
      ]);

      expect(await get('/api/vote?choice=:floor:')).toEqual([404, { error: 'no such emoji' }]);
      expect(await get('/api/vote')).toEqual([400, { error: 'say what for: /api/vote?choice=:doughnut:' }]);
      expect(await get('/elsewhere')).toEqual([404, { error: 'nothing here' }]);
      expect(await get('/api/list', 'POST')).toEqual([405, { error: 'this method is not for this path' }]);
      expect((await http(web.address, '/api/vote?choice=:door:', 'HEAD')).status).toBe(405);
      expect(await http(web.address, '/healthz')).toEqual({
        status: 200,
        type: 'text/plain; charset=utf-8',
        text: 'ok\n',
      });

      const shown = await http(web.address, '/');
      expect([shown.status, shown.type]).toEqual([200, 'text/html; charset=utf-8']);
      expect(shown.text).toContain('<tr><td>🍩</td><td>:doughnut:</td><td class="votes">2</td></tr>');
      expect(shown.text).not.toContain('class="problem">');
      expect(await http(web.address, '/', 'HEAD')).toEqual({ status: 200, type: shown.type, text: '' });
    }));

  it('says who refuses it, and goes on with the rest', () =>
    withParts(async (keep) => {
      const emoji = keep(await startEmoji({ listen: anyPort, rawListen: anyPort }));
      const refusing = makeServer();
      keep({ close: () => closeGrpc(refusing) });
      const refuse = (): never => {
        throw new Refusal(status.PERMISSION_DENIED, 'unauthorized request on route');
      };
      answer(refusing, VotingService.method.voteDoughnut, refuse);
      answer(refusing, VotingService.method.results, refuse);
      const voting = await listenGrpc(refusing, anyPort);
      const web = keep(await startWeb({ listen: anyPort, emoji: emoji.address, voting }));

      const refused = {
        error: 'voting: PERMISSION_DENIED',
        service: 'voting',
        status: 'PERMISSION_DENIED',
        detail: 'unauthorized request on route',
      };
      const vote = await http(web.address, '/api/vote?choice=:doughnut:');
      expect([vote.status, JSON.parse(vote.text)]).toEqual([502, refused]);
      const leaderboard = await http(web.address, '/api/leaderboard');
      expect([leaderboard.status, JSON.parse(leaderboard.text)]).toEqual([502, refused]);
      expect((await http(web.address, '/api/list')).status).toBe(200);

      const shown = await http(web.address, '/');
      expect(shown.status).toBe(200);
      expect(shown.text).toContain('<p class="problem">voting: PERMISSION_DENIED</p>');
      expect(shown.text).toContain('<button value=":doughnut:"');
    }));

  it('finds a service again that went away', () =>
    withParts(async (keep) => {
      const before = await startEmoji({ listen: anyPort, rawListen: anyPort });
      const voting = keep(await startVoting({ listen: anyPort, promListen: anyPort }));
      const web = keep(await startWeb({ listen: anyPort, emoji: before.address, voting: voting.address }));
      expect((await http(web.address, '/api/list')).status).toBe(200);
      expect((await http(web.address, '/api/vote?choice=:door:')).status).toBe(200);

      await before.close();
      const away = await http(web.address, '/api/list');
      expect([away.status, JSON.parse(away.text)]).toMatchObject([502, { service: 'emoji', status: 'UNAVAILABLE' }]);
      expect((await http(web.address, '/healthz')).status).toBe(200);
      // Votes are still known; only the pictures are missing.
      expect(JSON.parse((await http(web.address, '/api/leaderboard')).text)).toEqual([
        { unicode: '', shortcode: ':door:', votes: 1 },
      ]);

      keep(await startEmoji({ listen: before.address, rawListen: anyPort }));
      await expect.poll(async () => (await http(web.address, '/api/list')).status, { timeout: 5_000 }).toBe(200);
    }));
});

describe('the page', () => {
  it('shows what services say as text, whatever they say', () => {
    const hostile = `<img src=x onerror="alert('&')">`;
    const shown = page({
      choices: [{ unicode: hostile, shortcode: hostile }],
      standings: [{ unicode: hostile, shortcode: hostile, votes: 1 }],
      problems: [hostile],
    });
    expect(shown).not.toContain('<img');
    expect(shown).toContain('&#60;img src=x onerror=&#34;alert(&#39;&#38;&#39;)&#34;&#62;');
  });
});
