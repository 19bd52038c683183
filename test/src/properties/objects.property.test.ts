/** What holds for all objects that validation accepts, on their way from YAML to a decision. */
import { parseNetwork, type Decision, type InboundPolicy } from '@doorward/core';
import { defaultClusterConfig, PolicyIndex, type WorkloadRef } from '@doorward/index';
import { convertObject, keyOf, type PolicyObject } from '@doorward/resources';
import { decodeServer, encodeServer } from '@doorward/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactPolicy } from '../cases/compact-policy.js';
import { arbitraryManifest, arbitraryManifests, askedPorts, type Manifest } from './arbitrary-manifest.js';
import { decisions, essence } from './interview.js';

/** A run builds whole namespaces, so a tenth of what `decide()` alone gets. */
const numRuns = Math.ceil(Number(process.env['DOORWARD_PROPERTY_RUNS'] ?? 2000) / 10);
/** A tenth of this is what it takes here. */
const timeoutMs = 5000 + 100 * numRuns;

const config = {
  ...defaultClusterConfig,
  probeNetworks: [parseNetwork('10.0.0.0/8')].flatMap((network) => network ?? []),
};

/** Those that are accepted. */
const accepted = (manifests: readonly Manifest[]): PolicyObject[] =>
  manifests.flatMap((manifest) => {
    const converted = convertObject(manifest, { strict: true });
    return converted.kind === 'object' ? [converted.object] : [];
  });

function indexOf(objects: readonly PolicyObject[]): PolicyIndex {
  const index = new PolicyIndex(config);
  index.applyAll({ upserted: objects, removed: [] });
  return index;
}

interface Port {
  readonly workload: WorkloadRef;
  readonly port: number;
  readonly policy: InboundPolicy;
}

const portsOf = (index: PolicyIndex, namespace: string): Port[] =>
  [...index.workloads()]
    .filter(({ ref }) => ref.namespace === namespace)
    .flatMap(({ ref: workload }) =>
      askedPorts.flatMap((port) => {
        const policy = index.policyOf(workload, port);
        return policy === undefined ? [] : [{ workload, port, policy }];
      }),
    );

