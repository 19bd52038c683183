import { formatHostPort } from '@doorward/telemetry/host-port';
import type { PolicyIndex } from '@doorward/index';
import { relative } from 'node:path';
import { defaultText, effectiveDefault } from './effective-default.js';
import type { InboundPlan, ProxyPlan } from './proxy-plan.js';
import type { Banner, BannerLine } from './view.js';

export interface BannerFacts {
  readonly title: string;
  readonly folder: string;
  /** How one calls our command here. */
  readonly command: string;
  readonly stateDir: string;
  readonly newCa: boolean;
  readonly trustDomain: string;
  readonly identityAddress: string;
  readonly controllerAddress: string;
  readonly problems: number;
  readonly plans: readonly ProxyPlan[];
  /** By workload: where its proxy serves health and metrics. */
  readonly admin: ReadonlyMap<string, string>;
  /** Workloads whose proxy is not running; why was told when it failed. */
  readonly down: ReadonlySet<string>;
  readonly index: PolicyIndex;
}

export function makeBanner(facts: BannerFacts): Banner {
  const { plans, index, folder } = facts;
  const where = relative(process.cwd(), folder) || '.';
  const count = (kinds: readonly string[]): number =>
    [...index.objects()].filter(({ kind }) => kinds.includes(kind)).length;
  const counts = [
    plural(plans.length, 'workload'),
    plural(count(['Server']), 'Server'),
    plural(count(['AuthorizationPolicy', 'ServerAuthorization']), 'policy', 'policies'),
    plural(facts.problems, 'problem'),
  ].join(' · ');
  return {
    title: `${facts.title} · ${plural(plans.length, 'proxy', 'proxies')} · policies in ${where}`,
    lines: [
      {
        name: 'identity',
        address: facts.identityAddress,
        about: `${facts.newCa ? 'new CA' : 'CA'} root.linkerd.${facts.trustDomain} in ${relative(process.cwd(), facts.stateDir) || '.'}`,
      },
      { name: 'controller', address: facts.controllerAddress, about: counts },
      ...plans.flatMap((plan) => proxyLines(plan, index, facts.down.has(plan.name))),
      ...metricsLine(facts.admin),
    ],
    tries: tries(plans, index, where, facts.command),
  };
}

function proxyLines(plan: ProxyPlan, index: PolicyIndex, down: boolean): BannerLine[] {
  const notRunning = 'not running: see above';
  if (plan.inbound.length === 0) return [{ name: plan.name, address: 'outbound only', about: down ? notRunning : '' }];
  return plan.inbound.map((port) => ({
    name: portLabel(plan, port),
    address: `${formatHostPort(port.listen)} → ${formatHostPort(port.app)}`,
    about: down ? notRunning : policyLabel(plan, port, index),
  }));
}

/** On one line: of interest now and then, and each is found by its workload's name. */
function metricsLine(admin: ReadonlyMap<string, string>): BannerLine[] {
  if (admin.size === 0) return [];
  const each = [...admin].map(([name, address]) => `${name} ${address}`).toSorted((a, b) => a.localeCompare(b));
  return [{ name: 'metrics', address: 'http://…/metrics', about: each.join(' · ') }];
}

function portLabel(plan: ProxyPlan, port: InboundPlan): string {
  return plan.inbound.length === 1 ? plan.name : `${plan.name}:${port.portName ?? port.listen.port}`;
}

function policyLabel(plan: ProxyPlan, port: InboundPlan, index: PolicyIndex): string {
  const ref = { namespace: plan.namespace, kind: 'external-workload', name: plan.name } as const;
  const [server] = index.explainServers(ref, port.listen.port);
  if (server !== undefined) return `${server.spec.proxyProtocol}  ${server.metadata.name}`;
  const effective = effectiveDefault(index, plan);
  return effective === undefined ? '' : defaultText(effective);
}

/** What a newcomer can do next, made of what is really there. */
function tries(plans: readonly ProxyPlan[], index: PolicyIndex, folder: string, command: string): string[] {
  const lines: string[] = [];
  const ports = plans.flatMap((plan) => plan.inbound.map((port) => ({ plan, port })));
  const client = plans.find((plan) => plan.inbound.length === 0) ?? plans[0];
  // The port that shows most: one that refuses an unmeshed client with an answer, so HTTP/1 or detection.
  const speaksHttp1 = ports.filter(({ plan, port }) => {
    const kind = policyOf(index, plan, port)?.protocol.kind;
    return kind === 'http1' || kind === 'detect';
  });
  const denied =
    speaksHttp1.find(({ plan, port }) => policyOf(index, plan, port)?.authorizations.length === 0) ?? speaksHttp1[0];
  if (denied !== undefined) {
    lines.push(`curl -i http://${formatHostPort(denied.port.listen)}/     and watch the line that explains the answer`);
  }
  const guarded =
    ports.find(
      ({ plan, port }) =>
        plan !== client &&
        (policyOf(index, plan, port)?.authorizations ?? []).some(
          (a) => a.authentication.kind === 'mesh-tls' && a.authentication.identities.some((i) => i.kind === 'exact'),
        ),
    ) ?? ports[0];
  if (guarded !== undefined && client !== undefined) {
    lines.push(`${command} why ${client.name} ${guarded.plan.name}:${guarded.port.listen.port} -f ${folder}`);
  }
  const place = guarded?.plan.place;
  if (place !== undefined) {
    lines.push(`edit ${relative(process.cwd(), place.file)} and watch the next line change     Ctrl-C ends everything`);
  }
  return lines;
}

function policyOf(index: PolicyIndex, plan: ProxyPlan, port: InboundPlan): ReturnType<PolicyIndex['policyOf']> {
  return index.policyOf({ namespace: plan.namespace, kind: 'external-workload', name: plan.name }, port.listen.port);
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
