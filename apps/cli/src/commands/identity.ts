import type { IdentityFlags } from '@doorward/identity';
import type { Command } from 'commander';
import { Failure } from '../failure.js';
import { durationMs } from '../options/parsers.js';
import { runService } from '../service.js';
import { usageError } from '../usage-error.js';

export function registerIdentity(program: Command): void {
  const identity = program
    .command('identity')
    .description('run the identity service, which certifies the names of workloads')
    .option('--state <dir>', 'where the CA and its keys are kept (default: .doorward)')
    .option('--listen <host:port>', 'where proxies ask (default: 127.0.0.1:8081)')
    .option('--trust-domain <domain>', 'of a new CA (default: cluster.local)')
    .option('--cert-lifetime <duration>', 'how long a certificate is valid (default: 24h)')
    .option('--clock-skew <duration>', 'how far the clocks of two machines may differ (default: 10s)')
    .action(async (flags: IdentityFlags) => {
      const [{ parseIdentityOptions, runIdentity }, { createLog }] = await Promise.all([
        import('@doorward/identity'),
        import('@doorward/telemetry'),
      ]);
      const parsed = parseIdentityOptions(flags);
      if (parsed.kind === 'problems') throw usageError(parsed.problems);
      const log = createLog({ level: 'info', component: 'identity' });
      await runService(log, async () => runIdentity(parsed.options, log));
    });
  registerIssue(identity);
}

const dayMs = 24 * 60 * 60 * 1_000;

interface IssueFlags {
  readonly identity: string;
  readonly out: string;
  readonly state?: string;
  /** Milliseconds. */
  readonly lifetime?: number;
}

function registerIssue(identity: Command): void {
  identity
    .command('issue')
    .description('write a certificate, its key and the trust anchor for a client')
    .requiredOption('--identity <name>', 'the name to prove: a DNS name or a spiffe:// id')
    .requiredOption('--out <dir>', 'where tls.crt, tls.key and ca.crt are written')
    .option('--state <dir>', 'where the CA and its keys are kept (default: .doorward)')
    .option('--lifetime <duration>', 'how long the certificate is valid (default: 24h)', durationMs)
    .addHelpText(
      'after',
      `
Example, as an authenticated client of a workload that listens on 127.0.1.1:8080 under the name NAME:

  doorward identity issue --identity me.default.serviceaccount.identity.linkerd.cluster.local --out me
  curl --cert me/tls.crt --key me/tls.key --cacert me/ca.crt --resolve NAME:8080:127.0.1.1 https://NAME:8080/`,
    )
    .action(async (flags: IssueFlags, command: Command) => {
      const [{ issueToFolder, identityDefaults }, { openState }] = await Promise.all([
        import('@doorward/identity'),
        import('@doorward/mtls'),
      ]);
      // `--state` may stand before or after `issue`: it means the same.
      const { state: parentState } = command.parent?.opts<{ state?: string }>() ?? {};
      // A CA that is made here would be one that nobody trusts.
      const state = await openState(flags.state ?? parentState ?? identityDefaults.stateDir, { mustExist: true });
      const files = await issueToFolder(state, {
        identity: flags.identity,
        outDir: flags.out,
        lifetimeSec: Math.floor((flags.lifetime ?? dayMs) / 1_000),
      }).catch((error: unknown) => {
        // What the file system says names its own call; the person asked for a folder.
        if (!(error instanceof Error) || !('code' in error)) throw error;
        throw new Failure(`cannot write to \`${flags.out}\`; --out names a folder of yours`, { cause: error });
      });
      process.stdout.write(
        `${flags.identity} until ${files.expires.toISOString()}\n  ${files.certFile}\n  ${files.keyFile}\n  ${files.caFile}\n`,
      );
    });
}
