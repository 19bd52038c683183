import { defaultPolicyNames, isDefaultPolicyName } from '@doorward/core';
import { z } from 'zod';
import { defaultPolicyHelp } from '../default-policy-help.js';
import { defineKind } from '../kind.js';
import type { PrinterColumn } from '../kind.js';
import { policyGroup } from '../reference.js';
import { editorEnum, exactlyOneOf } from '../schema-note.js';
import { convertSelector, eitherSelectorSchema, labelSelectorSchema } from '../selector.js';
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

const podSelector = labelSelectorSchema.meta({ description: 'Which pods of the namespace; `{}` is all of them.' });

/** docs/spec/control-plane.md §1.2. */
const fields = {
  podSelector: podSelector.optional(),
  externalWorkloadSelector: labelSelectorSchema
    .meta({ description: 'Which ExternalWorkloads of the namespace; `{}` is all of them.' })
    .optional(),
  port: z.union([z.int(), z.string()], "a number from 1 to 65535, or a port's name").meta({
    description: "The port: its number, or its name in the workload's description.",
    crd: { anyOf: null, 'x-kubernetes-int-or-string': true },
    editor: { anyOf: [{ type: 'integer', minimum: 1, maximum: 65_535 }, { type: 'string' }] },
  }),
  proxyProtocol: z
    .string()
    .default('unknown')
    .meta({
      description: 'What is spoken on the port; `unknown` means that the proxy finds out.',
      ...editorEnum(proxyProtocols),
    }),
  accessPolicy: z
    .string()
    .default('deny')
    .meta({ description: 'What holds for clients that no policy permits.', ...editorEnum(defaultPolicyNames) }),
};
const description = 'A port of some workloads, which policies can then speak of.';
const serverBody = z
  .object({ spec: z.object(fields).meta(exactlyOneOf('podSelector', 'externalWorkloadSelector')) })
  .meta({ description });
const v1beta1Body = z.object({ spec: z.object({ ...fields, podSelector }) }).meta({ description });
const v1alpha1Body = z
  .object({ spec: z.object({ ...fields, podSelector: eitherSelectorSchema }) })
  .meta({ description });

const portColumns: readonly PrinterColumn[] = [
  { name: 'Port', type: 'string', jsonPath: '.spec.port' },
  { name: 'Protocol', type: 'string', jsonPath: '.spec.proxyProtocol' },
];

const accessPolicy = ['spec', 'accessPolicy'];
const externalSelector = ['spec', 'externalWorkloadSelector'];

export const server = defineKind({
  group: policyGroup,
  kind: 'Server',
  resource: { plural: 'servers', shortNames: ['srv'], storage: 'v1beta3' },
  versions: {
    v1beta3: {
      columns: [...portColumns, { name: 'Access Policy', type: 'string', jsonPath: '.spec.accessPolicy' }],
    },
    v1beta2: { lacks: [accessPolicy], columns: portColumns },
    v1beta1: {
      body: v1beta1Body,
      columns: portColumns,
      lacks: [accessPolicy, externalSelector],
      deprecated: 'policy.linkerd.io/v1beta1 Server is deprecated; use policy.linkerd.io/v1beta3 Server',
    },
    v1alpha1: {
      body: v1alpha1Body,
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
