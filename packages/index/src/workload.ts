/** What has ports and gets a policy: pods, external workloads, and the pod templates of Deployments and their kin. */
import type { DefaultPolicyName } from '@doorward/core';
import type { ContainerPort, ExternalWorkload, Pod, PodSpec, SourcePlace, Workload } from '@doorward/resources';
import { byText } from './order.js';
import { probePath } from './probe-path.js';

export type WorkloadObject = Pod | ExternalWorkload | Workload;

export interface WorkloadRef {
  readonly namespace: string;
  /** `workload`: a pod template, which stands for any pod made from it. No proxy can ask for one. */
  readonly kind: 'pod' | 'external-workload' | 'workload';
  /** Of a template with its kind in front: `deployment/web`. */
  readonly name: string;
}

/** A workload as others see it. */
export interface WorkloadListing {
  readonly ref: WorkloadRef;
  readonly object: WorkloadObject;
  /** Of the pod, so of the template where there is one. */
  readonly labels: Readonly<Record<string, string>>;
  /** Declared ports by number; what a Server's port name means here stands in `name`. */
  readonly ports: readonly ContainerPort[];
  readonly place: SourcePlace | undefined;
  readonly defaultPolicy: EffectiveDefault;
  /** Annotations that say nothing we can obey, and are ignored. */
  readonly notes: readonly WorkloadNote[];
}

/** The policy of ports that no Server selects, and who set it. */
export interface EffectiveDefault {
  readonly policy: DefaultPolicyName;
  readonly from: 'workload' | 'namespace' | 'cluster';
}

export type WorkloadNote =
  /** `config.linkerd.io/default-inbound-policy` has a value that is no policy: the cluster's default is in force. */
  | { readonly kind: 'unknown-default-policy'; readonly value: string }
  /** An item of a list of ports that is no port and not the name of one. */
  | { readonly kind: 'unknown-port'; readonly annotation: string; readonly item: string };

/** Read once from the object when it is applied. */
export interface WorkloadFacts {
  readonly ref: WorkloadRef;
  readonly object: WorkloadObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selects: 'pods' | 'external-workloads';
  readonly ports: readonly ContainerPort[];
  /** The numbers that a port's name means to a Server. */
  readonly named: ReadonlyMap<string, readonly number[]>;
  /** By port: the paths that the kubelet asks for, sorted, each once. */
  readonly probes: ReadonlyMap<number, readonly string[]>;
}

export function workloadRef(object: WorkloadObject): WorkloadRef {
  const { namespace, name } = object.metadata;
  switch (object.kind) {
    case 'Pod':
      return { namespace, kind: 'pod', name };
    case 'ExternalWorkload':
      return { namespace, kind: 'external-workload', name };
    case 'Workload':
      return { namespace, kind: 'workload', name: `${object.spec.workloadKind.toLowerCase()}/${name}` };
  }
}

export function workloadFacts(object: WorkloadObject): WorkloadFacts {
  const ref = workloadRef(object);
  switch (object.kind) {
    case 'Pod': {
      const { labels, annotations } = object.metadata;
      return { ref, object, labels, annotations, selects: 'pods', ...podFacts(object.spec) };
    }
    case 'Workload': {
      const { labels, annotations, spec } = object.spec.template;
      return { ref, object, labels, annotations, selects: 'pods', ...podFacts(spec) };
    }
    case 'ExternalWorkload': {
      const { labels, annotations } = object.metadata;
      const ports = object.spec.ports.filter(isTcp);
      // One number a name, the last one written (docs/spec/control-plane.md §3).
      const named = new Map(ports.flatMap(({ name, port }) => (name === undefined ? [] : [[name, [port]] as const])));
      const facts = { ref, object, labels, annotations, named, probes: new Map<number, string[]>() };
      return { ...facts, selects: 'external-workloads', ports: object.spec.ports };
    }
  }
}

function podFacts(spec: PodSpec): Pick<WorkloadFacts, 'ports' | 'named' | 'probes'> {
  const ports = spec.containers.flatMap((container) => container.ports);
  const named = new Map<string, number[]>();
  for (const { name, port } of ports.filter(isTcp)) {
    if (name === undefined) continue;
    const numbers = named.get(name);
    if (numbers === undefined) named.set(name, [port]);
    else if (!numbers.includes(port)) numbers.push(port);
  }
  return { ports, named, probes: probePaths(spec) };
}

/** docs/spec/control-plane.md §4.7: a probe's port name is looked up in its own container only, whatever its case. */
function probePaths(spec: PodSpec): Map<number, string[]> {
  const paths = new Map<number, Set<string>>();
  for (const container of spec.containers) {
    for (const probe of container.httpProbes) {
      const wanted = probe.port;
      const port =
        typeof wanted === 'number'
          ? wanted
          : container.ports.find((p) => isTcp(p) && p.name?.toLowerCase() === wanted.toLowerCase())?.port;
      const path = probePath(probe.path);
      if (port === undefined || port < 1 || port > 65_535 || path === undefined) continue;
      const known = paths.get(port);
      if (known === undefined) paths.set(port, new Set([path]));
      else known.add(path);
    }
  }
  return new Map([...paths].map(([port, set]) => [port, [...set].sort(byText)]));
}

const isTcp = (port: ContainerPort): boolean => port.protocol.toUpperCase() === 'TCP';
