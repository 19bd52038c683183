import { describe, expect, it } from 'vitest';
import type { DecisionRow } from './decision-row.js';
import { TerminalView } from './terminal-view.js';

const row: DecisionRow = {
  time: '2026-11-22T10:02:11.000Z',
  client: 'vote-bot',
  target: 'voting:grpc',
  request: 'VotingService/VoteDoughnut',
  verdict: 'denied',
  rule: 'wrong identity (closest: voting-from-web)',
  place: undefined,
};

function view(width: number, color = false): { view: TerminalView; text: () => string } {
  let written = '';
  const terminal = { write: (text: string) => void (written += text), width: () => width, color };
  return { view: new TerminalView(terminal), text: () => written };
}

function decisionAt(width: number): string {
  const shown = view(width);
  shown.view.decision(row, 'policies/voting.yaml:46');
  // The time depends on the machine's zone.
  return shown.text().replace(/\d\d:\d\d:\d\d/, 'hh:mm:ss');
}

describe('the live view', () => {
  it('has a column for each question when there is room', () => {
    expect(decisionAt(200)).toBe(
      [
        'time      client                → target        request                       verdict    rule                                          where',
        'hh:mm:ss  vote-bot              → voting:grpc   VotingService/VoteDoughnut    denied     wrong identity (closest: voting-from-web)     policies/voting.yaml:46',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [150, ['client', 'target', 'request', 'verdict', 'rule', 'where']],
    [130, ['client', 'target', 'request', 'verdict', 'rule']],
    [100, ['client', 'target', 'request', 'verdict', 'rule']],
    [90, ['client', 'target', 'request', 'verdict']],
    [50, ['client', 'target', 'verdict']],
    [10, ['client', 'target', 'verdict']],
  ] as const)('drops columns before words: %i wide', (width, titles) => {
    const [heading = '', line = ''] = decisionAt(width).split('\n');
    expect(heading.split(/\s{2,}|→ /).filter((title) => title !== '')).toEqual(titles);
    expect(line).toContain('vote-bot');
    expect(line).toContain('denied');
  });

  it.each([
    ['wrong identity (closest: voting-from-web)', 'wrong identity'],
    ['emoji-authenticated', 'emoji-authenticated'],
    ['default: all-unauthenticated (cluster)', 'default: all-unauthe…'],
  ])('says at 100 columns in brief which rule it was: %s', (rule, shown) => {
    const at100 = view(100);
    at100.view.decision({ ...row, rule }, '');
    const [, line = ''] = at100.text().split('\n');
    expect(line).toBe(`vote-bot              → voting:grpc   VotingService/VoteDoughnut    denied     ${shown}`);
    expect(line.length).toBeLessThanOrEqual(100);
  });

  it('continues a long list of the opening table below its column', () => {
    const banner = {
      title: 'doorward up',
      lines: [
        {
          name: 'metrics',
          address: 'http://…/metrics',
          about: 'emoji 127.0.0.1:1 · voting 127.0.0.1:2 · web 127.0.0.1:3',
        },
      ],
      tries: [],
    };
    const [wide, narrow] = [view(200), view(70)];
    wide.view.banner(banner);
    expect(wide.text()).toContain(
      '  metrics  http://…/metrics  emoji 127.0.0.1:1 · voting 127.0.0.1:2 · web 127.0.0.1:3\n',
    );
    narrow.view.banner(banner);
    expect(narrow.text()).toContain(
      [
        '  metrics  http://…/metrics  emoji 127.0.0.1:1 · voting 127.0.0.1:2',
        '                             web 127.0.0.1:3',
        '',
      ].join('\n'),
    );
  });

  it('writes the heading again when the window changes', () => {
    let width = 200;
    let written = '';
    const live = new TerminalView({ write: (text) => void (written += text), width: () => width, color: false });
    live.decision(row, '');
    live.decision(row, '');
    width = 60;
    live.decision(row, '');
    expect(written.split('\n').filter((line) => line.includes('verdict')).length).toBe(2);
  });

  it('lets nothing from the network steer the terminal', () => {
    const shown = view(200);
    shown.view.decision({ ...row, client: 'evil\u001b[2J\u0007' }, '');
    shown.view.notice('error', 'said \u001b]0;title\u0007');
    expect(shown.text()).not.toContain('\u001b');
    expect(shown.text()).not.toContain('\u0007');
    expect(shown.text()).toContain('evil\ufffd[2J\ufffd');
  });

  it('colours the verdict only on a terminal', () => {
    const coloured = view(200, true);
    coloured.view.decision(row, '');
    expect(coloured.text()).toContain('\u001b[31mdenied');
    expect(decisionAt(200)).not.toContain('\u001b');
  });

  it('shows a problem with its excerpt', () => {
    const shown = view(80);
    shown.view.problem({
      code: 'DW0202',
      severity: 'error',
      message: '`spec.proxyProtocol` is `gRCP`',
      place: { file: 'voting.yaml', line: 37, column: 18, length: 4, lineText: '  proxyProtocol: gRCP' },
      help: 'did you mean `gRPC`?',
    });
    expect(shown.text()).toBe(
      [
        '  ✗ DW0202 `spec.proxyProtocol` is `gRCP`',
        '       --> voting.yaml:37:18',
        '        |',
        '     37 |   proxyProtocol: gRCP',
        '        |                  ^^^^',
        '     help: did you mean `gRPC`?',
        '',
      ].join('\n'),
    );
  });
});
