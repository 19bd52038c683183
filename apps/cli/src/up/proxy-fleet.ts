/** The proxies of `doorward up`: one process for each workload that asks for one, kept in step with the folder. */
import type { ChildEvent, ChildExit } from './child.js';
import { findClashes, planProxy, type PlanProblem, type ProxyPlan } from './proxy-plan.js';
import type { ExternalWorkload } from '@doorward/resources';
import { Supervised } from './supervised.js';

export interface FleetOptions {
  /** The command line for a plan; asked anew at each start. */
  readonly args: (plan: ProxyPlan) => readonly string[];
  readonly onEvent: (plan: ProxyPlan, event: ChildEvent) => void;
  readonly onStray: (plan: ProxyPlan, line: string) => void;
  readonly onExit: (plan: ProxyPlan, exit: ChildExit, retryMs: number) => void;
  /** Its workload is gone, or asks for no proxy any more, and it has ended. */
  readonly onGone: (plan: ProxyPlan) => void;
  /** How long a proxy may finish open work when it is replaced or ended. */
  readonly stopGraceMs: number;
}

export class ProxyFleet {
  readonly #options: FleetOptions;
  readonly #proxies = new Map<string, { readonly plan: ProxyPlan; readonly process: Supervised }>();
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Those that run or are being started. */
  get plans(): readonly ProxyPlan[] {
    return [...this.#proxies.values()].map(({ plan }) => plan);
  }

  /**
   * Start what is new, replace what changed, end what is gone. Resolves when each new proxy has come up or failed to; a failed
   * one is tried again. The problems are those of all workloads together.
   */
  async reconcile(workloads: readonly ExternalWorkload[]): Promise<readonly PlanProblem[]> {
    const results = workloads.map((workload) => planProxy(workload));
    const plans = results.flatMap(({ plan }) => plan ?? []);
    const problems = [...results.flatMap((result) => result.problems), ...findClashes(plans)];
    const done = this.#work.then(async () => this.#apply(plans));
    // The next reconciliation waits for this one even if it failed; its own caller hears of the failure.
    this.#work = done.catch(() => {});
    await done;
    return problems;
  }

  /** Ends all of them; also those that are just being started, for whose start nobody waits then. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#proxies.values()].map(async ({ process }) => process.stop(this.#options.stopGraceMs)));
    await this.#work;
  }

  async #apply(plans: readonly ProxyPlan[]): Promise<void> {
    const wanted = new Map(plans.map((plan) => [plan.key, plan]));
    const ended = [...this.#proxies].filter(([key, { plan }]) => !samePlan(plan, wanted.get(key)));
    // An address can be listened on again only when its old holder has let go of it.
    await Promise.all(
      ended.map(async ([key, { plan, process }]) => {
        this.#proxies.delete(key);
        await process.stop(this.#options.stopGraceMs);
        if (!wanted.has(key) && !this.#stopped) this.#options.onGone(plan);
      }),
    );
    if (this.#stopped) return;
    const started = plans.filter(({ key }) => !this.#proxies.has(key)).map((plan) => this.#start(plan));
    await Promise.all(started.map(async (process) => process.started));
  }

  #start(plan: ProxyPlan): Supervised {
    const { args, onEvent, onStray, onExit } = this.#options;
    const process = new Supervised({
      name: plan.name,
      args: () => args(plan),
      readyEvent: 'proxy.ready',
      onEvent: (event) => onEvent(plan, event),
      onStray: (line) => onStray(plan, line),
      onExit: (exit, retryMs) => onExit(plan, exit, retryMs),
    });
    this.#proxies.set(plan.key, { plan, process });
    return process;
  }
}

/** Where the workload stands in its file does not matter to its proxy. */
function samePlan(a: ProxyPlan, b: ProxyPlan | undefined): boolean {
  const comparable = (plan: ProxyPlan): string => JSON.stringify({ ...plan, place: undefined });
  return b !== undefined && comparable(a) === comparable(b);
}
