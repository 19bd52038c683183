import type { Command } from 'commander';
import { defaultPolicy, hostPort, networks } from '../options/parsers.js';
import { exitCode } from '../exit-code.js';
import type { UpOptions } from '../up/options.js';
import type { Up } from '../up/run-up.js';

interface UpFlags {
  readonly state: string;
  readonly controller?: UpOptions['controller'];
  readonly identityService?: UpOptions['identityService'];
  readonly defaultPolicy: UpOptions['defaultPolicy'];
  readonly clusterNetworks?: UpOptions['clusterNetworks'];
  readonly output?: 'text' | 'json';
  readonly title: string;
}

export function registerUp(program: Command): void {
  const command = program
    .command('up')
    .argument('<dir>', 'folder with the workloads and their policies (YAML, read recursively)')
    .description('run identity, controller and an enforcing proxy for each workload of a folder')
    .option('--state <dir>', 'where the CA and its keys are kept', '.doorward')
    .option('--controller <host:port>', 'where the controller listens (default: 127.0.0.1:8090)', hostPort)
    .option('--identity-service <host:port>', 'where the identity service listens (default: 127.0.0.1:8081)', hostPort)
    .option(
      '--default-policy <policy>',
      'for ports that no Server selects and no annotation speaks of',
      defaultPolicy,
      'all-unauthenticated',
    )
    .option(
      '--cluster-networks <cidrs>',
      'what "cluster" means in policies (default: the private ranges and 127.0.0.0/8)',
      networks,
    )
    .option('--title <text>', 'how the live view calls itself', 'doorward up')
    .addHelpText(
      'after',
      `
A workload is an ExternalWorkload with the annotation doorward.dev/app, which says where its application listens:

  apiVersion: workload.linkerd.io/v1beta1
  kind: ExternalWorkload
  metadata:
    name: shop
    labels: {app: shop}
    annotations: {doorward.dev/app: http=127.0.0.1:18080}
  spec:
    meshTLS: {identity: shop.default.serviceaccount.identity.linkerd.cluster.local, serverName: shop.default.serviceaccount.identity.linkerd.cluster.local}
    workloadIPs: [{ip: 127.0.1.1}]
    ports: [{name: http, port: 8080}]

Example: doorward up examples/emojivoto/policies`,
    );
  command.addOption(
    command
      .createOption('-o, --output <format>', 'text for people, json for programs (default: text on a terminal)')
      .choices(['text', 'json']),
  );
  command.action(async (dir: string, flags: UpFlags) => {
    const [
      { openUp },
      { TerminalView },
      { JsonView },
      { localClusterNetworks },
      { shutdownRequested },
      { reportFailure },
    ] = await Promise.all([
      import('../up/run-up.js'),
      import('../up/terminal-view.js'),
      import('../up/json-view.js'),
      import('../cluster-defaults.js'),
      import('@doorward/telemetry'),
      import('../failure.js'),
    ]);
    const asked = shutdownRequested();
    const { stdout } = process;
    const text = (flags.output ?? (stdout.isTTY ? 'text' : 'json')) === 'text';
    const color = text && stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
    const write = (chunk: string): void => void stdout.write(chunk);
    // Asked anew each time: the window may have been resized. A pipe has no width to keep to.
    const width = (): number => (stdout.isTTY ? (stdout.getWindowSize()[0] ?? 80) : Number.POSITIVE_INFINITY);
    const view = text ? new TerminalView({ write, width, color }) : new JsonView(write);
    const options: UpOptions = {
      folder: dir,
      stateDir: flags.state,
      controller: flags.controller ?? { host: '127.0.0.1', port: 8090 },
      identityService: flags.identityService ?? { host: '127.0.0.1', port: 8081 },
      defaultPolicy: flags.defaultPolicy,
      clusterNetworks: flags.clusterNetworks ?? localClusterNetworks,
      title: flags.title,
    };
    let up: Up | undefined;
    try {
      up = await openUp(options, view);
      // Ctrl-C while starting does not wait for the start.
      if ((await Promise.race([up.start(), asked])) === undefined) {
        process.send?.({ ready: 'up' });
        await asked;
      }
      await up.close();
      process.exit(exitCode.yes);
    } catch (error) {
      await up?.close();
      reportFailure(error);
      process.exit(exitCode.couldNotRun);
    }
  });
}
