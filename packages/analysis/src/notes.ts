import { decide, formatIp, normalPath, type Decision, type InboundPolicy } from '@doorward/core';
import { shown } from '@doorward/resources';
import type { ClientSubject } from './client.js';
import type { Asked, Question } from './explanation.js';
import { protocolText } from './protocol-text.js';
import { routesOf } from './route-text.js';
import type { Target } from './target.js';

/** What was assumed, what was ignored, and what comes after the decision. */
export function notesOf(
  subject: ClientSubject,
  target: Target,
  policy: InboundPolicy,
  question: Question,
  asked: Asked | undefined,
  decision: Decision,
): string[] {
  const { protocol } = policy;
  const notes: string[] = [];
  const isByRoute = decision.verdict === 'denied' && decision.reason === 'no-route';
  if (subject.ipFrom === 'assumed' && !isByRoute && asksForAddress(policy)) {
    notes.push(
      `the address ${formatIp(subject.client.ip)} is assumed, because none is known for ${subject.name}; set it with --ip`,
    );
  }
  if (!target.isDeclared)
    notes.push(`${target.name} does not declare port ${target.port}; a policy holds there all the same`);
  for (const note of target.workload.notes) {
    notes.push(
      note.kind === 'unknown-default-policy'
        ? `the annotation config.linkerd.io/default-inbound-policy of ${target.name} is ${shown(note.value)}, which is no policy: it is ignored`
        : `the annotation ${note.annotation} of ${target.name} lists ${shown(note.item)}, which is no port: it is ignored`,
    );
  }
  if (question.kind === 'connection') {
    if (asked !== undefined)
      notes.push(
        `the proxy does not look for requests on this port (${protocolText(protocol)}): the connection is decided`,
      );
    if (protocol.kind === 'opaque' && subject.client.tls.kind === 'established')
      notes.push(...throughOutboundProxy(policy, subject, decision));
    return notes;
  }
  if (question.isAssumed) {
    notes.push(
      protocol.kind === 'grpc'
        ? 'no call was given: this is for one that no route names; add POST /SERVICE/METHOD'
        : `no path was given: this is for ${question.method} ${question.path}`,
    );
  }
  const [path = ''] = question.path.split('?');
  if (normalPath(path) !== path)
    notes.push(
      `${shown(path)} leads to ${shown(normalPath(path))}: both are decided on, and the stricter outcome holds`,
    );
  const needsHost = routesOf(policy).some(({ hosts }) => hosts.length > 0);
  const hasHost =
    question.host !== undefined || question.headers?.some(([name]) => name.toLowerCase() === 'host') === true;
  if (needsHost && !hasHost)
    notes.push('routes with hostnames do not match, because no host was given; set it with --host');
  if (decision.verdict === 'allowed') {
    const filter = decision.filters.find(({ kind }) => kind !== 'request-header-modifier');
    if (filter !== undefined)
      notes.push(`the route has a filter that may answer in place of the application: ${filter.kind}`);
    if ('rateLimit' in protocol && protocol.rateLimit !== undefined) {
      notes.push(`${protocol.rateLimit.origin.name} limits the rate: beyond it the client gets HTTP 429`);
    }
  }
  return notes;
}

/** Linkerd's outbound proxy carries connections to opaque ports over mesh TLS of its own (docs/spec/data-plane.md §2.6). */
function throughOutboundProxy(policy: InboundPolicy, { client }: ClientSubject, decision: Decision): string[] {
  const proxied = decide(policy, client, { kind: 'connection' });
  if (proxied.verdict === decision.verdict) return [];
  return [
    `through Linkerd's outbound proxy, which proves its identity on opaque ports too, the client is ${proxied.verdict}`,
  ];
}

/** Whether it makes a difference where a client comes from. */
function asksForAddress(policy: InboundPolicy): boolean {
  const authorizations = [...policy.authorizations, ...routesOf(policy).flatMap((route) => route.authorizations)];
  return authorizations.some(({ networks }) =>
    networks.some(({ network, except }) => network.prefixLength > 0 || except.length > 0),
  );
}
