/** How a proxy names its workload to the controller (docs/spec/control-plane.md §5.2). */

export interface WorkloadToken {
  readonly namespace: string;
  readonly kind: 'pod' | 'external-workload';
  readonly name: string;
}

/** `undefined` when the text names no workload. Names are not checked: an unknown one is simply not found. */
export function parseWorkloadToken(token: string): WorkloadToken | undefined {
  if (token.startsWith('{')) return parseJsonToken(token);
  const colon = token.indexOf(':');
  const namespace = token.slice(0, Math.max(colon, 0));
  const name = token.slice(colon + 1);
  return namespace === '' || name === '' ? undefined : { namespace, kind: 'pod', name };
}

/** The JSON form, which both kinds have. */
export function formatWorkloadToken({ namespace, kind, name }: WorkloadToken): string {
  return JSON.stringify(kind === 'pod' ? { ns: namespace, pod: name } : { ns: namespace, external_workload: name });
}

function parseJsonToken(token: string): WorkloadToken | undefined {
  let value: unknown;
  try {
    value = JSON.parse(token);
  } catch {
    // Not JSON: the caller answers that the token is no token, with its text.
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  let namespace: string | undefined;
  let workload: Pick<WorkloadToken, 'kind' | 'name'> | undefined;
  for (const [key, entry] of Object.entries(value)) {
    if (key === 'ns') {
      if (typeof entry !== 'string') return undefined;
      namespace = entry;
    } else if ((key === 'pod' || key === 'external_workload') && workload === undefined) {
      // If both are there the first decides.
      if (typeof entry !== 'string') return undefined;
      workload = { kind: key === 'pod' ? 'pod' : 'external-workload', name: entry };
    }
  }
  return namespace === undefined || workload === undefined ? undefined : { namespace, ...workload };
}
