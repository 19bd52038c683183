import { describe, expect, it } from 'vitest';
import { Settling } from './settling.js';

const fresh = (): Settling => new Settling({ quietMs: 10, burstMs: 100 });

describe('a file that changes', () => {
  it('is ready when nothing happened to it for the quiet time', () => {
    const settling = fresh();
    settling.saw('a', 'v1', true, 0);
    expect([settling.ready(9), settling.waitMs(4), settling.ready(10)]).toEqual([[], 6, ['a']]);
    settling.forget('a');
    expect([settling.isIdle, settling.waitMs(11)]).toEqual([true, undefined]);
  });

  it('begins anew with each event and each version', () => {
    const settling = fresh();
    settling.saw('a', 'v1', true, 0);
    settling.saw('a', 'v2', false, 8);
    expect([settling.ready(17), settling.ready(18)]).toEqual([[], ['a']]);
    settling.saw('a', 'v2', true, 18);
    expect([settling.ready(27), settling.ready(28)]).toEqual([[], ['a']]);
    settling.saw('a', 'v2', false, 28);
    expect(settling.ready(28)).toEqual(['a']);
  });

  it('waits for the others of its burst, but not for ever', () => {
    const settling = fresh();
    settling.saw('a', 'v1', true, 0);
    for (let now = 0; now < 100; now += 5) {
      settling.saw('b', `v${now}`, true, now);
      expect(settling.ready(now)).toEqual([]);
    }
    settling.saw('b', 'v100', true, 100);
    expect(settling.ready(100)).toEqual(['a']);
  });

  it('that looks unfinished rests longer', () => {
    const settling = fresh();
    settling.saw('a', 'v1', true, 0);
    expect([settling.isQuietFor('a', 60, 10), settling.isQuietFor('a', 60, 60)]).toEqual([false, true]);
    settling.extend('a', 60);
    expect([settling.ready(59), settling.waitMs(10), settling.ready(60)]).toEqual([[], 50, ['a']]);
  });
});
