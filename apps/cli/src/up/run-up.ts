/**
 * `doorward up`: identity, controller and a proxy for each workload of a folder, each its own process, watched and restarted,
 * with one live view of what is decided.
 */
import { openFolder } from '@doorward/folder';
import { defaultClusterConfig, PolicyIndex } from '@doorward/index';
import { formatNetwork } from '@doorward/core';
import { openState } from '@doorward/mtls';
import { formatHostPort } from '@doorward/proxy/addresses';
import { relative, resolve } from 'node:path';
import { Failure } from '../failure.js';
import { makeBanner } from './banner.js';
import type { ChildEvent, ChildExit } from './child.js';
import { decisionRow } from './decision-row.js';
import { FolderWatch } from './folder-watch.js';
import type { UpOptions } from './options.js';
import { ProxyFleet } from './proxy-fleet.js';
import { proxyArguments, type PlanProblem } from './proxy-plan.js';
import { Supervised } from './supervised.js';
import { Tokens } from './tokens.js';
import type { View } from './view.js';

/** Long enough for requests that are being answered, short enough for a person who pressed Ctrl-C. */
const stopGraceMs = 5_000;

export interface RunningUp {
  /** Ends all processes, the proxies first, and resolves when they are gone. */
  close(): Promise<void>;
}

/** @throws Failure when the folder, the state or an address cannot be used, with the reason and the remedy */
export async function runUp(options: UpOptions, view: View, color: boolean): Promise<RunningUp> {
  const folder = await openFolder(options.folder);
  const state = await openState(options.stateDir);
  for (const repair of state.repairs) view.notice('warn', repair);
  const index = new PolicyIndex({
    ...defaultClusterConfig,
    clusterNetworks: options.clusterNetworks,
    defaultPolicy: options.defaultPolicy,
  });
  const watch = new FolderWatch(index, view, color);
  const { objects, problems, stale } = folder.current;
  watch.apply({ upserted: [...objects.values()], removed: [], problems, stale, fixed: [] });
  watch.tellIgnored(folder.current.ignored);
  const tokens = new Tokens(state, options.stateDir, (error) =>
    view.notice('error', `the join tokens of the proxies cannot be renewed: ${String(error)}`),
  );
  const stateDir = resolve(options.stateDir);
  const clusterNetworks = options.clusterNetworks.map(formatNetwork).join(',');

  const identity = service(
    'identity',
    'identity.listening',
    formatHostPort(options.identityService),
    view,
    (address) => ['identity', `--state=${stateDir}`, `--listen=${address}`],
  );
  const controller = service(
    'controller',
    'controller.listening',
    formatHostPort(options.controller),
    view,
    (address) => [
      'controller',
      `--resources=${resolve(options.folder)}`,
      `--grpc-addr=${address}`,
      `--default-policy=${options.defaultPolicy}`,
      `--cluster-networks=${clusterNetworks}`,
    ],
  );
  const nameOfIdentity = (name: string): string | undefined =>
    watch.workloads().find(({ spec }) => spec.meshTLS.identity === name)?.metadata.name;
  const fleet = new ProxyFleet({
    stopGraceMs,
    args: (plan) =>
      proxyArguments(plan, {
        controller: controller.address(),
        identityService: identity.address(),
        tokenFile: tokens.fileOf(plan),
        trustAnchors: resolve(stateDir, 'ca.crt'),
        clusterNetworks,
      }),
    onEvent: (plan, event) => {
      if (event.event !== 'decision') return tellEvent(plan.name, event, view);
      const row = decisionRow(event, { plan, index, nameOfIdentity });
      if (row !== undefined) view.decision(row, placeText(row.place));
    },
    onStray: (plan, line) => tellStray(plan.name, line, view),
    onExit: (plan, exit, retryMs) => tellExit(plan.name, exit, retryMs, view),
  });

  const reconcile = async (): Promise<void> => {
    const workloads = watch.workloads();
    for (const workload of workloads) await tokens.write(workload);
    tellPlanProblems(await fleet.reconcile(workloads), view, told);
  };
  const told = new Set<string>();
  let unsubscribe = (): void => {};
  const close = async (): Promise<void> => {
    unsubscribe();
    await folder.close();
    tokens.close();
    await fleet.stop();
    await Promise.all([controller.process.stop(stopGraceMs), identity.process.stop(stopGraceMs)]);
  };

  try {
    for (const part of [identity, controller]) {
      if ((await part.process.started) === 'failed')
        throw new Failure(part.failure() ?? `the ${part.name} could not start`);
    }
    await reconcile();
    unsubscribe = folder.onChange((change) => {
      watch.apply(change);
      watch.tellIgnored(folder.current.ignored);
      reconcile().catch((error: unknown) =>
        view.notice('error', `the proxies could not follow the change: ${String(error)}`),
      );
    });
  } catch (error) {
    await close();
    throw error;
  }
  if (fleet.plans.length === 0) view.notice('warn', noWorkloads);
  view.banner(
    makeBanner({
      title: options.title,
      folder: options.folder,
      stateDir,
      newCa: state.isNew,
      trustDomain: index.config.identityDomain,
      identityAddress: identity.address(),
      controllerAddress: controller.address(),
      problems: folder.current.problems.length,
      plans: fleet.plans,
      index,
    }),
  );
  return { close };
}

