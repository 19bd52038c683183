/**
 * `doorward up`: identity, controller and a proxy for each workload of a folder, each its own process, watched and restarted,
 * with one live view of what is decided.
 */
import { formatNetwork } from '@doorward/core';
import { openFolder, type FolderChange, type FolderSource } from '@doorward/folder';
import { defaultClusterConfig, PolicyIndex } from '@doorward/index';
import { openState, type State } from '@doorward/mtls';
import { formatHostPort } from '@doorward/telemetry/host-port';
import type { SourcePlace } from '@doorward/resources';
import { dirname, relative, resolve } from 'node:path';
import { Failure } from '../failure.js';
import { makeBanner } from './banner.js';
import type { ChildEvent, ChildExit } from './child.js';
import { commandName } from './command-name.js';
import { decisionRow } from './decision-row.js';
import { FolderWatch } from './folder-watch.js';
import type { UpOptions } from './options.js';
import { Part } from './part.js';
import { ProxyFleet } from './proxy-fleet.js';
import { proxyArguments, type PlanProblem, type ProxyPlan } from './proxy-plan.js';
import { tellEvent, tellExit, tellStray } from './tell.js';
import { Tokens } from './tokens.js';
import type { View } from './view.js';

/** Long enough for requests that are being answered, short enough for a person who pressed Ctrl-C. */
const stopGraceMs = 5_000;
/** After this time a start says what it waits for. */
const patienceMs = 3_000;

/** @throws when the folder or the state cannot be used, with the reason and the remedy */
export async function openUp(options: UpOptions, view: View): Promise<Up> {
  const folder = await openFolder(options.folder);
  try {
    return new Up(options, view, folder, await openState(options.stateDir));
  } catch (error) {
    await folder.close();
    throw error;
  }
}

export class Up {
  readonly #options: UpOptions;
  readonly #view: View;
  readonly #folder: FolderSource;
  readonly #state: State;
  readonly #index: PolicyIndex;
  readonly #watch: FolderWatch;
  readonly #tokens: Tokens;
  readonly #identity: Part;
  readonly #controller: Part;
  readonly #fleet: ProxyFleet;
  /** By workload: where its proxy serves health and metrics. */
  readonly #admin = new Map<string, string>();
  /** By workload: why its proxy is not running. */
  readonly #down = new Map<string, string>();
  readonly #toldPlans = new Set<string>();
  /** After the opening table: from then on a proxy that starts is news. */
  #isOpen = false;
  #closing: Promise<void> | undefined;

