import { z } from 'zod';
import type { Issues, Path } from '../issue.js';
import { defineKind } from '../kind.js';
import {
  canonicalKind,
  coreGroup,
  dnsLabelSchema,
  groupSchema,
  kindSchema,
  localReferenceSchema,
  nameSchema,
  policyGroup,
  refersTo,
} from '../reference.js';
import { targetStatusSchema } from '../status-schema.js';
import type { HTTPLocalRateLimitPolicy } from '../types.js';
import { pathText } from '../words.js';

// 64 bits in the CRD; the webhook, and with it editors, take what fits into 32.
const requestsPerSecond = z.int().meta({ crd: { format: 'int64' }, editor: { minimum: 1, maximum: 4_294_967_295 } });
const limit = z.object({ requestsPerSecond });

/** docs/spec/control-plane.md §1.9. */
const rateLimitBody = z
  .object({
    spec: z.object({
      targetRef: localReferenceSchema.meta({ description: 'The Server of the namespace whose requests are limited.' }),
      total: limit.optional().meta({ description: 'Of all clients together.' }),
      identity: limit.optional().meta({ description: 'Of each identity by itself.' }),
      overrides: z
        .array(
          z.object({
            requestsPerSecond,
            clientRefs: z.array(
              z.object({
                group: groupSchema.optional(),
                kind: kindSchema,
                name: nameSchema,
                namespace: dnsLabelSchema.optional(),
              }),
            ),
          }),
        )
        .optional()
        .meta({ description: 'Other limits in place of `identity`, for these ServiceAccounts.' }),
    }),
  })
  .meta({ description: 'How many requests a Server takes in a second, in each proxy.' });

/** Rates travel as unsigned 32-bit numbers. */
const rateMax = 4_294_967_295;

export const rateLimit = defineKind({
  group: policyGroup,
  kind: 'HTTPLocalRateLimitPolicy',
  resource: { plural: 'httplocalratelimitpolicies', storage: 'v1alpha1' },
  versions: {
    v1alpha1: {
      status: targetStatusSchema,
      columns: [
        { name: 'Target_kind', type: 'string', jsonPath: '.spec.targetRef.kind' },
        { name: 'Target_name', type: 'string', jsonPath: '.spec.targetRef.name' },
        { name: 'Total_RPS', type: 'integer', jsonPath: '.spec.total.requestsPerSecond' },
        { name: 'Identity_RPS', type: 'integer', jsonPath: '.spec.identity.requestsPerSecond' },
      ],
    },
  },
  body: rateLimitBody,
  convert({ spec }, { issues, metadata }): Pick<HTTPLocalRateLimitPolicy, 'kind' | 'spec'> {
    const { targetRef } = spec;
    if (!refersTo(targetRef, policyGroup, 'Server')) {
      issues.error('DW0901', ['spec', 'targetRef', 'kind'], `invalid targetRef kind: ${canonicalKind(targetRef)}`, {
        help: targetRef.kind.toLowerCase() === 'server' ? `add \`group: ${policyGroup}\`` : 'target a Server',
      });
    }
    checkRates(spec, issues);
    const overrides = (spec.overrides ?? []).map(({ requestsPerSecond, clientRefs }, i) => ({
      requestsPerSecond,
      clients: clientRefs.flatMap((ref, j) => {
        if (refersTo(ref, coreGroup, 'ServiceAccount'))
          return [{ namespace: ref.namespace || metadata.namespace, name: ref.name }];
        issues.error(
          'DW0904',
          ['spec', 'overrides', i, 'clientRefs', j, 'kind'],
          'overrides.clientRefs must target a ServiceAccount',
          {
            help:
              ref.kind.toLowerCase() === 'serviceaccount'
                ? 'leave out `group`: ServiceAccount belongs to the core group'
                : undefined,
          },
        );
        return [];
      }),
    }));
    return {
      kind: 'HTTPLocalRateLimitPolicy',
      spec: {
        server: targetRef.name,
        ...(spec.total && { total: spec.total.requestsPerSecond }),
        ...(spec.identity && { perIdentity: spec.identity.requestsPerSecond }),
        overrides,
      },
    };
  },
});

/** In the order of the webhook (docs/spec/control-plane.md §2.2). */
function checkRates({ total, identity, overrides = [] }: z.input<typeof rateLimitBody>['spec'], issues: Issues): void {
  const written: { name: 'total' | 'identity' | 'override'; rate: number; path: Path }[] = [
    ...(total
      ? [{ name: 'total' as const, rate: total.requestsPerSecond, path: ['spec', 'total', 'requestsPerSecond'] }]
      : []),
    ...(identity
      ? [
          {
            name: 'identity' as const,
            rate: identity.requestsPerSecond,
            path: ['spec', 'identity', 'requestsPerSecond'],
          },
        ]
      : []),
    ...overrides.map(({ requestsPerSecond }, i) => ({
      name: 'override' as const,
      rate: requestsPerSecond,
      path: ['spec', 'overrides', i, 'requestsPerSecond'],
    })),
  ];
  for (const { rate, path } of written) {
    if (rate < 0 || rate > rateMax)
      issues.error('DW0118', path, `\`${pathText(path)}\` is \`${rate}\`; expected a number up to ${rateMax}`);
  }
  const tellZero = ({ name, rate, path }: (typeof written)[number]): void => {
    // A rate of zero cannot be sent to a proxy, so this holds at both doors.
    if (rate === 0)
      issues.error('DW0902', path, `${name}.requestsPerSecond must be greater than 0`, {
        help: 'to let nobody in, leave out their authorization',
      });
  };
  const others = written.filter(({ name }) => name !== 'total');
  for (const entry of written) if (entry.name === 'total') tellZero(entry);
  for (const { name, rate, path } of others) {
    if (total && rate > total.requestsPerSecond) {
      issues.rule('DW0903', path, `${name}.requestsPerSecond must be less than or equal to total.requestsPerSecond`, {
        help: `the total is ${total.requestsPerSecond}`,
      });
    }
  }
  for (const entry of others) tellZero(entry);
}
