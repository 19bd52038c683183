import { networkIncludes, parseNetwork } from '@doorward/core';
import type { IpNetwork, NetworkMatch } from '@doorward/core';
import { z } from 'zod';
import type { Issues, Path } from './issue.js';
import { pathText, shown } from './words.js';

export const networkSchema = z.object({
  cidr: z.string().meta({ description: 'An IP address, or a CIDR block such as `10.0.0.0/8`.' }),
  except: z.array(z.string()).optional().meta({ description: 'Addresses or blocks within `cidr` that are not meant.' }),
});

/** Networks as written in ServerAuthorization, NetworkAuthentication and EgressNetwork (docs/spec/control-plane.md §2.2). */
export function convertNetworks(
  networks: readonly z.input<typeof networkSchema>[],
  path: Path,
  issues: Issues,
): NetworkMatch[] {
  return networks.flatMap((written, i) => {
    const at = [...path, i];
    const network = readNetwork(written.cidr, [...at, 'cidr'], issues);
    const except = (written.except ?? []).flatMap((text, j) => {
      const exception = readNetwork(text, [...at, 'except', j], issues);
      if (network && exception) checkException(network, written.cidr, exception, text, [...at, 'except', j], issues);
      return exception ? [exception] : [];
    });
    return network ? [{ network, except }] : [];
  });
}

function readNetwork(text: string, path: Path, issues: Issues): IpNetwork | undefined {
  const network = parseNetwork(text);
  if (!network) {
    issues.error(
      'DW0602',
      path,
      `\`${pathText(path)}\` is ${shown(text)}; expected an IP address or a CIDR block such as \`10.0.0.0/8\``,
      {
        help: helpForAddress(text),
      },
    );
  }
  return network;
}

function helpForAddress(text: string): string | undefined {
  if (/(?:^|\.)0\d/.test(text)) return 'write the octets without leading zeros: some programs read those as octal';
  if (/\/(?:3[3-9]|[4-9]\d|\d{3,})$/.test(text) && !text.includes(':')) return 'an IPv4 prefix length is 0 to 32';
  if (/^[a-z]/i.test(text) && !text.includes(':')) return 'host names cannot be used here';
  return undefined;
}

/** Single exceptions only: several that together cover the network are not found, as in Linkerd. */
function checkException(
  network: IpNetwork,
  cidr: string,
  exception: IpNetwork,
  text: string,
  path: Path,
  issues: Issues,
): void {
  if (networkIncludes(exception, network)) {
    issues.rule('DW0603', path, `cidr '${cidr}' is completely negated by exception '${text}'`, {
      help: 'nothing is left of the network; remove one of the two',
    });
  } else if (!networkIncludes(network, exception)) {
    issues.rule('DW0604', path, `cidr '${cidr}' does not include exception '${text}'`, {
      help: 'an exception has to lie within its own `cidr`',
    });
  }
}
