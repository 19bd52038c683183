import { annotationDurationFault } from './duration.js';
import type { Issues } from './issue.js';

const grpcConditions = new Set(['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable']);
const durations = [
  'retry.linkerd.io/timeout',
  'timeout.linkerd.io/request',
  'timeout.linkerd.io/response',
  'timeout.linkerd.io/idle',
];

/**
 * Annotations of outbound policy that the webhook checks on routes of a Service or EgressNetwork
 * (docs/spec/control-plane.md §2.2). Inbound policy does not read them.
 */
export function checkRetryAnnotations(
  annotations: Readonly<Record<string, string>>,
  protocol: 'http' | 'grpc',
  issues: Issues,
): void {
  const check = (name: string, fault: (value: string) => string | undefined): void => {
    const value = annotations[name];
    const message = value === undefined ? undefined : fault(value);
    if (message !== undefined) issues.rule('DW0713', ['metadata', 'annotations', name], message);
  };
  check('retry.linkerd.io/limit', (value) =>
    /^\+?\d+$/.test(value) && Number(value) <= 65_535 ? undefined : `invalid retry limit: ${value}`,
  );
  check(`retry.linkerd.io/${protocol}`, protocol === 'http' ? httpFault : grpcFault);
  for (const name of durations) check(name, annotationDurationFault);
}

const statusCode = /^[1-5]\d\d$/;

function httpFault(value: string): string | undefined {
  const isGood = value.split(',').every((condition) => {
    if (['5xx', 'gateway-error'].includes(condition.toLowerCase()) || statusCode.test(condition)) return true;
    const [first = '', last = '', ...rest] = condition.split('-');
    return rest.length === 0 && statusCode.test(first) && statusCode.test(last) && first <= last;
  });
  return isGood ? undefined : `invalid retry condition: ${value}`;
}

function grpcFault(value: string): string | undefined {
  const unknown = value.split(',').find((condition) => !grpcConditions.has(condition.toLowerCase()));
  return unknown === undefined ? undefined : `Unknown grpc retry condition: ${unknown}`;
}
