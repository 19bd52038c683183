import { describe, expect, it } from 'vitest';
import { parsePortSet, portSetHas } from './port-set.js';

describe('a list of ports', () => {
  it.each([
    ['', { ranges: [], names: [], bad: [] }],
    ['25', { ranges: [{ first: 25, last: 25 }], names: [], bad: [] }],
    [
      ' 25 ,, 4000 - 4010 ,',
      {
        ranges: [
          { first: 25, last: 25 },
          { first: 4000, last: 4010 },
        ],
        names: [],
        bad: [],
      },
    ],
    [
      '+25,+1-+2',
      {
        ranges: [
          { first: 25, last: 25 },
          { first: 1, last: 2 },
        ],
        names: [],
        bad: [],
      },
    ],
    ['mysql,25', { ranges: [{ first: 25, last: 25 }], names: ['mysql'], bad: [] }],
    ['0,65536,10-5,1-65536,-1,8.5', { ranges: [], names: [], bad: ['0', '65536', '10-5', '1-65536', '-1', '8.5'] }],
    ['99999999999', { ranges: [], names: [], bad: ['99999999999'] }],
  ])('`%s`', (text, set) => {
    expect(parsePortSet(text)).toEqual(set);
  });

  it('has the ends of its ranges and not what lies beyond', () => {
    const set = parsePortSet('10-12,65535');
    expect([9, 10, 12, 13, 65_535].map((port) => portSetHas(set, port))).toEqual([false, true, true, false, true]);
  });
});
