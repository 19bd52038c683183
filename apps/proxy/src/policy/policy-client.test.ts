import { defaultHttpRoute, type InboundPolicy } from '@doorward/core';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { ScriptedController } from '../testing/scripted-controller.js';
import type { PolicyCell } from './policy-cell.js';
import { PolicyClient } from './policy-client.js';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const part of open.splice(0)) part.close();
});

const named = (name: string): InboundPolicy => ({
  server: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'server', name },
  protocol: { kind: 'http1', routes: [defaultHttpRoute] },
  authorizations: [],
});

const deny: InboundPolicy = {
  server: { kind: 'default', name: 'deny' },
  protocol: { kind: 'opaque' },
  authorizations: [],
};

interface Line {
  readonly event: unknown;
  readonly message: string;
}

function client(
  address: string,
  options: { trustLoopback?: boolean } = {},
): {
  policies: PolicyClient;
  log: Line[];
  nextLine: () => Promise<void>;
} {
  const log: Line[] = [];
  let told = (): void => {};
  const write = (fields: object, message: string): void => {
    log.push({ event: 'event' in fields ? fields.event : undefined, message });
    told();
  };
  const nextLine = async (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
    });
  const policies = new PolicyClient({
    address,
    workload: '{"ns":"emojivoto","external_workload":"web"}',
    defaultPolicy: 'deny',
    clusterNetworks: [],
    detectTimeoutMs: 10_000,
    trustLoopback: options.trustLoopback ?? false,
    log: { debug: () => {}, info: write, warn: write, error: write },
  });
  open.push(policies);
  return { policies, log, nextLine };
}

async function controller(): Promise<ScriptedController> {
  const scripted = await new ScriptedController().listen();
  open.push(scripted);
  return scripted;
}

async function nextValue(cell: PolicyCell): Promise<InboundPolicy> {
  return new Promise((resolve) => {
    const unsubscribe = cell.subscribe(() => {
      unsubscribe();
      resolve(cell.current);
    });
  });
}

describe('the policy client', () => {
  it('has the default until the controller answers, then what it says, then each change', async () => {
    const scripted = await controller();
    const { policies } = client(scripted.address);
    const watching = scripted.nextWatch();
    const cell = policies.watch(8080);
    expect(cell.current).toEqual(deny);
    expect(await watching).toMatchObject({ workload: '{"ns":"emojivoto","external_workload":"web"}', port: 8080 });
    const first = nextValue(cell);
    scripted.set(8080, named('a'));
    expect(await first).toEqual(named('a'));
    const second = nextValue(cell);
    scripted.set(8080, named('b'));
    expect(await second).toEqual(named('b'));
  });

  it('holds for the first answer, but not for ever', async () => {
    const scripted = await controller();
    const { policies } = client(scripted.address);
    const cell = policies.watch(8080);
    await cell.firstAnswer(20);
    expect(cell.answered).toBe(false);
    scripted.set(8080, named('a'));
    await cell.firstAnswer(10_000);
    expect(cell.current).toEqual(named('a'));
  });

  it('keeps the last policy when the controller is lost, says so once, and comes back', async () => {
    const scripted = await controller();
    const { address } = scripted;
    const { policies, log } = client(address);
    const [a, b] = [policies.watch(1), policies.watch(2)];
    const both = Promise.all([nextValue(a), nextValue(b)]);
    scripted.set(1, named('a'));
    scripted.set(2, named('b'));
    await both;
    scripted.close();

    const again = new ScriptedController();
    again.set(1, named('a2'));
    const value = nextValue(a);
    await again.listen(address);
    open.push(again);
    expect(await value).toEqual(named('a2'));
    expect(b.current).toEqual(named('b'));
    expect(log.map(({ event }) => event)).toEqual(['controller.lost', 'controller.recovered']);
  });

  it('denies everything when a message cannot be understood, and mends with the next good one', async () => {
    const scripted = await controller();
    const { policies, log } = client(scripted.address);
    const cell = policies.watch(8080);
    const bad = nextValue(cell);
    scripted.set(8080, Uint8Array.from([0xff, 0xff, 0xff]));
    expect(await bad).toMatchObject({ server: { kind: 'default', name: 'invalid' }, authorizations: [] });
    expect(log).toMatchObject([{ event: 'policy.misconfigured' }]);
    const good = nextValue(cell);
    scripted.set(8080, named('a'));
    expect(await good).toEqual(named('a'));
  });

  it('asks again after an orderly end of the stream', async () => {
    const scripted = await controller();
    const { policies } = client(scripted.address);
    const first = nextValue(policies.watch(8080));
    scripted.set(8080, named('a'));
    await first;
    const again = scripted.nextWatch();
    scripted.endWatches();
    expect(await again).toMatchObject({ port: 8080 });
  });

  it('does not ask again when the controller refuses the request itself', async () => {
    const scripted = await controller();
    const { policies, log, nextLine } = client(scripted.address);
    const watching = scripted.nextWatch();
    const cell = policies.watch(8080);
    await watching;
    const refused = nextLine();
    scripted.endWatches({ code: status.INVALID_ARGUMENT, details: 'Invalid workload: x' });
    await refused;
    expect(log).toEqual([
      {
        event: 'policy.refused',
        message:
          'the controller refuses to answer for this workload (Invalid workload: x); the policy in force stays as it is',
      },
    ]);
    expect(cell.current).toEqual(deny);
    // A retry would come at once, so the next watch would be that one.
    const next = scripted.nextWatch();
    policies.watch(9090);
    expect(await next).toMatchObject({ port: 9090 });
  });

  it('lets loopback in only when told to', async () => {
    const scripted = await controller();
    scripted.set(8080, named('a'));
    for (const trustLoopback of [true, false]) {
      const { policies } = client(scripted.address, { trustLoopback });
      const { authorizations } = await nextValue(policies.watch(8080));
      expect(authorizations.map(({ origin }) => origin.name)).toEqual(trustLoopback ? ['localhost'] : []);
    }
  });
});