const noWorkloads =
  'no workload asks for a proxy: give an ExternalWorkload the annotation `doorward.dev/app: PORT=HOST:PORT`, naming where its application listens';

interface ServiceProcess {
  readonly name: string;
  readonly process: Supervised;
  /** Where it really listens: port 0 has become a port, and stays that one over restarts. */
  readonly address: () => string;
  /** Why it ended, in its own words. */
  readonly failure: () => string | undefined;
}

function service(
  name: string,
  readyEvent: string,
  wanted: string,
  view: View,
  args: (address: string) => readonly string[],
): ServiceProcess {
  let address = wanted;
  let failure: string | undefined;
  let ready = false;
  const process = new Supervised({
    name,
    readyEvent,
    args: () => args(address),
    onEvent: (event) => {
      if (event.event === readyEvent && typeof event.fields['address'] === 'string') {
        address = event.fields['address'];
        if (ready) view.notice('info', `${name}: up again on ${address}`);
        ready = true;
      }
      if (event.event === 'fatal') failure = `${name}: ${event.message}`;
      // The folder's problems are told by the watch of `up` itself, with their excerpt.
      if (event.event?.startsWith('folder.') === true) return;
      if (event.event !== 'fatal' || ready) tellEvent(name, event, view);
    },
    onStray: (line) => tellStray(name, line, view),
    onExit: (exit, retryMs) => {
      if (ready) tellExit(name, exit, retryMs, view);
    },
  });
  return { name, process, address: () => address, failure: () => failure };
}

/** Of a part's own log only what a person has to know. */
function tellEvent(name: string, { level, event, message }: ChildEvent, view: View): void {
  if (level === 'error') view.notice('error', `${name}: ${message}`);
  else if (level === 'warn') view.notice('warn', `${name}: ${message}`);
  else if (event === 'controller.recovered' || event === 'app.reachable') view.notice('info', `${name}: ${message}`);
}

function tellStray(name: string, line: string, view: View): void {
  // The command's own last words came as the event `fatal` already.
  if (!line.startsWith('doorward: ')) view.notice('error', `${name}: ${line}`);
}

function tellExit(name: string, { code, signal }: ChildExit, retryMs: number, view: View): void {
  const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
  view.notice('error', `${name} ${how}; starting it again in ${retryMs} ms`);
}

function tellPlanProblems(problems: readonly PlanProblem[], view: View, told: Set<string>): void {
  const now = new Set<string>();
  for (const { message, place } of problems) {
    const sentence = `${placeText(place)}${place === undefined ? '' : '  '}${message}`;
    now.add(sentence);
    if (!told.has(sentence)) view.notice('error', sentence);
  }
  told.clear();
  for (const sentence of now) told.add(sentence);
}

function placeText(place: PlanProblem['place']): string {
  return place === undefined ? '' : `${relative(process.cwd(), resolve(place.file))}:${place.line}`;
}
