/**
 * What proxy an ExternalWorkload asks for. The addresses to listen on are the workload's own IPs and ports; where the application
 * really is, and which mesh addresses the workload wants to dial, stand in two annotations of ours.
 */
import { formatWorkloadToken } from '@doorward/wire';
import type { OutboundPort } from '@doorward/proxy';
import type { ContainerPort, ExternalWorkload, SourcePlace } from '@doorward/resources';
import { formatHostPort, parseHostPort, type HostPort } from '@doorward/telemetry/host-port';
import { parseOutbound } from '../options/outbound.js';

/** `http=127.0.0.1:18080,9990=127.0.0.1:18083`: port name or number = where the application listens. */
export const appAnnotation = 'doorward.dev/app';
/** `LISTEN=HOST:PORT,identity=SERVERNAME`, several separated by `;`. */
export const outboundAnnotation = 'doorward.dev/outbound';

export interface InboundPlan {
  readonly listen: HostPort;
  readonly app: HostPort;
  /** As the workload declares it, for people. */
  readonly portName: string | undefined;
}

export interface ProxyPlan {
  readonly namespace: string;
  readonly name: string;
  /** `NAMESPACE/NAME` */
  readonly key: string;
  readonly identity: string;
  /** What the proxy tells the controller. */
  readonly token: string;
  readonly inbound: readonly InboundPlan[];
  readonly outbound: readonly OutboundPort[];
  readonly place: SourcePlace | undefined;
}

/** A sentence for the person who wrote the workload, and where that is. */
export interface PlanProblem {
  readonly message: string;
  readonly place: SourcePlace | undefined;
}

/** `plan` is absent when the workload asks for no proxy, or when it asks for one that cannot be. */
export interface PlanResult {
  readonly plan: ProxyPlan | undefined;
  readonly problems: readonly PlanProblem[];
}

export function planProxy(workload: ExternalWorkload): PlanResult {
  const { metadata, spec, place } = workload;
  const { [appAnnotation]: apps, [outboundAnnotation]: outbounds } = metadata.annotations;
  if (apps === undefined && outbounds === undefined) return { plan: undefined, problems: [] };
  const problems: PlanProblem[] = [];
  const report = (message: string): void => {
    problems.push({ message: `${metadata.name}: ${message}`, place });
  };
  const inbound = planInbound(apps ?? '', workload, report);
  const outbound = planOutbound(outbounds ?? '', report);
  if (spec.meshTLS.serverName !== spec.meshTLS.identity) {
    report(
      `\`serverName\` differs from \`identity\`; an identity that is no DNS name of its own is not supported yet, so give both the same name`,
    );
  }
  const plan: ProxyPlan = {
    namespace: metadata.namespace,
    name: metadata.name,
    key: `${metadata.namespace}/${metadata.name}`,
    identity: spec.meshTLS.identity,
    token: formatWorkloadToken({ namespace: metadata.namespace, kind: 'external-workload', name: metadata.name }),
    inbound,
    outbound,
    place,
  };
  // Half a workload behind a proxy is a door left open or a mystery: all of it, or none with the reason.
  return problems.length > 0 ? { plan: undefined, problems } : { plan, problems };
}

function planInbound(annotation: string, { spec }: ExternalWorkload, report: (message: string) => void): InboundPlan[] {
  const apps = new Map<ContainerPort, HostPort>();
  for (const item of items(annotation, ',')) {
    const [name = '', address = '', ...rest] = item.split('=').map((part) => part.trim());
    const app = parseHostPort(address);
    if (name === '' || app === undefined || rest.length > 0) {
      report(`\`${item}\` in \`${appAnnotation}\` is not PORT=HOST:PORT, such as http=127.0.0.1:18080`);
      continue;
    }
    const port = spec.ports.find((declared) => declared.name === name || String(declared.port) === name);
    if (port === undefined) {
      const declared = spec.ports.map((known) => known.name ?? String(known.port)).join(', ') || 'none';
      report(
        `\`${appAnnotation}\` names the port \`${name}\`, which \`spec.ports\` does not declare (declared: ${declared})`,
      );
      continue;
    }
    apps.set(port, app);
  }
  for (const port of spec.ports) {
    if (!apps.has(port)) {
      const name = port.name ?? String(port.port);
      report(
        `the port \`${name}\` has no application: add \`${name}=HOST:PORT\` to the annotation \`${appAnnotation}\``,
      );
    }
  }
  if (apps.size > 0 && spec.workloadIPs.length === 0)
    report('`spec.workloadIPs` is empty, so there is no address to listen on');
  return spec.workloadIPs.flatMap((host) =>
    [...apps].map(([port, app]) => ({ listen: { host, port: port.port }, app, portName: port.name })),
  );
}

function planOutbound(annotation: string, report: (message: string) => void): OutboundPort[] {
  return items(annotation, ';').flatMap((item) => {
    const parsed = parseOutbound(item);
    if (parsed === undefined) {
      report(`\`${item}\` in \`${outboundAnnotation}\` is not LISTEN=HOST:PORT,identity=SERVERNAME`);
    }
    return parsed ?? [];
  });
}

function items(annotation: string, separator: string): string[] {
  return annotation
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Addresses that two plans want: the second of them cannot start. */
export function findClashes(plans: readonly ProxyPlan[]): PlanProblem[] {
  const owners = new Map<string, ProxyPlan>();
  const problems: PlanProblem[] = [];
  for (const plan of plans) {
    for (const { listen } of [...plan.inbound, ...plan.outbound]) {
      const address = formatHostPort(listen);
      const owner = owners.get(address);
      if (owner === undefined) {
        owners.set(address, plan);
      } else {
        problems.push({
          message: `${plan.name} and ${owner.name} both want to listen on ${address}; give one of them another address`,
          place: plan.place,
        });
      }
    }
  }
  return problems;
}

/** What the command line of the proxy gets to hear. */
export function proxyArguments(
  plan: ProxyPlan,
  to: {
    readonly controller: string;
    readonly identityService: string;
    readonly tokenFile: string;
    readonly trustAnchors: string;
    readonly clusterNetworks: string;
  },
): string[] {
  return [
    'proxy',
    `--workload=${plan.token}`,
    `--identity=${plan.identity}`,
    `--controller=${to.controller}`,
    `--identity-service=${to.identityService}`,
    `--token-file=${to.tokenFile}`,
    `--trust-anchors=${to.trustAnchors}`,
    `--cluster-networks=${to.clusterNetworks}`,
    // Several proxies share this machine, so each takes a port that is free and says which.
    '--admin=127.0.0.1:0',
    '--log-decisions',
    ...plan.inbound.map(({ listen, app }) => `--inbound=${formatHostPort(listen)}=${formatHostPort(app)}`),
    ...plan.outbound.map(
      ({ listen, target, serverName }) =>
        `--outbound=${formatHostPort(listen)}=${formatHostPort(target)},identity=${serverName}`,
    ),
  ];
}
