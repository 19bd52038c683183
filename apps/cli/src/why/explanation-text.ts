/** An explanation for a terminal: the verdict, then who had a part in it, one row each. */
import { shortIdentity, type Addition, type Explanation, type Part } from '@doorward/analysis';
import { formatIp } from '@doorward/core';
import type { ClusterConfig } from '@doorward/index';
import type { Colors } from './run-why.js';
import { layOut, type Row } from './rows.js';

export function explanationText(
  explanation: Explanation,
  addition: Addition | undefined,
  config: ClusterConfig,
  colors: Colors,
): string {
  const rows = [...rowsOf(explanation, config), ...additionRows(addition)];
  return `${headline(explanation, colors)}\n\n${layOut(rows, colors)}`;
}

function headline({ decision, outcome, question }: Explanation, { bold, red, green }: Colors): string {
  return decision.verdict === 'allowed'
    ? `${bold(green('ALLOWED'))} — the ${question.kind} ${outcome}`
    : `${bold(red('DENIED'))} — the client gets ${outcome}`;
}

function rowsOf(explanation: Explanation, config: ClusterConfig): Row[] {
  const { server, overlapping, notInForce, notes } = explanation;
  return [
    ...section('client', [{ name: explanation.client.name, text: clientText(explanation, config) }]),
    ...section('server', [partRow(server)]),
    ...section('overlaps', overlapping.map(partRow)),
    ...section('route', routeRows(explanation)),
    ...section('who may', whoRows(explanation)),
    ...section('default', [{ line: defaultLine(explanation) }]),
    ...section('no effect', notInForce.map(withKind)),
    ...section(
      'note',
      notes.map((line) => ({ line })),
    ),
  ];
}

type Cells = Omit<Row, 'label'>;

/** The label stands before the first row only. */
function section(label: string, rows: readonly Cells[]): Row[] {
  return rows.map((row, index) => ({ ...row, label: index === 0 ? label : '' }));
}

function partRow({ name, place, text }: Part): Cells {
  return { name, text, place: place && `${place.file}:${place.line}` };
}

function withKind(part: Part): Cells {
  return { ...partRow(part), text: `${part.kind}: ${part.text}` };
}

/** What would permit it, and what else that would permit: the second is what people forget to ask. */
function additionRows(addition: Addition | undefined): Row[] {
  if (addition === undefined) return [];
  const { object, who, permits } = addition;
  return [
    ...section('to permit it', [{ ...partRow(object), text: `add to the ${object.kind}: ${object.text}` }]),
    ...section(
      'that permits',
      permits.map((line, index) => ({ line: `${index === 0 ? who : 'and'}: ${line}` })),
    ),
  ];
}

function clientText({ client: { client, ipFrom } }: Explanation, config: ClusterConfig): string {
  const { tls } = client;
  const identity = tls.kind === 'established' ? tls.identity : undefined;
  const who = identity === undefined ? 'without mesh TLS' : `identity ${shortIdentity(identity.name, config)}`;
  return `${who}, from ${formatIp(client.ip)}${ipFrom === 'assumed' ? ' (assumed)' : ''}`;
}

function routeRows({ route, reason, question, otherRoutes }: Explanation): Cells[] {
  if (route !== undefined) return [partRow(route)];
  if (reason !== 'no-route' || question.kind === 'connection') return [];
  const none = {
    name: 'none',
    text: `no route matches ${question.method} ${question.path}; there ${otherRoutes.length === 1 ? 'is' : 'are'}`,
  };
  return [none, ...otherRoutes.map(partRow)];
}

function whoRows({ permittedBy, tried, reason }: Explanation): Cells[] {
  if (permittedBy !== undefined) return [{ ...partRow(permittedBy), mark: '← permits it' }];
  if (reason !== 'unauthorized') return [];
  if (tried.length === 0) return [{ name: 'nobody', text: 'nothing here permits anybody' }];
  return tried.map((part) => ({ ...partRow(part), ...(part.isClosest && { mark: '← closest' }) }));
}

function defaultLine({ default: { text, place } }: Explanation): string {
  return place === undefined ? text : `${text} (${place.file}:${place.line})`;
}
