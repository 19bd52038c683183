/**
 * Copies the policies with other addresses, so that the demo can run twice on one machine, or in a test. Text is replaced
 * in place: comments stay, and line 9 of web.yaml is still line 9.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAddress } from './address.js';
import { defaultAddresses, type DemoAddresses, type DoorName } from './demo-addresses.js';

/** examples/emojivoto/policies. Right from src and from dist, but not for code bundled elsewhere: that must say `from`. */
const policiesDirectory = (): string => fileURLToPath(new URL('../policies', import.meta.url));

/**
 * Writes every YAML file of `from` into `directory`, which is made where it is missing, and resolves to their names.
 * Throws when a file has an address or port that is not one of defaultAddresses: it would be left as it is otherwise, and
 * two demos would share it.
 */
export async function renderPolicies(
  directory: string,
  addresses: DemoAddresses,
  from: string = policiesDirectory(),
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const names = (await readdir(from)).filter((name) => name.endsWith('.yaml')).sort();
  for (const name of names) {
    const text = await readFile(join(from, name), 'utf8');
    await writeFile(join(directory, name), renderPolicy(name, text, addresses));
  }
  return names;
}

/** The text of one file, `name` without directory, with `addresses` in place of the default ones. */
export function renderPolicy(name: string, text: string, addresses: DemoAddresses): string {
  const full = fullAddresses(addresses);
  const ips = ipAddresses(addresses);
  const known = <Value>(values: ReadonlyMap<string, Value>, key: string): Value => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`${name} has \`${key}\`, which is not one of the demo's addresses`);
    return value;
  };
  return text
    .replace(/\b127(?:\.\d{1,3}){3}:\d+\b/g, (address) => known(full, address))
    .replace(/(?<=^\s*- ip: )\S+$/gm, (ip) => known(ips, ip))
    .replace(/(- name: (\S+)\n\s*port: )(\d+)$/gm, (_, before: string, port: string) => {
      const door = known(doorOfPort, `${name} ${port}`);
      return `${before}${parseAddress(addresses.doors[door], door).port}`;
    });
}

/** Which of the doors an ExternalWorkload's port is, by file and port name. */
const doorOfPort: ReadonlyMap<string, DoorName> = new Map([
  ['web.yaml http', 'web'],
  ['emoji.yaml grpc', 'emoji'],
  ['emoji.yaml raw', 'raw'],
  ['voting.yaml grpc', 'voting'],
  ['voting.yaml prom', 'prom'],
]);

function fullAddresses(addresses: DemoAddresses): ReadonlyMap<string, string> {
  const { apps, doors, outbound } = defaultAddresses;
  return new Map([
    ...pairs(apps, addresses.apps),
    ...pairs(doors, addresses.doors),
    ...pairs(outbound, addresses.outbound),
  ]);
}

/** A workload has one IP, so its doors must share it. */
function ipAddresses({ doors, voteBotIp }: DemoAddresses): ReadonlyMap<string, string> {
  const ips = new Map([[defaultAddresses.voteBotIp, voteBotIp]]);
  for (const [before, after] of pairs(defaultAddresses.doors, doors)) {
    const ip = parseAddress(before, 'default address').host;
    const next = parseAddress(after, 'address').host;
    if ((ips.get(ip) ?? next) !== next)
      throw new Error(`\`${next}\`: the ports of one workload must be on one address`);
    ips.set(ip, next);
  }
  return ips;
}

function pairs<Name extends string>(
  before: Readonly<Record<Name, string>>,
  after: Readonly<Record<Name, string>>,
): [string, string][] {
  const result: [string, string][] = [];
  for (const name in before) result.push([before[name], after[name]]);
  return result;
}
