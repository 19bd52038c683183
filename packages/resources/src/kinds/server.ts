import { isDefaultPolicyName } from '@doorward/core';
import { z } from 'zod';
import { defaultPolicyHelp } from '../default-policy-help.js';
import { defineKind } from '../kind.js';
import { policyGroup } from '../reference.js';
import { convertSelector, labelSelectorSchema } from '../selector.js';
import type { ProxyProtocol, Server } from '../types.js';
import { didYouMean, oneOf, shown } from '../words.js';

const proxyProtocols = [
  'unknown',
  'HTTP/1',
  'HTTP/2',
  'gRPC',
  'opaque',
  'TLS',
] as const satisfies readonly ProxyProtocol[];

/** docs/spec/control-plane.md §1.2. */
const serverBody = z.object({
  spec: z.object({
    podSelector: labelSelectorSchema.optional(),
    externalWorkloadSelector: labelSelectorSchema.optional(),
    port: z.union([z.int(), z.string()], "a number from 1 to 65535, or a port's name"),
    proxyProtocol: z.string().default('unknown'),
    accessPolicy: z.string().default('deny'),
  }),
});

const accessPolicy = ['spec', 'accessPolicy'];
const externalSelector = ['spec', 'externalWorkloadSelector'];

export const server = defineKind({
  group: policyGroup,
  kind: 'Server',
  versions: {
    v1beta3: {},
    v1beta2: { lacks: [accessPolicy] },
    v1beta1: {
      lacks: [accessPolicy, externalSelector],
      deprecated: 'policy.linkerd.io/v1beta1 Server is deprecated; use policy.linkerd.io/v1beta3 Server',
    },
    v1alpha1: {
      lacks: [accessPolicy, externalSelector],
      deprecated: 'policy.linkerd.io/v1alpha1 Server is deprecated; use policy.linkerd.io/v1beta1 Server',
    },
  },
  body: serverBody,
  convert({ spec }, { issues, version }): Pick<Server, 'kind' | 'spec'> | undefined {
    const selects = spec.podSelector ? 'pods' : 'external-workloads';
    const written = spec.podSelector ?? spec.externalWorkloadSelector;
    if (!written) {
      issues.error('DW0201', ['spec'], 'a Server needs `podSelector` or `externalWorkloadSelector`', {
        at: 'key',
        help: 'to select every pod of the namespace, write `podSelector: {}`',
      });
    } else if (spec.podSelector && spec.externalWorkloadSelector) {
      issues.rule(
        'DW0201',
        ['spec', 'externalWorkloadSelector'],
        'a Server takes `podSelector` or `externalWorkloadSelector`, not both',
        {
          at: 'key',
          help: 'make two Servers',
        },
      );
    }
    if (
      version === 'v1alpha1' &&
      written &&
      (written.matchLabels === undefined) === (written.matchExpressions === undefined)
    ) {
      issues.rule(
        'DW0201',
        ['spec', 'podSelector'],
        'in v1alpha1 `podSelector` has exactly one of `matchLabels` and `matchExpressions`',
        { at: 'key' },
      );
    }
    const protocolText = spec.proxyProtocol ?? 'unknown';
    const proxyProtocol = proxyProtocols.find((name) => name === protocolText);
    if (!proxyProtocol) {
      issues.error(
        'DW0202',
        ['spec', 'proxyProtocol'],
        `\`spec.proxyProtocol\` is ${shown(protocolText)}; expected ${oneOf(proxyProtocols)}`,
        {
          help: didYouMean(protocolText, proxyProtocols),
        },
      );
    }
    const policyText = spec.accessPolicy ?? 'deny';
    const accessPolicy = isDefaultPolicyName(policyText) ? policyText : undefined;
    if (!accessPolicy) {
      issues.rule(
        'DW0203',
        ['spec', 'accessPolicy'],
        `Invalid 'accessPolicy' field: invalid mode: ${JSON.stringify(policyText)}`,
        {
          help: defaultPolicyHelp(policyText),
        },
      );
    }
    if (typeof spec.port === 'number' && (spec.port < 1 || spec.port > 65_535)) {
      issues.error(
        'DW0118',
        ['spec', 'port'],
        `\`spec.port\` is \`${spec.port}\`; expected a number from 1 to 65535, or a port's name`,
      );
    }
    if (typeof spec.port === 'string' && /^\d+$/.test(spec.port)) {
      issues.warning(
        'DW0204',
        ['spec', 'port'],
        `\`spec.port\` is the name ${shown(spec.port)}, not a number: it selects only a port with that name`,
        {
          help: `write it without quotes: ${Number(spec.port)}`,
        },
      );
    }
    if (!written || !proxyProtocol) return undefined;
    const selector = convertSelector(
      written,
      ['spec', selects === 'pods' ? 'podSelector' : 'externalWorkloadSelector'],
      issues,
    );
    return { kind: 'Server', spec: { selects, selector, port: spec.port, proxyProtocol, accessPolicy } };
  },
});
