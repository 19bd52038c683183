/** A decision that a proxy logged, in words for people: names instead of identities, files and lines instead of objects' keys. */
import type { Origin } from '@doorward/core';
import type { PolicyIndex } from '@doorward/index';
import type { SourcePlace } from '@doorward/resources';
import { isRecord, type ChildEvent } from './child.js';
import { defaultText, effectiveDefault } from './effective-default.js';
import type { ProxyPlan } from './proxy-plan.js';

export interface DecisionRow {
  /** ISO 8601. */
  readonly time: string;
  readonly client: string;
  readonly target: string;
  readonly request: string;
  readonly verdict: 'allowed' | 'audited' | 'denied' | 'rate-limited' | 'terminated';
  /** What decided, or for a denial why and what came closest. */
  readonly rule: string;
  /** Where the deciding object stands, if it comes from a file. */
  readonly place: SourcePlace | undefined;
}

export interface RowContext {
  readonly plan: ProxyPlan;
  readonly index: PolicyIndex;
  /** The workload that an identity belongs to. */
  readonly nameOfIdentity: (identity: string) => string | undefined;
}

/** `undefined` when the event is not a decision in a form we know. */
export function decisionRow({ fields }: ChildEvent, context: RowContext): DecisionRow | undefined {
  const verdict = verdictOf(fields);
  const client = record(fields['client']);
  const port = fields['port'];
  if (verdict === undefined || client === undefined || typeof port !== 'number') return undefined;
  const decider = deciderOf(fields, verdict, context, port);
  return {
    time: text(fields['time']),
    client: clientName(client, context),
    target: targetName(context.plan, port),
    request: requestText(fields['request']),
    verdict,
    ...decider,
  };
}

function verdictOf(fields: ChildEvent['fields']): DecisionRow['verdict'] | undefined {
  switch (fields['verdict']) {
    case 'allowed':
      return fields['audit'] === true ? 'audited' : 'allowed';
    case 'denied':
    case 'rate-limited':
    case 'terminated':
      return fields['verdict'];
    default:
      return undefined;
  }
}

function clientName(client: Readonly<Record<string, unknown>>, { nameOfIdentity }: RowContext): string {
  const { identity } = client;
  if (typeof identity === 'string') return nameOfIdentity(identity) ?? shortIdentity(identity);
  return `${client['tls'] === 'established' ? 'nameless' : 'unmeshed'} ${text(client['ip'])}`;
}

/** `web.emojivoto` of a service account's identity; others in full. */
function shortIdentity(identity: string): string {
  const [account, namespace, kind] = identity.split('.');
  return kind === 'serviceaccount' ? `${account}.${namespace}` : identity;
}

function targetName(plan: ProxyPlan, port: number): string {
  const numbers = new Set(plan.inbound.map(({ listen }) => listen.port));
  if (numbers.size <= 1) return plan.name;
  const name = plan.inbound.find(({ listen }) => listen.port === port)?.portName;
  return `${plan.name}:${name ?? port}`;
}

function requestText(request: unknown): string {
  if (typeof request !== 'string') return 'connection';
  // A gRPC method reads best as SERVICE/METHOD: its package is the same all over, its verb always POST.
  const rpc = /^POST \/(?:[a-z0-9_]+\.)+([A-Z][A-Za-z0-9]*\/[A-Za-z0-9]+)$/.exec(request);
  return rpc?.[1] ?? request;
}

function deciderOf(
  fields: ChildEvent['fields'],
  verdict: DecisionRow['verdict'],
  context: RowContext,
  port: number,
): { rule: string; place: SourcePlace | undefined } {
  const server = originOf(fields['server']);
  const placeOf = (origin: Origin | undefined): SourcePlace | undefined =>
    origin === undefined ? undefined : context.index.objectOf(context.plan.namespace, origin)?.place;
  if (verdict === 'allowed' || verdict === 'audited' || verdict === 'rate-limited') {
    const authorization = originOf(fields['authz']);
    const rule = verdict === 'rate-limited' ? text(fields['reason']) : originName(authorization, context, port);
    return { rule, place: placeOf(authorization) ?? placeOf(server) };
  }
  const closest = record(fields['closest']);
  const closestOrigin = originOf(closest);
  const why = denialReason(text(fields['reason']), closest);
  if (closestOrigin === undefined) {
    const what =
      server?.kind === 'default' ? originName(server, context, port) : `${why}: ${originName(server, context, port)}`;
    return { rule: what, place: placeOf(server) };
  }
  return { rule: `${why} (closest: ${closestOrigin.name})`, place: placeOf(closestOrigin) ?? placeOf(server) };
}

/** In the words of the person who looks at a denied request. */
function denialReason(reason: string, closest: Readonly<Record<string, unknown>> | undefined): string {
  switch (reason) {
    case 'no-route':
      return 'no route matches';
    case 'not-http':
      return 'the port is not HTTP';
    case 'http-only':
      return 'the port takes HTTP only';
    default:
      break;
  }
  if (closest === undefined) return 'no policy permits anyone';
  const network = typeof closest['network'] === 'string';
  switch (closest['identity']) {
    case 'not-meshed':
      return 'not a mesh client';
    case 'no-identity':
      return 'its certificate names nobody';
    case 'other-identity':
      return network ? 'wrong identity and address' : 'wrong identity';
    default:
      return network ? 'wrong address' : 'no policy permits it';
  }
}

function originName(origin: Origin | undefined, { plan, index }: RowContext, port: number): string {
  if (origin === undefined) return '';
  if (origin.kind === 'resource') return origin.name;
  const workload = { namespace: plan.namespace, kind: 'external-workload', name: plan.name } as const;
  const selected = index.explainServers(workload, port).length > 0;
  // A default policy on a port that no Server selects: say who set it, for that is where it can be changed.
  const effective = selected ? undefined : effectiveDefault(index, plan);
  return effective?.policy === origin.name ? defaultText(effective) : `default: ${origin.name}`;
}

/** Labels are all in lower case; the index looks objects up by the wire's spelling. */
function originOf(value: unknown): Origin | undefined {
  const fields = record(value);
  if (fields === undefined) return undefined;
  const { group, kind, name } = fields;
  if (typeof group !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return undefined;
  return kind === 'default'
    ? { kind: 'default', name }
    : { kind: 'resource', group, resourceKind: wireKinds.get(kind) ?? kind, name };
}

const wireKinds = new Map(['HTTPRoute', 'GRPCRoute'].map((kind) => [kind.toLowerCase(), kind]));

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
