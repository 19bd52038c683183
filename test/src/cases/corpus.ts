/** Reads `cases/`. A mistake in a case is told with its file and its field. */
import { defaultClusterConfig, type ClusterConfig } from '@doorward/index';
import { parseNetwork, type IpNetwork } from '@doorward/core';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../support/observed-process.js';
import { expectedSchema, type Expected, type ManifestObject } from './format.js';

export interface Case {
  /** `server/overlap` */
  readonly name: string;
  /** Of resources.yaml; empty when the case has none. */
  readonly text: string;
  readonly file: string;
  readonly objects: readonly ManifestObject[];
  readonly expected: Expected;
  readonly config: ClusterConfig;
}

export const casesFolder = join(root, 'cases');

export const readCorpus = (): Case[] =>
  folders(casesFolder).flatMap((topic) =>
    folders(join(casesFolder, topic)).map((name) => readCase(`${topic}/${name}`, join(casesFolder, topic, name))),
  );

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function readCase(name: string, folder: string): Case {
  const files = readdirSync(folder).sort();
  const strangers = files.filter((file) => file !== 'expected.yaml' && file !== 'resources.yaml');
  if (strangers.length > 0) throw new Error(`cases/${name} has files that no case has: ${strangers.join(', ')}`);
  const file = `cases/${name}/resources.yaml`;
  const text = files.includes('resources.yaml') ? readFileSync(join(folder, 'resources.yaml'), 'utf8') : '';
  const expected = readExpected(`cases/${name}/expected.yaml`, readFileSync(join(folder, 'expected.yaml'), 'utf8'));
  const objects = parseAllDocuments(text).map((document): ManifestObject => {
    const [error] = document.errors;
    if (error) throw new Error(`${file}: ${error.message}`);
    return document.toJS() as ManifestObject;
  });
  return { name, text, file, objects, expected, config: configOf(expected) };
}

/** @throws with every mistake, one a line: file, field, what is wrong */
export function readExpected(file: string, text: string): Expected {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const read = expectedSchema.safeParse(value);
  if (read.success) return read.data;
  throw new Error(read.error.issues.map(({ path, message }) => `${file}: ${fieldText(path)}: ${message}`).join('\n'));
}

const fieldText = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '') || 'the file';

function configOf({ cluster }: Expected): ClusterConfig {
  const { clusterNetworks, probeNetworks, ...rest } = cluster;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...defaultClusterConfig,
    ...given,
    ...(clusterNetworks && { clusterNetworks: clusterNetworks.flatMap(networkOf) }),
    ...(probeNetworks && { probeNetworks: probeNetworks.flatMap(networkOf) }),
  };
}

const networkOf = (text: string): IpNetwork[] => {
  const network = parseNetwork(text);
  return network === undefined ? [] : [network];
};
