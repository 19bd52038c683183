import * as fc from 'fast-check';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  allNetworks,
  formatIp,
  formatNetwork,
  networkContains,
  networkIncludes,
  parseIp,
  parseNetwork,
  parsePeerIp,
  type IpAddress,
} from './ip.js';
import { ip, net } from './testing/build.js';

const v4: fc.Arbitrary<IpAddress> = fc.nat(2 ** 32 - 1).map((value) => ({ family: 4, value }));
const half = fc.oneof(
  fc.constantFrom(0n, 1n, 0xffffn << 32n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const v6: fc.Arbitrary<IpAddress> = fc.record({ family: fc.constant(6 as const), high: half, low: half });
/** What looks like an address, and often is one. */
const addressLike = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc
    .array(fc.constantFrom('0', '1', '10', '255', '256', '01', '', 'f', 'FFFF', '10000'), { maxLength: 9 })
    .chain((parts) => fc.constantFrom('.', ':').map((dot) => parts.join(dot))),
  fc.array(fc.constantFrom('::', ':', '1', 'ab', '1.2.3.4', '.', ' '), { maxLength: 8 }).map((parts) => parts.join('')),
);

describe('an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FD00:0:0:1::A', 'fd00:0:0:1::a'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ])('%s is %s', (text, printed) => {
    expect(formatIp(ip(text))).toBe(printed);
  });

  it.each([
    '',
    ' ',
    '10',
    '10.1',
    '10.1.1',
    '10.1.1.1.1',
    '010.1.1.1',
    '10.1.1.01',
    '10.1.1.256',
    '10.1.1.1 ',
    ' 10.1.1.1',
    '10.1.1.-1',
    '0x0a.1.1.1',
    '10.1.1.1e0',
    '١.1.1.1',
    '10..1.1',
    '.10.1.1.1',
    '10.1.1.1.',
    '10.1.1.1/32',
    'localhost',
    '167772161',
    ':',
    ':::',
    '1:2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    '12345::',
    'g::',
    ':1::2',
    '1::2:',
    '[::1]',
    '::1%eth0',
    '::1/128',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '::01.2.3.4',
    '::ffff:10.0.0.256',
    '1:2:3:4:5:6:7:1.2.3.4',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('is whatever Node takes for one, and nothing else', () => {
    fc.assert(
      fc.property(addressLike, (text) => {
        expect(parseIp(text)?.family ?? 0).toBe(isIP(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('is printed so that it reads as the same again', () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6), (address) => {
        const text = formatIp(address);
        expect(parseIp(text)).toEqual(address);
        expect([isIPv4(text), isIPv6(text)]).toEqual([address.family === 4, address.family === 6]);
      }),
    );
  });
});

describe('the address of a peer', () => {
  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['::ffff:255.255.255.255', '255.255.255.255'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::fffe:10.0.0.1', '::fffe:a00:1'],
    ['::10.0.0.1', '::a00:1'],
    ['1::ffff:10.0.0.1', '1::ffff:a00:1'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is %s', (text, printed) => {
    const address = parsePeerIp(text);
    expect(address && formatIp(address)).toBe(printed);
  });

  it.each(['', '%eth0', '10.1', '::ffff:10.0.0.256'])('%j is none', (text) => {
    expect(parsePeerIp(text)).toBeUndefined();
  });

  it('in policy stays what is written there', () => {
    expect(parseIp('::ffff:10.0.0.1')).toMatchObject({ family: 6 });
  });
});

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.1.2.3/8'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['fd00::1', 'fd00::1/128'],
    ['fd00::/128', 'fd00::/128'],
  ])('%s is %s', (text, printed) => {
    expect(formatNetwork(net(text))).toBe(printed);
  });

  it.each([
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/+8',
    '10.0.0.0/8/8',
    '10.0.0.0/ 8',
    '10/8',
    '::/129',
    '::/-1',
    '::/1e1',
    '/8',
    'any',
  ])('%j is none', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it('contains what Node’s block list says it does', () => {
    const pair = fc.oneof(fc.tuple(v4, v4, fc.nat(32)), fc.tuple(v6, v6, fc.nat(128)));
    const flipped = fc
      .oneof(fc.tuple(v4, fc.nat(31), fc.nat(32)), fc.tuple(v6, fc.nat(127), fc.nat(128)))
      .map(([address, bit, prefixLength]): [IpAddress, IpAddress, number] => [
        address,
        flip(address, bit),
        prefixLength,
      ]);
    fc.assert(
      fc.property(fc.oneof(pair, flipped), ([address, other, prefixLength]) => {
        const list = new BlockList();
        const family = address.family === 4 ? 'ipv4' : 'ipv6';
        list.addSubnet(formatIp(address), prefixLength, family);
        const network = { address, prefixLength };
        expect(networkContains(network, address)).toBe(true);
        expect(networkContains(network, other)).toBe(list.check(formatIp(other), family));
      }),
      { numRuns: 2000 },
    );
  });

  it('never contains an address of the other family', () => {
    const [all4, all6] = allNetworks;
    expect(all4 && [networkContains(all4, ip('255.0.0.1')), networkContains(all4, ip('::1'))]).toEqual([true, false]);
    expect(all6 && [networkContains(all6, ip('ffff::1')), networkContains(all6, ip('10.0.0.1'))]).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/16', false],
    ['0.0.0.0/0', '::/0', false],
    ['fd00::/8', 'fd12::/16', true],
  ])('%s includes %s: %s', (outer, inner, expected) => {
    expect(networkIncludes(net(outer), net(inner))).toBe(expected);
  });
});

function flip(address: IpAddress, bit: number): IpAddress {
  if (address.family === 4) return { family: 4, value: (address.value ^ (1 << bit)) >>> 0 };
  const { family, high, low } = address;
  return bit < 64
    ? { family, high, low: low ^ (1n << BigInt(bit)) }
    : { family, high: high ^ (1n << BigInt(bit - 64)), low };
}
