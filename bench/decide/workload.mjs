// Policies of any size and requests for them, in a form that each engine's file turns into its own. Nothing here is random between runs.

export const domain = 'serviceaccount.identity.linkerd.cluster.local';
export const identityOf = (number) => `client-${number}.shop.${domain}`;

/** The one client of an open connection. */
export const caller = { identity: identityOf(7), ip: '10.1.2.3' };

/** Small numbers in a fixed order: mulberry32. */
export function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * Of ten rules: four exact paths with a method, three prefixes, one prefix with a header, one for a host, one inside another's prefix
 * with other clients; of a hundred, one is a pattern. `except` says what the narrower rule takes away: Linkerd's most specific rule
 * decides alone, where Cedar and Rego ask all of them.
 */
export function routeRules(count) {
  return Array.from({ length: count }, (_, i) => {
    const who = {
      identities: [identityOf(i % 10), identityOf(7 + (i % 3))],
      network: i % 4 === 3 ? '10.1.0.0/16' : '10.0.0.0/8',
    };
    const at = `/service-${Math.floor(i / 10)}`;
    switch (i % 10) {
      case 0:
      case 1:
      case 2:
      case 3:
        return {
          ...who,
          kind: 'exact',
          path: `${at}/v1/resource-${i % 10}`,
          method: ['GET', 'POST', 'PUT', 'GET'][i % 10],
        };
      case 4:
        return { ...who, kind: 'prefix', path: `${at}/api`, except: `${at}/api/internal` };
      case 5:
        return { ...who, kind: 'prefix', path: `${at}/static` };
      case 6:
        return { ...who, kind: 'prefix', path: `${at}/files`, method: 'GET' };
      case 7:
        return { ...who, kind: 'prefix', path: `${at}/tenants`, header: { name: 'x-tenant', value: `t${i % 50}` } };
      case 8:
        return { ...who, kind: 'prefix', path: `${at}/hosted`, host: `shop-${i % 40}.example.test` };
      default:
        return i % 100 === 99
          ? { ...who, kind: 'regex', path: `${at}/orders/[0-9]+/lines`, glob: `${at}/orders/*/lines` }
          : { ...who, identities: [identityOf(0)], kind: 'prefix', path: `${at}/api/internal` };
    }
  });
}

/** Nine of ten meet a rule, half of the others come close. */
export function requestsFor(rules, count) {
  const next = numbers(42);
  return Array.from({ length: count }, () => {
    const rule = rules[next(rules.length)];
    const tail = rule.kind === 'prefix' ? `/${next(100_000)}/item` : '';
    const path = (rule.kind === 'regex' ? rule.path.replace('[0-9]+', String(next(100_000))) : rule.path) + tail;
    const request = {
      method: rule.method ?? ['GET', 'POST'][next(2)],
      path,
      host: rule.host ?? `shop-${next(40)}.example.test`,
      tenant: rule.header?.value ?? `t${next(50)}`,
    };
    switch (next(20)) {
      case 0:
        return { ...request, path: `${path}x` };
      case 1:
        return { ...request, path: `/nowhere/${next(100_000)}`, method: 'DELETE' };
      default:
        return request;
    }
  });
}

/** Of ten authorizations: six of identities, one of a suffix, three of networks without identity. */
export function authorizationRules(count) {
  return Array.from({ length: count }, (_, i) => {
    switch (i % 10) {
      case 7:
        return { suffix: `team-${i}.${domain}`, network: '10.0.0.0/8' };
      case 8:
      case 9:
        return { network: `172.${16 + (i % 16)}.${Math.floor(i / 16) % 256}.0/24` };
      default:
        return { identities: [identityOf(i)], network: i % 3 === 0 ? '10.1.0.0/16' : '10.0.0.0/8' };
    }
  });
}

/** New clients: half of them admitted by their identity, some by suffix or network, the others by nothing. */
export function clientsFor(rules, count) {
  const next = numbers(43);
  return Array.from({ length: count }, () => {
    const rule = rules[next(rules.length)];
    const ip = `10.1.${next(256)}.${1 + next(254)}`;
    switch (next(10)) {
      case 0:
        return { identity: `stranger-${next(100_000)}.shop.${domain}`, ip };
      case 1:
        return { identity: undefined, ip: `192.0.2.${next(255)}` };
      default:
        if (rule.suffix !== undefined) return { identity: `web.${rule.suffix}`, ip };
        if (rule.identities === undefined)
          return { identity: undefined, ip: rule.network.replace('.0/24', `.${next(255)}`) };
        return { identity: rule.identities[0], ip };
    }
  });
}
