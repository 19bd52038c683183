import { ClientStanding } from './client-standing.js';
import { compile, type CompiledPolicy } from './compiled-policy.js';
import type { Decision } from './decision.js';
import type { InboundPolicy } from './policy.js';
import type { Client, Wanted } from './request.js';

interface Prepared {
  readonly compiled: CompiledPolicy;
  readonly standings: WeakMap<Client, ClientStanding>;
}

const prepared = new WeakMap<InboundPolicy, Prepared>();

/**
 * Whether `client` gets what it `wanted` under `policy`, and why.
 *
 * The same answer for the same values, always: no clock, no I/O, nothing kept but what can be worked out again. Work is
 * remembered by the identity of `policy` and `client`, so keep these objects for as long as they stay the same (a policy until
 * it changes, a client for its connection), and never change them in place.
 *
 * Rate limits have a clock and are not decided here.
 */
export function decide(policy: InboundPolicy, client: Client, wanted: Wanted): Decision {
  const standing = standingOf(policy, client);
  switch (wanted.kind) {
    // docs/spec/data-plane.md §4.2: only Detect, Tls and Opaque carry a list for connections; the first match wins.
    case 'connection':
      return standing.connection();
    // docs/spec/data-plane.md §4.3: the most specific route, then the first authorization of its list and the server's.
    case 'request':
      return standing.request(wanted.request);
  }
}

function standingOf(policy: InboundPolicy, client: Client): ClientStanding {
  let known = prepared.get(policy);
  if (known === undefined) {
    known = { compiled: compile(policy), standings: new WeakMap() };
    prepared.set(policy, known);
  }
  let standing = known.standings.get(client);
  if (standing === undefined) {
    standing = new ClientStanding(known.compiled, client);
    known.standings.set(client, standing);
  }
  return standing;
}
