// What a policy of many rules holds in memory: the policy as it came, what decide() makes of it, and what it remembers of one client.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { requestsFor, routeRules, authorizationRules, caller } from './workload.mjs';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

function heapAfter(step) {
  step();
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Bytes for each step, one after the other. */
export function memoryOf(core, count) {
  const measured = (rules, policyOf, ask) => {
    const kept = {};
    const before = heapAfter(() => undefined);
    const withPolicy = heapAfter(() => (kept.policy = policyOf(rules)));
    const compiled = heapAfter(() => ask(kept.policy, core.clientOf(caller), 1));
    const client = core.clientOf(caller);
    const remembered = heapAfter(() => ask(kept.policy, client, count));
    return { policy: withPolicy - before, compiled: compiled - withPolicy, client: remembered - compiled, kept };
  };
  const rules = routeRules(count);
  const requests = rules.map((_, i) => requestsFor([rules[i]], 1)[0]);
  const routes = measured(rules, core.routePolicy, (policy, client, asked) => {
    for (const request of requests.slice(0, asked)) core.decide(policy, client, core.requestOf(request));
  });
  const authorizations = measured(authorizationRules(count), core.authorizationPolicy, (policy, client) =>
    core.decide(policy, client, { kind: 'connection' }),
  );
  return { routes, authorizations };
}