describe('an object that validation accepts', () => {
  it(
    'can be indexed, encoded, decoded and decided on, with the same answers at both ends of the wire',
    () => {
      fc.assert(
        fc.property(arbitraryManifests('a'), (manifests) => {
          for (const { policy } of portsOf(indexOf(accepted(manifests)), 'a')) {
            const read = decodeServer(encodeServer(policy));
            if (read.kind === 'problem') throw new Error(read.problem);
            expect(compactPolicy(read.policy)).toEqual(compactPolicy(policy));
            expect(decisions(read.policy).map(essence)).toEqual(decisions(policy).map(essence));
          }
        }),
        { numRuns },
      );
    },
    timeoutMs,
  );

  it('is of every kind, often', () => {
    const made = fc.sample(arbitraryManifest('a'), { numRuns: 4000, seed: 7 });
    const counts = new Map<string, { made: number; accepted: number }>();
    for (const manifest of made) {
      const count = counts.get(manifest.kind) ?? { made: 0, accepted: 0 };
      count.made += 1;
      if (convertObject(manifest, { strict: true }).kind !== 'refused') count.accepted += 1;
      counts.set(manifest.kind, count);
    }
    expect(counts.size).toBe(15);
    const rare = [...counts].filter(([, count]) => count.accepted / count.made < 0.1);
    expect(rare).toEqual([]);
  });

  it('meets questions of every outcome', () => {
    const outcomes = new Map<string, number>();
    for (const manifests of fc.sample(arbitraryManifests('a'), { numRuns: 200, seed: 7 })) {
      for (const { policy } of portsOf(indexOf(accepted(manifests)), 'a')) {
        for (const decision of decisions(policy)) {
          const outcome = outcomeOf(decision);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      }
    }
    const known = ['allowed', 'audited', 'http-only', 'no-route', 'not-http', 'unauthorized'];
    expect([...outcomes.keys()].sort()).toEqual(known);
    const rare = [...outcomes].filter(([, count]) => count < 100);
    expect(rare).toEqual([]);
  });
});

describe('an unrelated object', () => {
  it(
    'of another namespace changes no policy, and is told to nobody',
    () => {
      fc.assert(
        fc.property(arbitraryManifests('a'), arbitraryManifests('elsewhere'), (manifests, others) => {
          const index = indexOf(accepted(manifests));
          const before = portsOf(index, 'a');
          let told = 0;
          for (const { workload, port } of before) index.watch(workload, port, () => (told += 1));
          const added = accepted(others);
          index.applyAll({ upserted: added, removed: [] });
          expect(samePolicies(before, portsOf(index, 'a'))).toBe(true);
          index.applyAll({ upserted: [], removed: added.map(keyOf) });
          expect(samePolicies(before, portsOf(index, 'a'))).toBe(true);
          expect(told).toBe(0);
        }),
        { numRuns },
      );
    },
    timeoutMs,
  );

  it.each([
    ['Server of labels that nobody has', server({ podSelector: { matchLabels: { app: 'nobody' } }, port: 80 })],
    ['Server of a port that nobody has', server({ podSelector: {}, port: 'nothing' })],
    ['policy on a Server that is not there', authorizationPolicy('Server')],
    ['policy on a route that is not there', authorizationPolicy('HTTPRoute')],
    ['authentication that nobody names', authentication()],
  ] as const)(
    'such as a %s changes no policy of its own namespace',
    (_, manifest) => {
      fc.assert(
        fc.property(arbitraryManifests('a'), (manifests) => {
          const objects = accepted(manifests);
          const before = portsOf(indexOf(objects), 'a');
          const added = accepted([manifest]);
          const after = portsOf(indexOf([...objects, ...added]), 'a');
          expect(added).toHaveLength(1);
          expect(after).toEqual(before);
        }),
        { numRuns: Math.ceil(numRuns / 5) },
      );
    },
    timeoutMs,
  );
});

describe('accessPolicy audit on a Server', () => {
  it(
    'never turns an allow into a deny or into an audit, and lets in only whom nothing else permits',
    () => {
      fc.assert(
        fc.property(arbitraryManifests('a'), (manifests) => {
          const denying = portsOf(indexOf(accepted(withAccessPolicy(manifests, 'deny'))), 'a');
          const auditing = portsOf(indexOf(accepted(withAccessPolicy(manifests, 'audit'))), 'a');
          expect(auditing).toHaveLength(denying.length);
          for (const [i, { policy }] of denying.entries()) {
            const after = auditing[i]?.policy;
            if (after === undefined) throw new Error('a port has gone');
            const answers = decisions(after);
            for (const [j, before] of decisions(policy).entries()) {
              const now = answers[j];
              if (now === undefined) throw new Error('an answer is missing');
              const isOpen = before.verdict === 'allowed' || before.reason !== 'unauthorized' || !isServer(policy);
              // A path of two readings may be unauthorized as one and without a route as the other; that it stays.
              expect(isOpen ? [essence(before)] : ['audited', 'no-route']).toContainEqual(
                isOpen ? essence(now) : outcomeOf(now),
              );
            }
          }
        }),
        { numRuns },
      );
    },
    timeoutMs,
  );
});

const isServer = ({ server }: InboundPolicy): boolean => server.kind === 'resource';

function outcomeOf(decision: Decision): string {
  if (decision.verdict === 'denied') return decision.reason;
  return decision.audit ? 'audited' : 'allowed';
}

/** The very same values, in the same order. */
const samePolicies = (before: readonly Port[], after: readonly Port[]): boolean =>
  before.length === after.length && before.every(({ policy }, i) => policy === after[i]?.policy);

function withAccessPolicy(manifests: readonly Manifest[], accessPolicy: string): Manifest[] {
  return manifests.map((manifest) =>
    manifest.kind === 'Server' ? { ...manifest, spec: { ...Object(manifest['spec']), accessPolicy } } : manifest,
  );
}

function server(spec: object): Manifest {
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: { name: 'unrelated', namespace: 'a' },
    spec,
  };
}

function authorizationPolicy(kind: string): Manifest {
  const targetRef = { group: 'policy.linkerd.io', kind, name: 'unrelated' };
  const metadata = { name: 'unrelated', namespace: 'a' };
  const spec = { targetRef, requiredAuthenticationRefs: [] };
  return { apiVersion: 'policy.linkerd.io/v1alpha1', kind: 'AuthorizationPolicy', metadata, spec };
}

function authentication(): Manifest {
  const metadata = { name: 'unrelated', namespace: 'a' };
  const spec = { identities: ['*'] };
  return { apiVersion: 'policy.linkerd.io/v1alpha1', kind: 'MeshTLSAuthentication', metadata, spec };
}
