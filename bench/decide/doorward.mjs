// The project's own engine. `source` is the folder of the core package, so that an older one can be measured beside it.
import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export async function loadCore(source) {
  const folder = await mkdtemp(join(tmpdir(), 'doorward-bench-'));
  const outfile = join(folder, 'core.mjs');
  try {
    await build({
      entryPoints: [join(source, 'src/index.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param core what `loadCore` gave */
export function doorward(core) {
  const network = (text) => ({ network: core.parseNetwork(text), except: [] });
  const authorization = ({ identities, suffix, network: text }, number) => ({
    origin: {
      kind: 'resource',
      group: 'policy.linkerd.io',
      resourceKind: 'authorizationpolicy',
      name: `authorization-${number}`,
    },
    networks: [network(text)],
    authentication:
      identities === undefined && suffix === undefined
        ? { kind: 'unauthenticated' }
        : {
            kind: 'mesh-tls',
            identities: identities?.map((identity) => ({ kind: 'exact', identity })) ?? [
              { kind: 'suffix', labels: suffix.split('.') },
            ],
          },
  });
  const route = (rule, number) => ({
    origin: { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'HTTPRoute', name: `route-${number}` },
    hosts: rule.host === undefined ? [] : [{ kind: 'exact', host: rule.host }],
    authorizations: [authorization(rule, number)],
    rules: [
      {
        matches: [
          {
            path: rule.kind === 'regex' ? { kind: 'regex', pattern: rule.path } : { kind: rule.kind, path: rule.path },
            headers: rule.header === undefined ? [] : [{ kind: 'exact', ...rule.header }],
            queryParams: [],
            ...(rule.method === undefined ? {} : { method: rule.method }),
          },
        ],
        filters: [],
      },
    ],
  });
  const server = { kind: 'resource', group: 'policy.linkerd.io', resourceKind: 'server', name: 'web' };
  return {
    clientOf: ({ identity, ip }) => ({
      ip: core.parsePeerIp(ip),
      tls:
        identity === undefined
          ? { kind: 'none', reason: 'no-client-hello' }
          : { kind: 'established', identity: { kind: 'dns', name: identity } },
    }),
    /** Texts as they come from the wire: nobody has hashed them yet. */
    requestOf: ({ method, path, host, tenant }) => {
      const headers = new Map([['x-tenant', [tenant]]]);
      return {
        kind: 'request',
        request: {
          method,
          path: fresh(path),
          query: undefined,
          authority: fresh(host),
          header: (name) => headers.get(name) ?? [],
        },
      };
    },
    routePolicy: (rules) => ({ server, protocol: { kind: 'http1', routes: rules.map(route) }, authorizations: [] }),
    authorizationPolicy: (rules) => ({ server, protocol: { kind: 'tls' }, authorizations: rules.map(authorization) }),
    decide: core.decide,
  };
}

const fresh = (text) => Buffer.from(text, 'latin1').latin1Slice();
