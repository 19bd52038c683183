import { describe, expect, it } from 'vitest';
import { catalogue, emojiOfTheDay } from './catalogue.js';
import { startEmoji } from './emoji.js';
import { EmojiService } from './generated/emojivoto/v1/emoji_pb.js';
import { dial } from './grpc.js';
import { anyPort, freePort, converse, withParts } from './testing.js';

const dayMs = 86_400_000;

describe('the catalogue', () => {
  it('names every emoji once', () => {
    expect(new Set(catalogue.map(({ shortcode }) => shortcode)).size).toBe(catalogue.length);
    expect(new Set(catalogue.map(({ unicode }) => unicode)).size).toBe(catalogue.length);
  });

  it('gives every emoji its day', () => {
    const days = catalogue.map((_, day) => emojiOfTheDay(day * dayMs).shortcode);
    expect(new Set(days).size).toBe(catalogue.length);
    expect(emojiOfTheDay(dayMs - 1)).toBe(emojiOfTheDay(0));
    expect(emojiOfTheDay(dayMs)).not.toBe(emojiOfTheDay(0));
  });
});

describe('the emoji service', () => {
  it('lists the catalogue and finds an emoji by its shortcode', () =>
    withParts(async (keep) => {
      const emoji = keep(await startEmoji({ listen: anyPort, rawListen: anyPort }));
      const peer = keep(dial(emoji.address));

      const all = await peer.call(EmojiService.method.listAll, {});
      expect(all.ok && all.response.list.map(({ unicode, shortcode }) => ({ unicode, shortcode }))).toEqual(catalogue);

      const found = await peer.call(EmojiService.method.findByShortcode, { shortcode: ':door:' });
      expect(found.ok && found.response.emoji?.unicode).toBe('🚪');
      expect(await peer.call(EmojiService.method.findByShortcode, { shortcode: ':floor:' })).toEqual({
        ok: false,
        status: 'NOT_FOUND',
        detail: 'no emoji has this shortcode',
      });
    }));

  it('says over plain TCP which emoji the day has, and gives back what it does not know', () =>
    withParts(async (keep) => {
      const emoji = keep(await startEmoji({ listen: anyPort, rawListen: anyPort, nowMs: () => 0 }));
      expect(await converse(emoji.rawAddress, 'today\r\n:key:\nhello there\nquit\nnot heard\n')).toBe(
        '🍩 :doughnut:\n🔑 :key:\nhello there\nbye\n',
      );
    }));

  it('hangs up on a line without end', () =>
    withParts(async (keep) => {
      const emoji = keep(await startEmoji({ listen: anyPort, rawListen: anyPort }));
      expect(await converse(emoji.rawAddress, `${'x'.repeat(256)}\nquit\n`)).toBe(`${'x'.repeat(256)}\nbye\n`);
      expect(await converse(emoji.rawAddress, 'x'.repeat(257))).toBe('that line is too long\n');
      expect(await converse(emoji.rawAddress, `today\n${'x'.repeat(257)}\n`)).toMatch(/\nthat line is too long\n$/);
    }));

  it('does not start on a port that is taken, and lets go of the other one', () =>
    withParts(async (keep) => {
      const first = keep(await startEmoji({ listen: anyPort, rawListen: anyPort }));
      const free = await freePort();
      await expect(startEmoji({ listen: first.address, rawListen: free })).rejects.toThrow(
        'is in use; end what listens there',
      );
      await expect(startEmoji({ listen: free, rawListen: first.rawAddress })).rejects.toThrow(
        'is in use; end what listens there',
      );
      expect(keep(await startEmoji({ listen: free, rawListen: anyPort })).address).toEqual(free);
    }));
});
