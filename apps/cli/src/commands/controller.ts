import type { Command } from 'commander';
import { runService } from '../service.js';
import { usageError } from '../usage-error.js';

export function registerController(program: Command): void {
  program
    .command('controller')
    .description('serve the policy of a folder to proxies, over Linkerd’s policy API')
    .usage('--resources DIR [flags of Linkerd’s policy controller]')
    .argument('[flags...]')
    // The controller reads its own flags, because they are those of Linkerd's, down to the ones that have no effect here.
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
  --resources DIR             the folder whose files are the policy, watched
  --grpc-addr HOST:PORT       where proxies ask (default: 127.0.0.1:8090)
  --default-policy POLICY     for ports that no Server selects (default: all-unauthenticated)
  --cluster-networks CIDRS    what "cluster" means in policies
  --probe-networks CIDRS      where the kubelet's probes come from (default: none)
  --identity-domain DOMAIN    the trust domain of service accounts (default: cluster.local)
  --control-plane-namespace   part of service accounts' names (default: linkerd)
  --log-level LEVEL           debug, info, warn, error or silent (default: info)

Example: doorward controller --resources policies`,
    )
    .action(async (_flags: readonly string[], _options: object, command: Command) => {
      const [{ parseControllerOptions, runController }, { createLog }] = await Promise.all([
        import('@doorward/controller'),
        import('@doorward/telemetry'),
      ]);
      const parsed = parseControllerOptions(command.args);
      if (parsed.kind === 'problems') throw usageError(parsed.problems);
      const log = createLog({ level: parsed.options.logLevel, component: 'controller' });
      for (const note of parsed.notes) log.warn({ event: 'option.without-effect' }, note);
      await runService(log, async () => runController(parsed.options, log));
    });
}
