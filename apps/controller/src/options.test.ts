import { formatNetwork } from '@doorward/core';
import { describe, expect, it } from 'vitest';
import { controllerDefaults, parseControllerOptions } from './options.js';

function options(...args: readonly string[]) {
  const parsed = parseControllerOptions(['--resources', 'policies', ...args]);
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
  return parsed.options;
}

const problems = (...args: readonly string[]): readonly string[] => {
  const parsed = parseControllerOptions(args);
  return parsed.kind === 'problems' ? parsed.problems : [];
};

describe('the options', () => {
  it('have Linkerd’s defaults, but for the address', () => {
    expect(options()).toEqual({ ...controllerDefaults, resources: 'policies' });
    expect(controllerDefaults.cluster.clusterNetworks.map(formatNetwork)).toEqual([
      '10.0.0.0/8',
      '100.64.0.0/10',
      '172.16.0.0/12',
      '192.168.0.0/16',
    ]);
  });

  it('are read in both spellings, the last one counts', () => {
    const { cluster, grpcAddr, logLevel } = options(
      '--grpc-addr=:0',
      '--grpc-addr',
      '[::1]:9000',
      '--cluster-networks=10.0.0.0/8,fd00::/8',
      '--probe-networks',
      '0.0.0.0/0,::/0',
      '--default-policy=deny',
      '--control-plane-namespace=mesh',
      '--identity-domain=example.com',
      '--log-level=linkerd=debug,warn',
    );
    expect(grpcAddr).toEqual({ host: '::1', port: 9000 });
    expect(options('--grpc-addr=:0').grpcAddr).toEqual({ host: '127.0.0.1', port: 0 });
    expect(cluster.clusterNetworks.map(formatNetwork)).toEqual(['10.0.0.0/8', 'fd00::/8']);
    expect(cluster.probeNetworks.map(formatNetwork)).toEqual(['0.0.0.0/0', '::/0']);
    expect(cluster).toMatchObject({
      defaultPolicy: 'deny',
      controlPlaneNamespace: 'mesh',
      identityDomain: 'example.com',
    });
    expect(logLevel).toBe('debug');
  });

  it('of Linkerd that make no difference are taken, and said to make none', () => {
    const parsed = parseControllerOptions([
      '--resources=p',
      '--admission-controller-disabled',
      '--default-opaque-ports',
      '25',
    ]);
    expect(parsed).toMatchObject({
      kind: 'options',
      notes: [
        '`--admission-controller-disabled` makes no difference where policy comes from files',
        '`--default-opaque-ports` makes no difference where policy comes from files',
      ],
    });
  });

  it.each([
    [[], '`--resources` is missing: the folder whose files are the policy'],
    [['--resources'], '`--resources` needs a value'],
    [['--resources='], '`--resources` is ``; expected the path of a folder'],
    [['--grpc-adr=:1'], '`--grpc-adr=:1` is no option of the controller; did you mean `grpc-addr`?'],
    [['policies'], '`policies` is no option of the controller'],
    [['--grpc-addr=8090'], '`--grpc-addr` is `8090`; expected HOST:PORT, such as `127.0.0.1:8090`'],
    [['--grpc-addr=:65536'], '`--grpc-addr` is `:65536`; expected HOST:PORT, such as `127.0.0.1:8090`'],
    [['--cluster-networks='], '`--cluster-networks` is ``; expected networks, such as `10.0.0.0/8,fd00::/8`'],
    [
      ['--cluster-networks=10.0.0.1'],
      '`--cluster-networks` is `10.0.0.1`; expected networks, such as `10.0.0.0/8,fd00::/8`',
    ],
    [
      ['--default-policy=all_authenticated'],
      '`--default-policy` is `all_authenticated`; expected `all-unauthenticated`, `all-authenticated`, `cluster-unauthenticated`, `cluster-authenticated`, `deny` or `audit`',
    ],
    [
      ['--identity-domain=Example'],
      '`--identity-domain` is `Example`; expected a trust domain, such as `cluster.local`',
    ],
    [['--log-level=loud'], '`--log-level` is `loud`; expected `debug`, `info`, `warn`, `error` or `silent`'],
  ])('%j are refused with a sentence', (args, problem) => {
    expect(problems(...args)).toEqual([problem]);
  });
});
