/** The controller as a proxy sees it: a real one on a folder of its own, asked over a real connection. */
import { controllerDefaults, runController, type RunningController } from '@doorward/controller';
import type { InboundPolicy } from '@doorward/core';
import type { Log } from '@doorward/telemetry';
import {
  create,
  formatWorkloadToken,
  fromProto,
  inboundServerPolicies,
  PortSpecSchema,
  type Server,
} from '@doorward/wire';
import { Client, credentials, status, type ClientReadableStream, type StatusObject } from '@grpc/grpc-js';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '@doorward/resources';
import { readObjects } from './case-index.js';
import type { Case } from './corpus.js';
import { ManifestState, type Step } from './manifest-state.js';
import type { CaseTarget } from './question.js';

const { getPort, watchPort } = inboundServerPolicies;

export class GrpcDoor implements AsyncDisposable {
  readonly #watches = new Map<string, Watch>();

  private constructor(
    readonly found: Case,
    readonly state: ManifestState,
    readonly folder: string,
    readonly controller: RunningController,
    readonly client: Client,
    readonly log: ChangeLog,
  ) {}

  static async open(found: Case): Promise<GrpcDoor> {
    const folder = await mkdtemp(join(tmpdir(), 'doorward-case-'));
    const isFiles = found.expected.objects === 'files';
    if (isFiles) await writeFile(join(folder, 'resources.yaml'), found.text);
    const log = new ChangeLog();
    const controller = await runController(
      { ...controllerDefaults, resources: folder, cluster: found.config, grpcAddr: { host: '127.0.0.1', port: 0 } },
      log,
    );
    // What a webhook would refuse cannot come out of a folder: it is put where the cluster's watches would put it.
    if (!isFiles) controller.index.applyAll({ upserted: readObjects(found.objects).objects, removed: [] });
    const client = new Client(`127.0.0.1:${controller.address.port}`, credentials.createInsecure());
    return new GrpcDoor(found, new ManifestState(found), folder, controller, client, log);
  }

  /** Resolves when the controller has taken the step in. */
  async go(step: Step): Promise<void> {
    const removed = this.state.go(step);
    if (this.found.expected.objects === 'cluster') {
      const upserted = new Map(readObjects(step.apply).objects.map((object) => [keyOf(object), object]));
      this.controller.index.applyAll({ upserted: [...upserted.values()], removed });
      return;
    }
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: this.state.objects });
    const aside = join(this.folder, '.resources.yaml.tmp');
    await writeFile(aside, text);
    const seen = this.log.next();
    await rename(aside, join(this.folder, 'resources.yaml'));
    await seen;
  }

  /** `undefined`: not found. */
  async get(target: CaseTarget): Promise<InboundPolicy | undefined> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        getPort.path,
        getPort.requestSerialize,
        getPort.responseDeserialize,
        create(PortSpecSchema, { workload: tokenOf(target), port: target.port }),
        (error, server) => {
          if (error?.code === status.NOT_FOUND) resolve(undefined);
          else if (error !== null) reject(error);
          else if (server === undefined) reject(new Error('neither error nor message'));
          else resolve(understood(server));
        },
      );
    });
  }

  /**
   * What a watcher of the port has been told since it was asked last: policies, and `unknown` when there is no such workload. An
   * answer on the same connection comes after all that was sent before it, so there is nothing to wait for.
   */
  async told(target: CaseTarget): Promise<readonly (InboundPolicy | 'unknown')[]> {
    const isNew = !this.#watches.has(target.text);
    const watch = this.#watches.get(target.text) ?? this.#watch(target);
    if (isNew) await watch.first;
    await this.get(target);
    return watch.take();
  }

  #watch(target: CaseTarget): Watch {
    const call = this.client.makeServerStreamRequest(
      watchPort.path,
      watchPort.requestSerialize,
      watchPort.responseDeserialize,
      create(PortSpecSchema, { workload: tokenOf(target), port: target.port }),
    );
    // A stream ends with its workload; a proxy then asks anew.
    const watch = new Watch(call, () => this.#watches.delete(target.text));
    this.#watches.set(target.text, watch);
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches.values()) watch.cancel();
    this.client.close();
    await this.controller.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function tokenOf({ ref: { namespace, kind, name } }: CaseTarget): string {
  if (kind === 'workload') throw new Error(`a proxy never asks for a pod template: ${name}`);
  return formatWorkloadToken({ namespace, kind, name });
}

function understood(server: Server): InboundPolicy {
  const read = fromProto(server);
  if (read.kind === 'problem') throw new Error(read.problem);
  return read.policy;
}

class Watch {
  readonly #call: ClientReadableStream<Server>;
  #told: (InboundPolicy | 'unknown')[] = [];
  readonly first: Promise<void>;

  constructor(call: ClientReadableStream<Server>, ended: () => void) {
    this.#call = call;
    this.first = new Promise((resolve) => {
      call.on('data', (server: Server) => {
        this.#told.push(understood(server));
        resolve();
      });
      // The status says it all; but an error that nobody hears is thrown.
      call.on('error', () => {});
      call.on('status', ({ code }: StatusObject) => {
        if (code === status.CANCELLED) return;
        this.#told.push('unknown');
        ended();
        resolve();
      });
    });
  }

  take(): readonly (InboundPolicy | 'unknown')[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  cancel(): void {
    this.#call.cancel();
  }
}

/** Lets a test wait until a change of the folder has been taken in. */
class ChangeLog implements Log {
  #waiting: (() => void)[] = [];

  async next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  debug(): void {}
  info(fields: object): void {
    this.#heard(fields);
  }
  warn(fields: object): void {
    this.#heard(fields);
  }
  error(fields: object): void {
    this.#heard(fields);
  }

  /** Whatever is told of the folder is told after the index has it. */
  #heard(fields: object): void {
    if (!('event' in fields) || !String(fields.event).startsWith('folder.')) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
