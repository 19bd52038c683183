/** Every case of `cases/` through every door (cases/README.md). */
import { convertObject, parseManifests } from '@doorward/resources';
import { afterAll, describe, expect, it } from 'vitest';
import { CaseIndex } from './case-index.js';
import { readCorpus, readExpected, type Case } from './corpus.js';
import { check } from './expectations.js';
import type { AdmissionRow } from './format.js';
import { GrpcDoor } from './grpc-door.js';
import type { CaseTarget } from './question.js';
import { ofProxies, rowCount, stagesOf } from './stages.js';
import { checkWatched, type ServedPorts } from './watched-ports.js';
import { whyCommand } from './why-command.js';
import { askAll } from './why-door.js';

const corpus = readCorpus();
const named = (cases: readonly Case[]) =>
  cases.map((found) => [`${found.name}: ${found.expected.title}`, found] as const);
const stories = named(corpus.filter(({ expected }) => expected.admission.length === 0));

/** What a door could not be asked, told once at the end. */
const skipped = new Set<string>();
afterAll(() => {
  if (skipped.size > 0) console.info(`not asked at every door:\n  ${[...skipped].sort().join('\n  ')}`);
});

describe('a case is in order', () => {
  it.each(named(corpus))('%s', (_, found) => {
    const stages = stagesOf(found);
    const rows = stages.map(rowCount).reduce((sum, count) => sum + count, found.expected.admission.length);
    expect(rows, 'it expects something').toBeGreaterThan(0);
    // Each answer has its neighbour: who is let in beside who is not.
    const verdicts = new Set(stages.flatMap(({ requests }) => requests.map(({ is }) => is)));
    expect(verdicts.size, 'requests that are allowed stand beside some that are denied').not.toBe(1);
    const admitted = new Set(found.expected.admission.map(({ is }) => is));
    expect(admitted.size, 'what is accepted stands beside what is rejected').not.toBe(1);
  });

  it('says where a mistake is', () => {
    const file = 'cases/x/y/expected.yaml';
    const head = 'title: something to read\nsource: docs/spec/control-plane.md §3\n';
    const reading = (text: string) => () => readExpected(file, head + text);
    expect(reading('request: []')).toThrow(`${file}: the file: Unrecognized key: "request"`);
    expect(reading('requests: [{client: {ip: 10.0.0}, request: GET /, is: allowed, by: default:audit}]')).toThrow(
      `${file}: requests[0].client`,
    );
    expect(reading('policy: [{is: {server: Server/x, protocol: http3}}]')).toThrow(`${file}: policy[0].is`);
    expect(reading('title: again')).toThrow(`${file}: Map keys must be unique`);
  });
});

describe('index and decide()', () => {
  it.each(stories)('%s', async (_, found) => {
    const made = new CaseIndex(found);
    for (const stage of stagesOf(found)) {
      if (stage.by) made.go(stage.by);
      await check(found, stage, async ({ ref, port }: CaseTarget) => made.index.policyOf(ref, port));
    }
  });
});

describe('GetPort and WatchPort', () => {
  it.each(stories)('%s', async (_, found) => {
    const stages = stagesOf(found).map((stage) => ofProxies(found, stage));
    if (stages.every((stage) => rowCount(stage) === 0)) {
      skipped.add(`${found.name}: GetPort is not asked: its workloads are pod templates, for which no proxy asks`);
      return;
    }
    await using door = await GrpcDoor.open(found);
    const served: ServedPorts = new Map();
    for (const stage of stages) {
      if (stage.by) await door.go(stage.by);
      await checkWatched(found, stage, door, served);
      await check(found, stage, async (target) => door.get(target));
    }
  });
});

describe('why', () => {
  it.each(stories)('%s', (_, found) => {
    const made = new CaseIndex(found);
    for (const stage of stagesOf(found)) {
      if (stage.by) made.go(stage.by);
      const { answers, expected, refused } = askAll(found, stage, made.index);
      expect(answers).toEqual(expected);
      for (const question of refused) skipped.add(question);
    }
  });

  it('answers the same as a command', { timeout: 20_000 }, async () => {
    const found = corpus.find(({ name }) => name === 'authorization-policy/route-target');
    if (found === undefined) throw new Error('the case for the command is gone');
    for (const row of found.expected.requests) {
      const { code, json } = await whyCommand(found, row);
      expect({ code, is: json.verdict, reason: json.reason, by: json.permittedBy?.name }).toEqual({
        code: row.is === 'allowed' ? 0 : 3,
        is: row.is,
        reason: row.reason,
        by: row.by?.replace(/^.*[/:]/, ''),
      });
    }
  });
});

describe('admission', () => {
  const rows = corpus.flatMap(({ name, expected }) =>
    expected.admission.map((row) => [`${name}: ${row.that} is ${row.is}`, row] as const),
  );

  it.each(rows)('%s by the webhook', (_, row) => {
    const converted = convertObject(row.object, { strict: true });
    const errors = converted.problems.filter(({ severity }) => severity === 'error');
    const messages = converted.problems.map(({ message }) => message);
    expect(messages).toEqual(expect.arrayContaining(row.message === undefined ? [] : [row.message]));
    expect({ is: errors.length > 0 ? 'rejected' : 'accepted', messages }).toEqual({ is: row.is, messages });
    expect(converted.kind === 'refused', 'that it has no effect').toBe(hasNoEffect(row));
  });

  it.each(rows)('%s in a file', (_, row) => {
    const { failed } = parseManifests(JSON.stringify(row.object), 'x.json');
    expect(failed.length > 0).toBe(hasNoEffect(row));
  });
});

const hasNoEffect = ({ is, inert }: AdmissionRow): boolean => is === 'rejected' || inert;
