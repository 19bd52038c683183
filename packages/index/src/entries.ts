/** Objects as a namespace keeps them: with what was worked out from them, and who has to know when they change. */
import type { InboundPolicy } from '@doorward/core';
import type { AuthorizationPolicy, Demands, Server } from '@doorward/resources';
import type { Resolution } from './authorization.js';
import type { ServerRules } from './server-rules.js';
import type { Template } from './template.js';
import type { WorkloadObject, WorkloadRef } from './workload.js';

export interface WorkloadEntry {
  readonly ref: WorkloadRef;
  readonly object: WorkloadObject;
  readonly template: Template;
}

export interface ServerEntry {
  object: Server;
  /** What the selector demands; undefined: nothing meets it. */
  demands: Demands | undefined;
  /** Worked out when first needed. */
  rules: ServerRules | undefined;
  /** Something that the rules depend on has changed: work them out again, keeping what comes out the same. */
  stale: boolean;
  /** The port values that this Server gives, so that its change finds them. */
  readonly cells: Set<Cell>;
}

/** The AuthorizationPolicy, and what it comes to as long as no authentication changes. */
export interface GrantEntry {
  readonly object: AuthorizationPolicy;
  resolution: Resolution | undefined;
}

/** Told the new value whenever it changed; `undefined`: the workload is gone. */
export type PolicyListener = (policy: InboundPolicy | undefined) => void;

/** One watched port of a workload, which need not exist (yet). */
export interface Cell {
  readonly ref: WorkloadRef;
  /** As `workloadName` gives it. */
  readonly workload: string;
  readonly port: number;
  value: InboundPolicy | undefined;
  server: ServerEntry | undefined;
  readonly listeners: Set<PolicyListener>;
}
