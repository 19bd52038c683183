import { ClientStanding } from './client-standing.js';
import { compile, type CompiledPolicy } from './compiled-policy.js';
import type { Decision } from './decision.js';
import type { InboundPolicy } from './policy.js';
import type { Client, Wanted } from './request.js';

/**
 * Decisions that are remembered for all clients of one policy; then all are forgotten, and worked out again when asked. At some 400 bytes
 * each they take 20 MB at most, whatever connections ask; it is enough for 500 connections that use a hundred rules each.
 */
const rememberedMax = 50_000;

const prepared = new WeakMap<InboundPolicy, PreparedPolicy>();

class PreparedPolicy {
  readonly #compiled: CompiledPolicy;
  #standings = new WeakMap<Client, ClientStanding>();
  #remembered = 0;

  constructor(policy: InboundPolicy) {
    this.#compiled = compile(policy);
  }

  standingOf(client: Client): ClientStanding {
    let standing = this.#standings.get(client);
    if (standing === undefined) {
      standing = new ClientStanding(this.#compiled, client, this.#onRemember);
      this.#standings.set(client, standing);
    }
    return standing;
  }

  readonly #onRemember = (): void => {
    this.#remembered += 1;
    if (this.#remembered < rememberedMax) return;
    this.#remembered = 0;
    this.#standings = new WeakMap();
  };
}

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
    known = new PreparedPolicy(policy);
    prepared.set(policy, known);
  }
  return known.standingOf(client);
}
