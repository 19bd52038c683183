import { parseIp, type DefaultPolicyName, type IpAddress, type IpNetwork } from '@doorward/core';
import { InvalidArgumentError, type Command } from 'commander';
import { defaultPolicy, networks } from '../options/parsers.js';
import type { Terminal } from '../why/run-why.js';

interface WhyFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly ip?: IpAddress;
  readonly host?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly output: 'text' | 'json';
  readonly clusterNetworks?: readonly IpNetwork[];
  readonly defaultPolicy?: DefaultPolicyName;
  readonly identityDomain?: string;
}

/** `terminalOf`: where the answer goes; the process's own streams where nothing else is given. */
export function registerWhy(program: Command, terminalOf: () => Promise<Terminal> = processTerminal): void {
  const command = program
    .command('why')
    .description('say whether a client may do something, and which policy decides that')
    .argument('<client>', 'a workload (web, deploy/web, ew/bot), sa/NAME, an identity, an IP address, or unmeshed')
    .argument('<target>', 'a port of a workload: web:8080, deploy/web:http, ew/voting:grpc')
    .argument('[method]', 'of an HTTP request; POST for gRPC', methodOrPath)
    .argument('[path]', 'of the request, /SERVICE/METHOD for gRPC', path)
    .option('-f, --file <path>', 'file or folder with the policies (repeatable; default: .)', collect)
    .option('-n, --namespace <name>', 'where client and target are; one elsewhere is written NAME.NAMESPACE')
    .option('--ip <address>', 'where the client comes from', ip)
    .option('--host <host>', 'the host that the request names')
    .option('-H, --header <header>', "a header of the request: 'name: value' (repeatable)", header)
    .option('--cluster-networks <cidrs>', 'what "cluster" means (default: private ranges and 127.0.0.0/8)', networks)
    .option(
      '--default-policy <policy>',
      'where no annotation says otherwise (default: all-unauthenticated)',
      defaultPolicy,
    )
    .option('--identity-domain <domain>', 'the end of every identity (default: cluster.local)')
    .addHelpText(
      'after',
      `
The exit status is 0 when it is allowed, 3 when it is denied, 1 when it could not be found out.

Examples: doorward why sa/auditor deploy/ledger:8080 DELETE /accounts/7 -n bank
          doorward why unmeshed voting:prom -f examples/emojivoto/policies`,
    );
  command.addOption(
    command.createOption('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'),
  );
  command.action(
    async (client: string, target: string, method: string | undefined, path: string | undefined, flags: WhyFlags) => {
      const [{ runWhy }, terminal] = await Promise.all([import('../why/run-why.js'), terminalOf()]);
      // `why CLIENT TARGET /path` is a GET.
      const isPath = method?.startsWith('/') === true;
      if (isPath && path !== undefined) command.error('error: the method comes before the path');
      if (method !== undefined && !isPath && path === undefined)
        command.error('error: a method needs a path: METHOD PATH');
      const asked = isPath ? { method: undefined, path: method } : { method, path };
      const code = await runWhy(
        {
          client,
          target,
          ...asked,
          files: flags.file ?? ['.'],
          namespace: flags.namespace,
          ip: flags.ip,
          host: flags.host,
          headers: flags.header ?? [],
          output: flags.output,
          cluster: {
            ...(flags.clusterNetworks && { clusterNetworks: flags.clusterNetworks }),
            ...(flags.defaultPolicy && { defaultPolicy: flags.defaultPolicy }),
            ...(flags.identityDomain !== undefined && { identityDomain: flags.identityDomain }),
          },
        },
        terminal,
      );
      terminal.exit(code);
    },
  );
}

async function processTerminal(): Promise<Terminal> {
  const { default: picocolors } = await import('picocolors');
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    exit: (code) => {
      process.exitCode = code;
    },
    colors: picocolors.createColors(hasColor(process.stdout)),
    errColors: hasColor(process.stderr),
    directory: process.cwd(),
  };
}

function hasColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR: noColor } = process.env;
  return stream.isTTY && (noColor === undefined || noColor === '');
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function methodOrPath(text: string): string {
  if (text.startsWith('/') || /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) return text;
  throw new InvalidArgumentError('expected a method such as GET, or a path that begins with /');
}

function path(text: string): string {
  if (text.startsWith('/') || text === '*') return text;
  throw new InvalidArgumentError('expected a path that begins with /');
}

function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new InvalidArgumentError('expected an IP address such as 10.1.2.3');
  return address;
}

function header(
  text: string,
  before: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(text);
  if (match === null) throw new InvalidArgumentError("expected 'name: value'");
  const [, name = '', value = ''] = match;
  return [...before, [name.toLowerCase(), value]];
}
