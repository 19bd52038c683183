import {
  decide,
  type Authorization,
  type Client,
  type Decision,
  type InboundPolicy,
  type Origin,
} from '@doorward/core';
import type { PolicyIndex } from '@doorward/index';
import { shown, type PolicyObject, type Server } from '@doorward/resources';
import type { ClientSubject } from './client.js';
import { defaultPart } from './default-part.js';
import type { Asked, DefaultPart, Explanation, Part, Tried } from './explanation.js';
import { grantText, missText } from './miss-text.js';
import { notesOf } from './notes.js';
import { notInForce } from './not-in-force.js';
import { outcomeOf } from './outcome.js';
import { protocolText } from './protocol-text.js';
import { questionOf, seenBy, wantedOf } from './question.js';
import { routesOf, routeText, wholeRouteText } from './route-text.js';
import type { Target } from './target.js';

/**
 * Whether a client gets what it asks of a port, and why: the decision of `decide()` on the port's policy in the index, told with
 * the objects behind it. Without `asked` it is `GET /` on ports that may carry HTTP, and the connection on others.
 */
export function explain(index: PolicyIndex, subject: ClientSubject, target: Target, asked?: Asked): Explanation {
  const { ref } = target.workload;
  const policy = index.policyOf(ref, target.port);
  // The target was resolved on this index; it may have changed since.
  if (policy === undefined) throw new Error(`${target.name} is not in the index any more`);
  const question = questionOf(policy.protocol, asked);
  const client = seenBy(policy.protocol, subject.client);
  const wanted = wantedOf(question, client);
  const decision = decide(policy, client, wanted);
  const [server, ...shadowed] = index.explainServers(ref, target.port);
  const fallback = defaultPart(index, target, server, policy.server.name);
  const teller = new Teller(index, policy, client, server, fallback, ref.namespace);
  return {
    decision,
    policy,
    client: subject,
    target,
    question,
    outcome: outcomeOf(decision, question, policy.protocol),
    reason: decision.verdict === 'denied' ? decision.reason : undefined,
    server: serverPart(server, target, policy),
    route: decision.route && teller.part(decision.route, routeText(policy, decision.route, client, wanted)),
    otherRoutes:
      decision.verdict === 'denied' && decision.reason === 'no-route'
        ? routesOf(policy).map((route) => teller.part(route.origin, wholeRouteText(policy, route)))
        : [],
    permittedBy: decision.verdict === 'allowed' ? teller.grant(decision.authorization) : undefined,
    tried: decision.verdict === 'denied' ? teller.tried(decision) : [],
    default: fallback,
    overlapping: shadowed.map((loser) => overlapPart(loser, server)),
    notInForce: notInForce(index, target, server, decision.verdict),
    notes: notesOf(subject, target, policy, question, asked, decision),
  };
}

/** Tells of the parts of one decision. */
class Teller {
  constructor(
    private readonly index: PolicyIndex,
    private readonly policy: InboundPolicy,
    private readonly client: Client,
    private readonly server: Server | undefined,
    private readonly fallback: DefaultPart,
    private readonly namespace: string,
  ) {}

  part(origin: Origin, text: string): Part {
    const object = this.index.objectOf(this.namespace, origin);
    if (object !== undefined) return { kind: object.kind, name: object.metadata.name, place: object.place, text };
    return {
      kind: origin.kind === 'default' ? 'default' : origin.resourceKind,
      name: origin.name,
      place: undefined,
      text,
    };
  }

  grant(authorization: Authorization): Part {
    return this.#authorization(authorization, grantText(authorization, this.client, this.index.config));
  }

  /** The closest first, the others in the order in which they were tried. */
  tried({ tried, closest }: Extract<Decision, { verdict: 'denied' }>): Tried[] {
    const ordered = closest === undefined ? tried : [closest, ...tried.filter((miss) => miss !== closest)];
    return ordered.map((miss) => ({
      ...this.#authorization(miss.authorization, missText(miss, this.client, this.index.config)),
      // Between one there is nothing to be closest among, but it is still the one to look at.
      isClosest: miss === closest,
    }));
  }

  /** A default policy has its place where it was set. */
  #authorization({ origin }: Authorization, text: string): Part {
    const part = this.part(origin, text);
    const isDefault =
      origin.kind === 'default' && origin.name === (this.server?.spec.accessPolicy ?? this.policy.server.name);
    return isDefault ? { ...part, place: this.fallback.place } : part;
  }
}

function serverPart(server: Server | undefined, target: Target, policy: InboundPolicy): Part {
  const port = `${target.name} port ${target.portName === undefined ? target.port : `${target.portName} (${target.port})`}`;
  const protocol = protocolText(policy.protocol);
  if (server === undefined) {
    return { kind: 'default', name: 'none', place: undefined, text: `no Server selects ${port}, ${protocol}` };
  }
  const { name } = server.metadata;
  return { kind: 'Server', name, place: server.place, text: `selects ${port}, ${protocol}` };
}

function overlapPart(loser: PolicyObject, winner: Server | undefined): Part {
  const { name } = loser.metadata;
  const text = `selects this port too, without effect: ${shown(winner?.metadata.name ?? '')} comes first, by age and then by name`;
  return { kind: loser.kind, name, place: loser.place, text };
}
