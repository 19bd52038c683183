import { formatIp, parseIp, parseNetwork } from '@doorward/core';
import { describe, expect, it } from 'vitest';
import { resolveClient, type ClientOptions } from './client.js';
import { deployment, indexOf, messageOf } from './testing/index-of.js';

const external = (name: string, identity: string, ip: string): string => `
---
apiVersion: workload.linkerd.io/v1beta1
kind: ExternalWorkload
metadata: {name: ${name}, namespace: farm}
spec: {meshTLS: {identity: "${identity}", serverName: x.id}, workloadIPs: [{ip: "${ip}"}], ports: []}`;

const id = (name: string): string => `${name}.serviceaccount.identity.linkerd.cluster.local`;
const index = indexOf(
  deployment('teller', '') +
    deployment('web', '') +
    deployment('web', '', { namespace: 'shop' }) +
    external('bot', id('bot.farm'), '127.0.1.4') +
    external('spiffy', 'spiffe://farm.example/spiffy', 'fd00::7'),
);

/** `NAME IDENTITY IP FROM`, or the sentence. */
function resolved(text: string, options: ClientOptions = {}): string {
  const result = resolveClient(index, text, options);
  if (result.kind === 'failed') return messageOf(result);
  const { name, client, ipFrom } = result.value;
  const identity =
    client.tls.kind === 'established' ? `${client.tls.identity?.kind} ${client.tls.identity?.name}` : 'nobody';
  return `${name} = ${identity} from ${formatIp(client.ip)} (${ipFrom})`;
}

describe('a client', () => {
  it.each<[string, ClientOptions, string]>([
    ['teller', {}, `deploy/teller = dns ${id('teller.bank')} from 10.0.0.1 (assumed)`],
    ['deploy/teller', { ip: parseIp('10.1.2.3') }, `deploy/teller = dns ${id('teller.bank')} from 10.1.2.3 (given)`],
    ['web', { namespace: 'shop' }, `deploy/web = dns ${id('web.shop')} from 10.0.0.1 (assumed)`],
    ['web.shop', {}, `deploy/web = dns ${id('web.shop')} from 10.0.0.1 (assumed)`],
    ['bot', {}, `ew/bot = dns ${id('bot.farm')} from 127.0.1.4 (workload)`],
    ['ew/spiffy', {}, 'ew/spiffy = uri spiffe://farm.example/spiffy from fd00::7 (workload)'],
    ['ew/bot', { ip: parseIp('127.0.1.5') }, `ew/bot = dns ${id('bot.farm')} from 127.0.1.5 (given)`],
    // A service account: where it is used, else where it is said to be, else where the target is.
    ['sa/teller', {}, `sa/teller = dns ${id('teller.bank')} from 10.0.0.1 (assumed)`],
    ['sa/web', { near: 'shop' }, `sa/web = dns ${id('web.shop')} from 10.0.0.1 (assumed)`],
    ['sa/web', { namespace: 'bank', near: 'shop' }, `sa/web = dns ${id('web.bank')} from 10.0.0.1 (assumed)`],
    ['sa/web.shop', { namespace: 'bank' }, `sa/web = dns ${id('web.shop')} from 10.0.0.1 (assumed)`],
    ['serviceaccount/auditor', { near: 'bank' }, `sa/auditor = dns ${id('auditor.bank')} from 10.0.0.1 (assumed)`],
    ['sa/bot.farm', {}, `sa/bot = dns ${id('bot.farm')} from 127.0.1.4 (workload)`],
    [id('bot.farm'), {}, `${id('bot.farm')} = dns ${id('bot.farm')} from 127.0.1.4 (workload)`],
    ['a.b.example', {}, 'a.b.example = dns a.b.example from 10.0.0.1 (assumed)'],
    ['spiffe://a/b', {}, 'spiffe://a/b = uri spiffe://a/b from 10.0.0.1 (assumed)'],
    ['10.9.9.9', {}, '10.9.9.9 = nobody from 10.9.9.9 (given)'],
    ['::ffff:10.9.9.9', {}, '10.9.9.9 = nobody from 10.9.9.9 (given)'],
    ['fd00::1', {}, 'fd00::1 = nobody from fd00::1 (given)'],
    ['unmeshed', {}, 'unmeshed = nobody from 10.0.0.1 (assumed)'],
    ['unmeshed', { ip: parseIp('10.9.9.9') }, 'unmeshed = nobody from 10.9.9.9 (given)'],
  ])('%s %j', (text, options, expected) => {
    expect(resolved(text, options)).toBe(expected);
  });

  it.each<[string, ClientOptions, string]>([
    ['teler', {}, 'there is no workload `teler` in any namespace; did you mean `deploy/teller`?'],
    ['web', {}, '`web` exists in the namespaces bank, shop: choose one with -n'],
    [
      'web.shp',
      {},
      'there is no workload `web.shp` in any namespace; there is deploy/teller.bank, deploy/web.bank, deploy/web.shop, ew/bot.farm, ew/spiffy.farm',
    ],
    [
      'unmeshd',
      {},
      'there is no workload `unmeshd` in any namespace; there is deploy/teller.bank, deploy/web.bank, deploy/web.shop, ew/bot.farm, ew/spiffy.farm; did you mean `unmeshed`?',
    ],
    ['sa/web', {}, '`sa/web` lacks a namespace: choose one with -n or write `sa/web.NAMESPACE`; there is bank, shop'],
    [
      'sa/web',
      { near: 'farm' },
      '`sa/web` lacks a namespace: choose one with -n or write `sa/web.NAMESPACE`; there is bank, shop',
    ],
    ['sa/', { namespace: 'bank' }, '`sa/` lacks the name of a service account'],
    ['sa/A B', { namespace: 'bank' }, '`A B` is no name of a service account'],
    [
      '*.b.example',
      {},
      `\`*.b.example\` is no identity of a client; expected ${id('NAME.NAMESPACE')} or spiffe://DOMAIN/PATH`,
    ],
    [
      'http://a/b',
      {},
      `\`http://a/b\` is no identity of a client; expected ${id('NAME.NAMESPACE')} or spiffe://DOMAIN/PATH`,
    ],
    ['10.0.0.300', {}, '`10.0.0.300` is no address; expected one such as 10.0.0.1'],
    ['10.9.9.9', { ip: parseIp('10.1.1.1') }, 'the client is said to come from 10.9.9.9 and from 10.1.1.1'],
  ])('%s %j: %s', (text, options, message) => {
    expect(resolved(text, options)).toBe(message);
  });

  it('is assumed to come from the first address of the cluster', () => {
    const from = (cidr: string) => {
      const network = parseNetwork(cidr);
      const found = resolveClient(indexOf('', { clusterNetworks: network === undefined ? [] : [network] }), 'unmeshed');
      return found.kind === 'found' ? formatIp(found.value.client.ip) : undefined;
    };
    expect(['192.168.0.0/16', '10.1.2.3/32', '10.1.2.2/31', 'fd00::/8', 'fd00::5/128'].map(from)).toEqual([
      '192.168.0.1',
      '10.1.2.3',
      '10.1.2.2',
      'fd00::1',
      'fd00::5',
    ]);
  });
});
