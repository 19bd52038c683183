/** `why`: the same questions, put as a person puts them, and its answer as far as a case speaks of it. */
import { explain, resolveTarget, type ClientSubject, type Explanation, type Part } from '@doorward/analysis';
import type { PolicyIndex } from '@doorward/index';
import type { Case } from './corpus.js';
import type { RequestRow } from './format.js';
import { askedOf, clientOf, knownClient, rowText, targetOf } from './question.js';
import type { Stage } from './stages.js';

export interface WhyAnswers {
  /** By question. */
  readonly answers: Readonly<Record<string, object>>;
  readonly expected: Readonly<Record<string, object>>;
  /** The questions that cannot be put here, each with the reason. */
  readonly refused: readonly string[];
}

/** Asks what the stage asks. */
export function askAll(found: Case, { requests, where }: Stage, index: PolicyIndex): WhyAnswers {
  const answers: Record<string, object> = {};
  const expected: Record<string, object> = {};
  const refused: string[] = [];
  for (const [i, row] of requests.entries()) {
    const reason = unaskable(found, row, index);
    const question = `${where}, ${i}: ${rowText(found, row)}`;
    if (reason === undefined) {
      answers[question] = whyAnswer(askWhy(found, row, index), row);
      expected[question] = whyExpected(row);
    } else refused.push(`${found.name}: why is not asked ${rowText(found, row)}: ${reason}`);
  }
  return { answers, expected, refused };
}

/** Why `why` cannot be asked what the row asks; `undefined` when it can. */
function unaskable(found: Case, row: RequestRow, index: PolicyIndex): string | undefined {
  const client = clientOf(found, row);
  if (client.via === 'direct') return 'it knows no direct path';
  const target = targetOf(found, row);
  const protocol = index.policyOf(target.ref, target.port)?.protocol.kind;
  const carriesHttp = protocol !== 'opaque' && protocol !== 'tls';
  if (row.request === 'connection' && carriesHttp) return 'on ports that may carry HTTP it is asked for requests';
  if (row.request !== 'connection' && !carriesHttp) return 'on opaque and TLS ports it is asked for connections';
  return undefined;
}

function askWhy(found: Case, row: RequestRow, index: PolicyIndex): Explanation {
  const target = targetOf(found, row);
  const resolved = resolveTarget(index, target.text);
  if (resolved.kind === 'failed') throw new Error(resolved.message);
  const subject: ClientSubject = {
    name: 'the client of the case',
    namespace: undefined,
    serviceAccount: undefined,
    client: knownClient(clientOf(found, row)),
    ipFrom: 'given',
  };
  const asked = askedOf(row);
  return explain(index, subject, resolved.value, asked && { ...asked, host: row.host });
}

/** In the words of a row. */
function whyAnswer({ decision, reason, permittedBy, route, outcome }: Explanation, row: RequestRow): object {
  const onRoute = row.route !== undefined && { route: route && partText(route) };
  if (decision.verdict === 'denied') return { is: decision.verdict, reason, ...onRoute };
  return {
    is: decision.verdict,
    by: permittedBy && partText(permittedBy),
    audit: outcome.includes('audit'),
    ...onRoute,
  };
}

/** What whyAnswer should be. */
function whyExpected({ is, by, audit, reason, route }: RequestRow): object {
  const onRoute = route !== undefined && { route: withoutGroup(route) };
  return is === 'denied' ? { is, reason, ...onRoute } : { is, by, audit, ...onRoute };
}

const partText = ({ kind, name }: Pick<Part, 'kind' | 'name'>): string =>
  kind === 'default' ? `default:${name}` : `${kind}/${name}`;

/** Names of `why` go without groups; the place tells same-named routes apart. */
const withoutGroup = (origin: string): string => origin.replace('HTTPRoute.gateway/', 'HTTPRoute/');
