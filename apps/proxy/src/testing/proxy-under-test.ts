/** A whole proxy in this process: with its controller, its application, and everything it says. */
import type { InboundPolicy } from '@doorward/core';
import { parseHostPort, type HostPort } from '@doorward/telemetry';
import { proxyDefaults, type ProxyOptions } from '../options.js';
import { runProxy, type RunningProxy } from '../run.js';
import { RecordedLog } from './recorded-log.js';
import { RecordingApp } from './recording-app.js';
import { ScriptedController } from './scripted-controller.js';
import { web, type TestMesh } from './test-mesh.js';

/** Short, for what has to run out; everything else is an event. */
export const detectTimeoutMs = 200;

export interface ProxyUnderTest {
  readonly proxy: RunningProxy;
  readonly controller: ScriptedController;
  readonly app: RecordingApp;
  readonly log: RecordedLog;
  /** Of the one inbound listener. */
  readonly port: number;
  /** The lines of `/metrics` without comments. */
  metrics(): Promise<string[]>;
  /** Say a new policy for the inbound port, and wait until it is in force. */
  set(policy: InboundPolicy | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Listeners have port 0, so the port whose policy is asked for is 0 too: nothing else in the tests has it. */
export const policyPort = 0;

export async function startProxy(
  mesh: TestMesh,
  policy: InboundPolicy | Uint8Array | undefined,
  changes: Partial<ProxyOptions> = {},
): Promise<ProxyUnderTest> {
  const controller = await new ScriptedController().listen();
  if (policy !== undefined) controller.set(policyPort, policy);
  const app = await new RecordingApp().listen();
  const log = new RecordedLog();
  const options: ProxyOptions = {
    ...proxyDefaults,
    workload: '{"ns":"default","external_workload":"web"}',
    controller: hostPort(controller.address),
    identityService: mesh.identityService,
    identity: web,
    tokenFile: await mesh.tokenFile(web),
    trustAnchorsFile: mesh.trustAnchorsFile,
    inbound: [{ listen: { host: '127.0.0.1', port: 0 }, app: { host: '127.0.0.1', port: app.port } }],
    detectTimeoutMs,
    admin: { host: '127.0.0.1', port: 0 },
    shutdownGraceMs: 10_000,
    ...changes,
  };
  const received = policy === undefined ? undefined : log.next('policy.received');
  const proxy = await runProxy(options, log);
  await received;
  return {
    proxy,
    controller,
    app,
    log,
    port: proxy.inbound[0]?.port ?? 0,
    metrics: async () => {
      const [line] = log.of('admin.listening');
      const response = await fetch(`http://${String(line?.['address'])}/metrics`, { headers: { connection: 'close' } });
      return (await response.text()).split('\n').filter((text) => text !== '' && !text.startsWith('#'));
    },
    set: async (next) => {
      const inForce = log.next('policy.received');
      controller.set(policyPort, next);
      await inForce;
    },
    close: async () => {
      const closing = proxy.close();
      await app.close();
      await closing;
      controller.close();
    },
  };
}

function hostPort(text: string): HostPort {
  const address = parseHostPort(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}
