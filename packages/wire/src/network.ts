import type { MessageInitShape } from '@bufbuild/protobuf';
import type { IpNetwork, NetworkMatch } from '@doorward/core';
import { ConversionError, within } from './conversion-error.js';
import type { Network, NetworkSchema } from './generated/inbound_pb.js';
import type { IPNetwork, IPNetworkSchema } from './generated/net_pb.js';

export function networkToProto(match: NetworkMatch): MessageInitShape<typeof NetworkSchema> {
  return { net: blockToProto(match.network), except: match.except.map(blockToProto) };
}

function blockToProto({ address, prefixLength }: IpNetwork): MessageInitShape<typeof IPNetworkSchema> {
  return {
    ip: {
      ip:
        address.family === 4
          ? { case: 'ipv4', value: address.value }
          : { case: 'ipv6', value: { first: address.high, last: address.low } },
    },
    prefixLen: prefixLength,
  };
}

export function networkFromProto({ net, except }: Network): NetworkMatch {
  return within('invalid network', () => ({
    network: blockFromProto(net),
    except: except.map((block) => blockFromProto(block)),
  }));
}

function blockFromProto(block: IPNetwork | undefined): IpNetwork {
  const ip = block?.ip?.ip;
  switch (ip?.case) {
    case 'ipv4':
      return { address: { family: 4, value: ip.value }, prefixLength: prefixLength(block, 32) };
    case 'ipv6':
      return {
        address: { family: 6, high: ip.value.first, low: ip.value.last },
        prefixLength: prefixLength(block, 128),
      };
    case undefined:
      throw new ConversionError('missing IP address');
  }
}

function prefixLength(block: IPNetwork | undefined, max: number): number {
  const length = block?.prefixLen ?? 0;
  if (length > max) throw new ConversionError('invalid network prefix length');
  return length;
}
