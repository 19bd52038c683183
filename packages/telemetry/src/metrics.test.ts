import { describe, expect, it } from 'vitest';
import { Metrics, seriesMax } from './metrics.js';

describe('metrics', () => {
  it('are exposed with help, type and labels, and only where there is data', () => {
    const metrics = new Metrics();
    const requests = metrics.family('requests_total', 'Requests.');
    metrics.family('unused_total', 'Never counted.');
    const get = requests.series([
      ['method', 'GET'],
      ['path', 'a"b\\c\nd'],
    ]);
    get.value += 2;
    expect(
      requests.series([
        ['method', 'GET'],
        ['path', 'a"b\\c\nd'],
      ]),
    ).toBe(get);
    metrics.family('up', 'Whether it is up.', 'gauge').series([]).value = 1;
    expect(metrics.expose()).toBe(
      [
        '# HELP requests_total Requests.',
        '# TYPE requests_total counter',
        String.raw`requests_total{method="GET",path="a\"b\\c\nd"} 2`,
        '# HELP up Whether it is up.',
        '# TYPE up gauge',
        'up 1',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  it('are bounded: beyond the limit newcomers share a series, and the sum stays right', () => {
    const metrics = new Metrics();
    const family = metrics.family('clients_total', 'Clients.');
    for (let client = 0; client < seriesMax + 5; client++) family.series([['client', String(client)]]).value += 1;
    const lines = metrics
      .expose()
      .split('\n')
      .filter((line) => line.startsWith('clients_total{'));
    expect(lines.length).toBe(seriesMax + 1);
    expect(lines.at(-1)).toBe('clients_total{overflow="true"} 5');
  });
});
