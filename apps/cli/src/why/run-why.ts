/** `doorward why`: reads policies, asks, and prints the explanation. */
import { explain, howToPermit, resolveClient, resolveTarget, type Asked, type Resolved } from '@doorward/analysis';
import { allNetworks, type IpAddress } from '@doorward/core';
import { defaultClusterConfig, PolicyIndex, type ClusterConfig } from '@doorward/index';
import { formatProblem } from '@doorward/resources';
import { localClusterNetworks } from '../cluster-defaults.js';
import { exitCode } from '../exit-code.js';
import { Failure } from '../failure.js';
import { explanationJson } from './explanation-json.js';
import { explanationText } from './explanation-text.js';
import { readPolicies } from './read-policies.js';

export interface WhyOptions {
  readonly client: string;
  readonly target: string;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly files: readonly string[];
  readonly namespace: string | undefined;
  readonly ip: IpAddress | undefined;
  readonly host: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly output: 'text' | 'json';
  readonly cluster: Partial<ClusterConfig>;
}

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Sets the exit status of the process; does not end it. */
  readonly exit: (code: number) => void;
  readonly colors: Colors;
  readonly errColors: boolean;
  /** What paths are shown relative to. */
  readonly directory: string;
}

export type Colors = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>;

/** The exit code. Rejects with a {@link Failure} when the question cannot be answered. */
export async function runWhy(options: WhyOptions, terminal: Terminal): Promise<number> {
  const { objects, problems, skipped } = await readPolicies(options.files, terminal.directory);
  for (const problem of problems) terminal.err(`${formatProblem(problem, { color: terminal.errColors })}\n\n`);
  if (problems.some(({ severity }) => severity !== 'note')) {
    terminal.err('The answer is without the objects that could not be read.\n\n');
  }
  if (skipped.length > 0) terminal.err(`Not Kubernetes objects, and skipped: ${skipped.join(', ')}\n\n`);
  // Files say what holds in a cluster: the kubelet may probe from anywhere, as in Linkerd's installation.
  const index = new PolicyIndex({
    ...defaultClusterConfig,
    clusterNetworks: localClusterNetworks,
    probeNetworks: allNetworks,
    inheritNamespaceAnnotations: true,
    ...options.cluster,
  });
  index.applyAll({ upserted: objects, removed: [] });
  const { namespace } = options;
  const target = orFail(resolveTarget(index, options.target, { namespace }));
  const near = target.workload.ref.namespace;
  const client = orFail(resolveClient(index, options.client, { namespace, ip: options.ip, near }));
  const explanation = explain(index, client, target, askedOf(options));
  const addition = howToPermit(index, explanation);
  terminal.out(
    options.output === 'json'
      ? `${JSON.stringify(explanationJson(explanation, addition, problems), undefined, 2)}\n`
      : explanationText(explanation, addition, index.config, terminal.colors),
  );
  return explanation.decision.verdict === 'allowed' ? exitCode.yes : exitCode.no;
}

function orFail<T>(resolved: Resolved<T>): T {
  if (resolved.kind === 'failed') throw new Failure(resolved.message);
  return resolved.value;
}

/** Nothing in particular when neither method nor path nor anything else of a request is given. */
function askedOf({ method, path, host, headers }: WhyOptions): Asked | undefined {
  if (method === undefined && path === undefined && host === undefined && headers.length === 0) return undefined;
  return { method, path, host, headers };
}
