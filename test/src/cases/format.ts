/**
 * The form of `cases/<topic>/<case>/expected.yaml`; cases/README.md tells it to people. Strict: a field that is not here is a
 * mistake in the case.
 */
import { defaultPolicyNames, parseIp, parseNetwork, type IpAddress } from '@doorward/core';
import { z } from 'zod';
import { filter, origin, policy } from './policy-format.js';

const ip = z.string().transform((text, context): IpAddress => {
  const parsed = parseIp(text);
  if (parsed === undefined) context.addIssue('not an IP address');
  return parsed ?? { family: 4, value: 0 };
});

const network = z.string().refine((text) => parseNetwork(text) !== undefined, 'not a network');

/** `pod-0:80`, `ew/vm:80`, `deploy/web.shop:80` */
const target = z
  .string()
  .regex(
    /^(?:(?:pod|ew|deploy|sts|ds|rs|job|cj)\/)?[a-z0-9-]+(?:\.[a-z0-9-]+)?:\d+$/,
    'not [KIND/]WORKLOAD[.NAMESPACE]:PORT',
  );

const policyRow = z.strictObject({
  target: target.optional(),
  /** `unknown`: there is no such workload. */
  is: z.union([z.literal('unknown'), policy]),
});

const client = z
  .strictObject({
    ip,
    /** Proven by mesh TLS; with `://` a URI, else a DNS name. */
    identity: z.string().optional(),
    is: z.enum(['none', 'mesh-without-identity', 'passthru']).optional(),
    /** Through the proxy's own inbound port, where an opaque port's clients keep their identity. */
    via: z.literal('direct').optional(),
  })
  .refine(({ identity, is }) => identity === undefined || is === undefined, 'has `identity` or `is`, not both');

const requestRow = z
  .strictObject({
    client: z.union([z.string(), client]),
    target: target.optional(),
    request: z.string().regex(/^(?:connection|[!-~]+ \S*)$/, 'neither `connection` nor `METHOD PATH`'),
    host: z.string().optional(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
    is: z.enum(['allowed', 'denied']),
    /** The authorization that permits. */
    by: origin.optional(),
    reason: z.enum(['unauthorized', 'no-route', 'not-http', 'http-only']).optional(),
    /** The route that decided; looked at only where it is written. */
    route: origin.optional(),
    audit: z.boolean().default(false),
    /** Looked at only where it is written. */
    filters: z.array(filter).optional(),
  })
  .refine(
    ({ is, by, reason }) =>
      is === 'allowed' ? by !== undefined && reason === undefined : by === undefined && reason !== undefined,
    {
      message: '`allowed` goes with `by`, `denied` with `reason`',
    },
  );

/** Clients that send at an even rate for some seconds, and the share of their requests that is refused. */
const loadRow = z.strictObject({
  target: target.optional(),
  seconds: z.number().positive().max(60),
  clients: z.array(
    z.strictObject({
      identity: z.string().optional(),
      perSecond: z.number().positive().max(1000),
      limited: z.number(),
    }),
  ),
});

/** Requests one after the other at given times, and which limit refuses each. */
const rateRow = z.strictObject({
  target: target.optional(),
  take: z.array(
    z.strictObject({
      identity: z.string().optional(),
      /** How many, 1 where nothing is said. */
      times: z.int().positive().max(10_000).default(1),
      atMs: z.number().default(0),
      is: z.string().regex(/^(?:ok|(?:total|per-identity|override) \d+)$/, 'neither `ok` nor the limit that refuses'),
    }),
  ),
});

/** A Kubernetes object; what is in it is the reading door's business. */
const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type ManifestObject = z.infer<typeof object>;

const expectations = {
  policy: z.array(policyRow).default([]),
  requests: z.array(requestRow).default([]),
  rates: z.array(rateRow).default([]),
  loads: z.array(loadRow).default([]),
};

/** `KIND/NAME` or `KIND/NAMESPACE/NAME` */
const objectName = z.string().regex(/^[A-Za-z]+(?:\/[a-z0-9.-]+){1,2}$/, 'not KIND/NAME');

const step = z.strictObject({
  /** What happens, for people. */
  step: z.string(),
  apply: z.array(object).default([]),
  remove: z.array(objectName).default([]),
  ...expectations,
});

const admissionRow = z
  .strictObject({
    that: z.string(),
    object,
    is: z.enum(['accepted', 'rejected']),
    /** What is said about it, in Linkerd's words where it has any. */
    message: z.string().optional(),
    /** Admitted, and then ignored by the index. */
    inert: z.boolean().default(false),
  })
  .refine(({ is, message, inert }) => (is === 'rejected' ? message !== undefined && !inert : true), {
    message: '`rejected` goes with `message`',
  });

export const expectedSchema = z.strictObject({
  title: z.string().min(10),
  /** `docs/spec/control-plane.md §8.1` */
  source: z
    .string()
    .regex(
      /^docs\/spec\/(?:control|data)-plane\.md §\d+(?:\.\d+)?(?:, (?:docs\/spec\/(?:control|data)-plane\.md )?§\d+(?:\.\d+)?)*$/,
    ),
  /** How this differs from the specification's own form of the case, where it does. */
  note: z.string().optional(),
  /** `cluster`: as an API server gives them, past a webhook that may have been down; `files`: judged strictly. */
  objects: z.enum(['files', 'cluster']).default('files'),
  /** Objects of resources.yaml that are meant to be refused. */
  refused: z.array(objectName).default([]),
  cluster: z
    .strictObject({
      clusterNetworks: z.array(network).min(1).optional(),
      defaultPolicy: z.enum(defaultPolicyNames).optional(),
      controlPlaneNamespace: z.string().optional(),
      identityDomain: z.string().optional(),
      probeNetworks: z.array(network).optional(),
      detectTimeoutMs: z.number().optional(),
      inheritNamespaceAnnotations: z.boolean().optional(),
    })
    .default({}),
  /** Of targets and names that say none. */
  namespace: z.string().default('default'),
  /** Of rows that say none. */
  target: target.optional(),
  clients: z.record(z.string(), client).default({}),
  ...expectations,
  steps: z.array(step).default([]),
  admission: z.array(admissionRow).default([]),
});

export type Expected = z.output<typeof expectedSchema>;
export type Expectations = Pick<Expected, keyof typeof expectations>;
export type ExpectedClient = z.output<typeof client>;
export type RequestRow = z.output<typeof requestRow>;
export type AdmissionRow = z.output<typeof admissionRow>;
