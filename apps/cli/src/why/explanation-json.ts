/** An explanation for programs. Fields are added, never renamed; absent ones are left out. */
import type { Addition, Explanation, Part } from '@doorward/analysis';
import { formatIp } from '@doorward/core';
import type { Problem, SourcePlace } from '@doorward/resources';

interface PartJson {
  readonly kind: string;
  readonly name: string;
  readonly place?: SourcePlace;
  readonly text: string;
}

export interface ExplanationJson {
  readonly verdict: 'allowed' | 'denied';
  readonly outcome: string;
  readonly reason?: string;
  readonly audit: boolean;
  readonly client: {
    readonly name: string;
    readonly namespace?: string;
    readonly identity?: string;
    readonly ip: string;
    readonly ipFrom: string;
  };
  readonly target: {
    readonly workload: string;
    readonly namespace: string;
    readonly port: number;
    readonly portName?: string;
  };
  /** Absent when the connection was decided. */
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly host?: string;
    readonly assumed: boolean;
  };
  readonly server: PartJson;
  readonly route?: PartJson;
  readonly otherRoutes: readonly PartJson[];
  readonly permittedBy?: PartJson;
  readonly tried: readonly (PartJson & { readonly closest: boolean })[];
  readonly default: {
    readonly policy?: string;
    readonly from: string;
    readonly place?: SourcePlace;
    readonly text: string;
  };
  readonly overlapping: readonly PartJson[];
  readonly notInForce: readonly PartJson[];
  readonly notes: readonly string[];
  readonly toPermit?: PartJson & { readonly who: string; readonly permits: readonly string[] };
  /** Of the files that were read. */
  readonly problems: readonly Pick<Problem, 'code' | 'severity' | 'message' | 'help'>[];
}

export function explanationJson(
  explanation: Explanation,
  addition: Addition | undefined,
  problems: readonly Problem[],
): ExplanationJson {
  const { decision, client, target, question, reason, route, permittedBy } = explanation;
  const { tls } = client.client;
  const identity = tls.kind === 'established' ? tls.identity?.name : undefined;
  const { policy, from, place, text } = explanation.default;
  return {
    verdict: decision.verdict,
    outcome: explanation.outcome,
    ...(reason !== undefined && { reason }),
    audit: decision.verdict === 'allowed' && decision.audit,
    client: {
      name: client.name,
      ...(client.namespace !== undefined && { namespace: client.namespace }),
      ...(identity !== undefined && { identity }),
      ip: formatIp(client.client.ip),
      ipFrom: client.ipFrom,
    },
    target: {
      workload: target.name,
      namespace: target.workload.ref.namespace,
      port: target.port,
      ...(target.portName !== undefined && { portName: target.portName }),
    },
    ...(question.kind === 'request' && {
      request: {
        method: question.method,
        path: question.path,
        ...(question.host !== undefined && { host: question.host }),
        assumed: question.isAssumed,
      },
    }),
    server: partJson(explanation.server),
    ...(route !== undefined && { route: partJson(route) }),
    otherRoutes: explanation.otherRoutes.map(partJson),
    ...(permittedBy !== undefined && { permittedBy: partJson(permittedBy) }),
    tried: explanation.tried.map((part) => ({ ...partJson(part), closest: part.isClosest })),
    default: {
      ...(policy !== undefined && { policy }),
      from,
      ...(place !== undefined && { place }),
      text,
    },
    overlapping: explanation.overlapping.map(partJson),
    notInForce: explanation.notInForce.map(partJson),
    notes: explanation.notes,
    ...(addition !== undefined && {
      toPermit: { ...partJson(addition.object), who: addition.who, permits: addition.permits },
    }),
    problems: problems.map(({ code, severity, message, place, help }) => ({
      code,
      severity,
      message,
      ...(place !== undefined && { place: { file: place.file, line: place.line, column: place.column } }),
      ...(help !== undefined && { help }),
    })),
  };
}

function partJson({ kind, name, place, text }: Part): PartJson {
  return { kind, name, ...(place !== undefined && { place }), text };
}
