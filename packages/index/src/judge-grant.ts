/** Who is permitted, and on what. */
import type { AuthorizationPolicy, ServerAuthorization } from '@doorward/resources';
import type { Resolution } from './authorization.js';
import type { Finding, InForce, JudgedObject, Judgement, TargetKind } from './finding.js';
import type { NamespaceState } from './namespace-state.js';
import { byName } from './order.js';
import { authorizesServer } from './selection.js';

/** What somebody is to be permitted on. */
interface Aim {
  readonly kind: TargetKind;
  readonly name: string | undefined;
  readonly targets: readonly (JudgedObject & { readonly kind: 'Server' | 'HTTPRoute' | 'GRPCRoute' })[];
}

export function judgeServerAuthorization(
  state: NamespaceState,
  authorization: ServerAuthorization,
  resolution: Resolution,
  inForce: InForce,
): Judgement {
  const wanted = authorization.spec.server;
  const servers = [...state.servers.values()].map(({ object }) => object);
  const aim: Aim = {
    kind: 'Server',
    name: wanted.kind === 'name' ? wanted.name : undefined,
    targets: servers.filter((server) => authorizesServer(authorization, server)),
  };
  return judge(resolution, aim, inForce);
}

export function judgeAuthorizationPolicy(
  state: NamespaceState,
  policy: AuthorizationPolicy,
  resolution: Resolution,
  inForce: InForce,
): Judgement {
  const { target } = policy.spec;
  const judgement = judge(resolution, aimOf(state, policy), inForce);
  if (target.kind !== 'Namespace' || target.name === state.name) return judgement;
  const astray: Finding = { kind: 'names-other-namespace', name: target.name };
  return { ...judgement, findings: [...judgement.findings, astray] };
}

function aimOf(state: NamespaceState, { spec: { target } }: AuthorizationPolicy): Aim {
  switch (target.kind) {
    case 'Server': {
      const server = state.servers.get(target.name);
      return { kind: 'Server', name: target.name, targets: server === undefined ? [] : [server.object] };
    }
    case 'Namespace':
      return { kind: 'Namespace', name: undefined, targets: [...state.servers.values()].map(({ object }) => object) };
    case 'HTTPRoute':
    case 'GRPCRoute':
      return {
        kind: target.kind,
        name: target.name,
        targets: [...state.routes.ofTarget(target.kind, target.group, target.name)],
      };
  }
}

function judge(resolution: Resolution, aim: Aim, inForce: InForce): Judgement {
  const findings: Finding[] = resolution.kind === 'void' ? [...resolution.why] : [];
  if (aim.targets.length === 0) findings.push({ kind: 'target-missing', target: aim.kind, name: aim.name });
  const idle = aim.targets.filter((target) => !inForce(target)).toSorted(byName);
  for (const { kind, metadata } of idle) {
    findings.push({ kind: 'target-not-in-force', target: kind, name: metadata.name });
  }
  return { works: resolution.kind === 'authorization' && idle.length < aim.targets.length, findings };
}
