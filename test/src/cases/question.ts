/** From the rows of a case to clients, requests and targets. */
import type { Client, ClientTls, HttpRequest, InboundPolicy, Wanted } from '@doorward/core';
import type { WorkloadRef } from '@doorward/index';
import type { Case } from './corpus.js';
import type { ExpectedClient, RequestRow } from './format.js';

export interface CaseTarget {
  readonly text: string;
  readonly ref: WorkloadRef;
  readonly port: number;
}

const templateKinds: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  rs: 'replicaset',
  job: 'job',
  cj: 'cronjob',
};

/** Of a row, else of its case. */
export function targetOf({ name, expected }: Case, row: { readonly target?: string | undefined }): CaseTarget {
  const text = row.target ?? expected.target;
  if (text === undefined) throw new Error(`cases/${name}: a row lacks \`target\`, and so does the case`);
  const [, kind = 'pod', workload = '', namespace = expected.namespace, port = ''] =
    /^(?:([a-z]+)\/)?([^.:]+)(?:\.([^:]+))?:(\d+)$/.exec(text) ?? [];
  const template = templateKinds[kind];
  const ref: WorkloadRef =
    template !== undefined
      ? { namespace, kind: 'workload', name: `${template}/${workload}` }
      : { namespace, kind: kind === 'ew' ? 'external-workload' : 'pod', name: workload };
  return { text: `${kind}/${workload}.${namespace}:${port}`, ref, port: Number(port) };
}

export function clientOf({ name, expected }: Case, { client }: RequestRow): ExpectedClient {
  if (typeof client !== 'string') return client;
  const named = expected.clients[client];
  if (named === undefined) throw new Error(`cases/${name}: there is no client \`${client}\` under \`clients\``);
  return named;
}

function tlsOf({ identity, is }: ExpectedClient): ClientTls {
  if (identity !== undefined) {
    return { kind: 'established', identity: { kind: identity.includes('://') ? 'uri' : 'dns', name: identity } };
  }
  switch (is) {
    case 'mesh-without-identity':
      return { kind: 'established', identity: undefined };
    case 'passthru':
      return { kind: 'passthru', sni: 'elsewhere.example' };
    case 'none':
    case undefined:
      return { kind: 'none', reason: 'no-client-hello' };
  }
}

/** Without what the port's protocol lets nobody see. */
export const knownClient = (client: ExpectedClient): Client => ({ ip: client.ip, tls: tlsOf(client) });

/** No TLS is looked for on opaque ports, but for what comes by the direct path (docs/spec/data-plane.md §2.5, §4.1). */
export function seenClient(client: ExpectedClient, policy: InboundPolicy): Client {
  return policy.protocol.kind === 'opaque' && client.via !== 'direct'
    ? { ip: client.ip, tls: { kind: 'none', reason: 'port-skipped' } }
    : knownClient(client);
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** Absent for a connection. */
export function askedOf({ request, headers }: RequestRow): Asked | undefined {
  if (request === 'connection') return undefined;
  const space = request.indexOf(' ');
  return {
    method: request.slice(0, space),
    path: request.slice(space + 1),
    headers: Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((value) => [name.toLowerCase(), value] as const),
    ),
  };
}

const bytes = (text: string): string => Buffer.from(text).toString('latin1');

export function wantedOf(row: RequestRow, client: Client): Wanted {
  const asked = askedOf(row);
  if (asked === undefined) return { kind: 'connection' };
  const { method, path, headers } = asked;
  const mark = path.indexOf('?');
  // The proxy writes this header itself (docs/spec/data-plane.md §4.3).
  const identity = client.tls.kind === 'established' ? client.tls.identity?.name : undefined;
  const request: HttpRequest = {
    method,
    path: bytes(mark === -1 ? path : path.slice(0, mark)),
    query: mark === -1 ? undefined : bytes(path.slice(mark + 1)),
    authority: row.host,
    header: (name) =>
      name === 'l5d-client-id'
        ? identity === undefined
          ? []
          : [identity]
        : headers.filter(([other]) => other === name).map(([, value]) => bytes(value)),
  };
  return { kind: 'request', request };
}

/** `client → target request`, for messages. */
export function rowText(found: Case, row: RequestRow): string {
  const client = typeof row.client === 'string' ? row.client : (row.client.identity ?? row.client.is ?? 'plain');
  return `${client} → ${targetOf(found, row).text} ${row.request}`;
}
