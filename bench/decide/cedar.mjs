// Cedar's own WebAssembly build: one policy for each rule, the set parsed beforehand.
import { createRequire } from 'node:module';

const name = '@cedar-policy/cedar-wasm';

export function loadCedar(cache) {
  const require = createRequire(cache);
  const cedar = require(`${name}/nodejs`);
  const text = JSON.stringify;
  const clients = (identities) => `[${identities.map((identity) => `Client::${text(identity)}`).join(', ')}]`;
  const under = (prefix) => `(context.path == ${text(prefix)} || context.path like ${text(`${prefix}/*`)})`;

  const pathOf = ({ kind, path, glob }) => {
    switch (kind) {
      case 'exact':
        return `context.path == ${text(path)}`;
      case 'prefix':
        return under(path);
      default:
        // No regular expressions in Cedar; for the requests asked here the wildcard says the same.
        return `context.path like ${text(glob)}`;
    }
  };
  const routePolicy = (rule) => {
    const when = [
      pathOf(rule),
      `principal in ${clients(rule.identities)}`,
      `context.ip.isInRange(ip(${text(rule.network)}))`,
      ...(rule.header === undefined ? [] : [`context.tenant == ${text(rule.header.value)}`]),
      ...(rule.host === undefined ? [] : [`context.host == ${text(rule.host)}`]),
    ];
    const unless = rule.except === undefined ? '' : ` unless { ${under(rule.except)} }`;
    const action = rule.method === undefined ? 'action' : `action == Action::${text(rule.method)}`;
    return `permit(principal, ${action}, resource) when { ${when.join(' && ')} }${unless};`;
  };
  const authorizationPolicy = ({ identities, suffix, network }) => {
    const inside = `context.ip.isInRange(ip(${text(network)}))`;
    if (identities !== undefined)
      return `permit(principal == Client::${text(identities[0])}, action, resource) when { ${inside} };`;
    return suffix === undefined
      ? `permit(principal, action, resource) when { ${inside} };`
      : `permit(principal, action, resource) when { context.identity like ${text(`*.${suffix}`)} && ${inside} };`;
  };

  const prepared = (policies) => {
    const answer = cedar.preparsePolicySet('bench', {
      staticPolicies: Object.fromEntries(policies.map((policy, i) => [`p${i}`, policy])),
    });
    if (answer.type !== 'success') throw new Error(`Cedar refused the policies: ${JSON.stringify(answer.errors[0])}`);
    return (call) => {
      const answer = cedar.statefulIsAuthorized({
        ...call,
        entities: [],
        preparsedPolicySetId: 'bench',
        validateRequest: false,
      });
      if (answer.type !== 'success') throw new Error(`Cedar failed: ${JSON.stringify(answer.errors[0])}`);
      return answer.response.decision === 'allow';
    };
  };
  const call = (caller, action, context) => ({
    principal: { type: 'Client', id: caller.identity ?? '' },
    action: { type: 'Action', id: action },
    resource: { type: 'Port', id: 'web' },
    context: { ...context, identity: caller.identity ?? '', ip: { __extn: { fn: 'ip', arg: caller.ip } } },
  });
  return {
    title: `Cedar ${cedar.getCedarVersion()} (${name})`,
    routes: (rules) => prepared(rules.map(routePolicy)),
    authorizations: (rules) => prepared(rules.map(authorizationPolicy)),
    requestOf: (caller, { method, path, host, tenant }) => call(caller, method, { path, host, tenant }),
    connectionOf: (caller) => call(caller, 'connect', {}),
  };
}
