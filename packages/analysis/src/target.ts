/** TARGET: a port of a workload. */
import type { PolicyIndex, WorkloadListing } from '@doorward/index';
import { didYouMean, shown, type ContainerPort } from '@doorward/resources';
import { failed, found, listed, type Resolved } from './resolved.js';
import { displayName, resolveWorkload } from './workload-name.js';

export interface Target {
  readonly workload: WorkloadListing;
  /** `deploy/web` */
  readonly name: string;
  /** 1…65535. A policy holds on every port, declared or not. */
  readonly port: number;
  /** Of the declared port of that number. */
  readonly portName: string | undefined;
  readonly isDeclared: boolean;
}

/**
 * `voting:8080`, `voting:grpc`, `deploy/web:8080`, `pod/x:http`, `ew/voting:8080`, `web.shop:http`; without a port where the
 * workload has only one. Without a namespace the name has to be the only one of all namespaces.
 */
export function resolveTarget(
  index: PolicyIndex,
  text: string,
  options: { readonly namespace?: string | undefined } = {},
): Resolved<Target> {
  const colon = text.lastIndexOf(':');
  const workload = resolveWorkload(index, colon === -1 ? text : text.slice(0, colon), options.namespace);
  if (workload.kind === 'failed') return workload;
  return resolvePort(workload.value, colon === -1 ? undefined : text.slice(colon + 1));
}

function resolvePort(workload: WorkloadListing, text: string | undefined): Resolved<Target> {
  const name = displayName(workload);
  const ports = workload.ports.filter(({ protocol }) => protocol.toUpperCase() === 'TCP');
  const at = (port: number): Resolved<Target> => {
    const declared = ports.find((candidate) => candidate.port === port);
    return found({ workload, name, port, portName: declared?.name, isDeclared: declared !== undefined });
  };
  const has = ports.length === 0 ? 'it declares no TCP ports' : `its ports are ${listed(ports.map(portText))}`;
  if (text === undefined || text === '') {
    const [only, ...others] = ports;
    if (only !== undefined && others.length === 0) return at(only.port);
    return failed(`${shown(name)} lacks a port: write \`${name}:PORT\`; ${has}`);
  }
  if (/^[0-9]+$/.test(text)) {
    const port = Number(text);
    return port >= 1 && port <= 65_535 ? at(port) : failed(`${shown(text)} is no port: ports are 1 to 65535`);
  }
  const numbers = [...new Set(ports.filter((port) => port.name === text).map(({ port }) => port))];
  const [number, ...others] = numbers;
  if (number === undefined) {
    const guess = didYouMean(
      text,
      ports.flatMap(({ name }) => name ?? []),
    );
    return failed(`${name} has no port named ${shown(text)}; ${guess === undefined ? '' : `${guess} `}${has}`);
  }
  if (others.length > 0)
    return failed(`port ${shown(text)} of ${name} is ${numbers.join(' and ')}: choose one by its number`);
  return at(number);
}

function portText({ name, port }: ContainerPort): string {
  return name === undefined ? String(port) : `${name} (${port})`;
}