  constructor(options: UpOptions, view: View, folder: FolderSource, state: State) {
    this.#options = options;
    this.#view = view;
    this.#folder = folder;
    this.#state = state;
    for (const repair of state.repairs) view.notice('warn', repair);
    this.#index = new PolicyIndex({
      ...defaultClusterConfig,
      clusterNetworks: options.clusterNetworks,
      defaultPolicy: options.defaultPolicy,
    });
    this.#watch = new FolderWatch(this.#index, view);
    const { objects, problems, stale, ignored, skipped } = folder.current;
    this.#watch.apply({ upserted: [...objects.values()], removed: [], problems, stale, fixed: [], skipped });
    this.#watch.tellIgnored(ignored);
    this.#tokens = new Tokens(state, resolve(options.stateDir), (error) =>
      view.notice('error', `the join tokens of the proxies cannot be renewed: ${String(error)}`),
    );

    const stateDir = resolve(options.stateDir);
    const clusterNetworks = options.clusterNetworks.map(formatNetwork).join(',');
    this.#identity = new Part({
      name: 'identity',
      readyEvent: 'identity.listening',
      address: formatHostPort(options.identityService),
      flag: '--identity-service',
      args: (address) => ['identity', `--state=${stateDir}`, `--listen=${address}`],
      view,
    });
    this.#controller = new Part({
      name: 'controller',
      readyEvent: 'controller.listening',
      address: formatHostPort(options.controller),
      flag: '--controller',
      args: (address) => [
        'controller',
        `--resources=${resolve(options.folder)}`,
        `--grpc-addr=${address}`,
        `--default-policy=${options.defaultPolicy}`,
        `--cluster-networks=${clusterNetworks}`,
      ],
      view,
    });
    this.#fleet = new ProxyFleet({
      stopGraceMs,
      args: (plan) =>
        proxyArguments(plan, {
          controller: this.#controller.address,
          identityService: this.#identity.address,
          tokenFile: this.#tokens.fileOf(plan),
          trustAnchors: resolve(stateDir, 'ca.crt'),
          clusterNetworks,
        }),
      onEvent: (plan, event) => this.#proxyEvent(plan, event),
      onStray: (plan, line) => tellStray(plan.name, line, view),
      onExit: (plan, exit, retryMs) => this.#proxyEnded(plan, exit, retryMs),
      onGone: (plan) => this.#proxyGone(plan),
    });
  }

  /** Resolves when all is up that can come up. @throws Failure when identity or controller cannot start */
  async start(): Promise<void> {
    for (const part of [this.#identity, this.#controller]) {
      const failure = await this.#patiently(part.name, part.failure());
      if (failure !== undefined) throw new Failure(failure);
    }
    // Heard from the beginning: what changes while the proxies start is theirs to know too.
    this.#folder.onChange((change) => this.#changed(change));
    await this.#patiently('the proxies', this.#reconcile());
    if (this.#closing !== undefined) return;
    if (this.#fleet.plans.length === 0) this.#view.notice('warn', noWorkloads);
    this.#isOpen = true;
    this.#view.banner(
      makeBanner({
        title: this.#options.title,
        folder: this.#options.folder,
        command: commandName('.'),
        stateDir: resolve(this.#options.stateDir),
        newCa: this.#state.isNew,
        trustDomain: this.#index.config.identityDomain,
        identityAddress: this.#identity.address,
        controllerAddress: this.#controller.address,
        problems: this.#folder.current.problems.length,
        plans: this.#fleet.plans,
        admin: this.#admin,
        down: new Set(this.#down.keys()),
        index: this.#index,
      }),
    );
  }

  /** Ends all processes, the proxies first, and resolves when they are gone. At any time, also while it starts. */
  async close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#folder.close();
      this.#tokens.close();
      await this.#fleet.stop();
      await Promise.all([this.#controller.stop(stopGraceMs), this.#identity.stop(stopGraceMs)]);
    })();
    return this.#closing;
  }

  #changed(change: FolderChange): void {
    this.#watch.apply(change);
    this.#watch.tellIgnored(this.#folder.current.ignored);
    this.#reconcile().catch((error: unknown) =>
      this.#view.notice('error', `the proxies could not follow the change: ${String(error)}`),
    );
  }

  async #reconcile(): Promise<void> {
    const workloads = this.#watch.workloads();
    for (const workload of workloads) await this.#tokens.ensure(workload);
    this.#tellPlanProblems(await this.#fleet.reconcile(workloads));
  }

  #proxyEvent(plan: ProxyPlan, event: ChildEvent): void {
    const { address } = event.fields;
    switch (event.event) {
      case 'decision':
        return this.#decision(plan, event);
      case 'admin.listening':
        if (typeof address === 'string') this.#admin.set(plan.name, address);
        return;
      case 'proxy.ready':
        if (this.#down.delete(plan.name) || this.#isOpen)
          this.#view.notice('info', `${plan.name}: its proxy is up now`);
        return;
      case 'fatal': {
        // Told once, not at each of the attempts that follow.
        const isNews = this.#down.get(plan.name) !== event.message;
        this.#down.set(plan.name, event.message);
        if (isNews) this.#view.notice('error', `${plan.name}: ${event.message}; trying again until it works`);
        return;
      }
      case 'controller.lost':
        // The controller ends the watch of a workload that is gone from the folder; its proxy ends in a moment.
        if (this.#index.get(`ExternalWorkload/${plan.key}`) === undefined) return;
        return tellEvent(plan.name, event, this.#view);
      case undefined:
      default:
        tellEvent(plan.name, event, this.#view);
    }
  }

  #proxyEnded(plan: ProxyPlan, exit: ChildExit, retryMs: number): void {
    this.#admin.delete(plan.name);
    if (!this.#down.has(plan.name)) tellExit(plan.name, exit, retryMs, this.#view);
  }

  #proxyGone({ name }: ProxyPlan): void {
    this.#admin.delete(name);
    this.#down.delete(name);
    this.#view.notice('info', `${name}: no workload asks for its proxy any more, so it has ended`);
  }

  #decision(plan: ProxyPlan, event: ChildEvent): void {
    const row = decisionRow(event, {
      plan,
      index: this.#index,
      nameOfIdentity: (identity) => this.#watch.nameOfIdentity(identity),
    });
    if (row !== undefined) this.#view.decision(row, this.#policyPlace(row.place));
  }

  /** Once for as long as it lasts. */
  #tellPlanProblems(problems: readonly PlanProblem[]): void {
    const now = new Set<string>();
    for (const { message, place } of problems) {
      const sentence = place === undefined ? message : `${relative('.', place.file)}:${place.line}  ${message}`;
      now.add(sentence);
      if (!this.#toldPlans.has(sentence)) this.#view.notice('error', sentence);
    }
    this.#toldPlans.clear();
    for (const sentence of now) this.#toldPlans.add(sentence);
  }

  /** Short, beside a heading that names the folder: `policies/voting.yaml:46`. */
  #policyPlace(place: SourcePlace | undefined): string {
    if (place === undefined) return '';
    return `${relative(dirname(resolve(this.#options.folder)), resolve(place.file))}:${place.line}`;
  }

  async #patiently<T>(what: string, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#view.notice('info', `still waiting for ${what}`), patienceMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }
}

const noWorkloads =
  'no workload asks for a proxy: give an ExternalWorkload the annotation `doorward.dev/app: PORT=HOST:PORT`, naming where its application listens';
