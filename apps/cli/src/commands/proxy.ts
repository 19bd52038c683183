import { proxyDefaults } from '@doorward/proxy/defaults';
import type { ProxyOptions } from '@doorward/proxy';
import type { Command } from 'commander';
import {
  defaultPolicy,
  durationMs,
  hostPort,
  inbound,
  logLevel,
  networks,
  outbound,
  positiveInteger,
} from '../options/parsers.js';
import { runService } from '../service.js';

interface ProxyFlags {
  readonly workload: string;
  readonly controller: ProxyOptions['controller'];
  readonly identityService: ProxyOptions['identityService'];
  readonly identity: string;
  readonly tokenFile: string;
  readonly trustAnchors: string;
  readonly inbound?: ProxyOptions['inbound'];
  readonly outbound?: ProxyOptions['outbound'];
  readonly defaultPolicy?: ProxyOptions['defaultPolicy'];
  readonly clusterNetworks?: ProxyOptions['clusterNetworks'];
  readonly policyStart?: ProxyOptions['policyStart'];
  readonly detectTimeout?: number;
  readonly appConnectTimeout?: number;
  readonly trustLoopback?: boolean;
  readonly admin?: ProxyOptions['admin'];
  readonly maxConnections?: number;
  readonly shutdownGrace?: number;
  readonly logDecisions?: boolean;
  readonly logLevel?: ProxyOptions['logLevel'];
}

export function registerProxy(program: Command): void {
  const command = program
    .command('proxy')
    .description('enforce the policy of one workload in front of its application')
    .requiredOption(
      '--workload <token>',
      'who this proxy speaks for: {"ns":"…","external_workload":"…"} or NAMESPACE:POD',
    )
    .requiredOption('--controller <host:port>', 'the policy controller', hostPort)
    .requiredOption('--identity-service <host:port>', 'the identity service', hostPort)
    .requiredOption('--identity <name>', 'the name to prove, and the server name of mesh TLS')
    .requiredOption('--token-file <file>', 'proves to the identity service who we are; read again at each renewal')
    .requiredOption('--trust-anchors <file>', 'the CA certificates of the mesh, PEM')
    .option(
      '--inbound <listen=app>',
      'listen here and forward what policy permits to the application (repeatable)',
      inbound,
    )
    .option(
      '--outbound <listen=host:port,identity=name>',
      'carry local connections to a workload over mesh TLS (repeatable)',
      outbound,
    )
    .option(
      '--default-policy <policy>',
      `in force until the controller answers (default: ${proxyDefaults.defaultPolicy})`,
      defaultPolicy,
    )
    .option('--cluster-networks <cidrs>', 'what the cluster-… defaults mean', networks)
    .option('--detect-timeout <duration>', 'how long to wait for a connection’s first bytes (default: 10s)', durationMs)
    .option(
      '--app-connect-timeout <duration>',
      'how long dialling the application may take (default: 300ms)',
      durationMs,
    )
    .option('--trust-loopback', 'let 127.0.0.1 and ::1 in whatever the policy says, as in a pod (default: off)')
    .option('--admin <host:port>', 'health and metrics (default: 127.0.0.1:4191)', hostPort)
    .option(
      '--max-connections <count>',
      `open connections at the same time (default: ${proxyDefaults.maxConnections})`,
      positiveInteger,
    )
    .option('--shutdown-grace <duration>', 'how long open work may take once asked to end (default: 2m)', durationMs)
    .option('--log-decisions', 'log what is allowed too, not only what is denied or audited')
    .option('--log-level <level>', 'debug, info, warn, error or silent (default: info)', logLevel);
  command.addOption(
    command
      .createOption('--policy-start <mode>', 'hold: wait for the first policy; default: use the default until it comes')
      .choices(['hold', 'default']),
  );
  command.action(async (flags: ProxyFlags) => {
    const [{ runProxy }, { createLog }] = await Promise.all([import('@doorward/proxy'), import('@doorward/telemetry')]);
    const options = toOptions(flags);
    const log = createLog({ level: options.logLevel, component: 'proxy' });
    await runService(log, async () => runProxy(options, log));
  });
}

function toOptions(flags: ProxyFlags): ProxyOptions {
  return {
    ...proxyDefaults,
    workload: flags.workload,
    controller: flags.controller,
    identityService: flags.identityService,
    identity: flags.identity,
    tokenFile: flags.tokenFile,
    trustAnchorsFile: flags.trustAnchors,
    inbound: flags.inbound ?? proxyDefaults.inbound,
    outbound: flags.outbound ?? proxyDefaults.outbound,
    defaultPolicy: flags.defaultPolicy ?? proxyDefaults.defaultPolicy,
    clusterNetworks: flags.clusterNetworks ?? proxyDefaults.clusterNetworks,
    policyStart: flags.policyStart ?? proxyDefaults.policyStart,
    detectTimeoutMs: flags.detectTimeout ?? proxyDefaults.detectTimeoutMs,
    appConnectTimeoutMs: flags.appConnectTimeout ?? proxyDefaults.appConnectTimeoutMs,
    trustLoopback: flags.trustLoopback ?? proxyDefaults.trustLoopback,
    admin: flags.admin ?? proxyDefaults.admin,
    maxConnections: flags.maxConnections ?? proxyDefaults.maxConnections,
    shutdownGraceMs: flags.shutdownGrace ?? proxyDefaults.shutdownGraceMs,
    logDecisions: flags.logDecisions ?? proxyDefaults.logDecisions,
    logLevel: flags.logLevel ?? proxyDefaults.logLevel,
  };
}
