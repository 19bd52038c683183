import { Command } from 'commander';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerCrds } from '../commands/crds.js';
import { registerSchemas } from '../commands/schemas.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doorward-schemas-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

async function doorward(...args: readonly string[]): Promise<string> {
  let printed = '';
  const program = new Command().exitOverride();
  registerSchemas(program, (text) => (printed += text));
  registerCrds(program, (text) => (printed += text));
  await program.parseAsync(['node', 'doorward', ...args]);
  return printed;
}

describe('doorward schemas', () => {
  it('writes a file for each kind and version, and one that picks', async () => {
    const out = join(folder, 'a/b');
    expect(await doorward('schemas', '--out', out)).toBe(
      `wrote 21 schemas; editors begin at ${join(out, 'all.json')}\n`,
    );
    expect((await readdir(join(out, 'policy.linkerd.io'))).toSorted()).toEqual([
      'authorizationpolicy_v1alpha1.json',
      'egressnetwork_v1alpha1.json',
      'httplocalratelimitpolicy_v1alpha1.json',
      'httproute_v1alpha1.json',
      'httproute_v1beta1.json',
      'httproute_v1beta2.json',
      'httproute_v1beta3.json',
      'meshtlsauthentication_v1alpha1.json',
      'networkauthentication_v1alpha1.json',
      'server_v1alpha1.json',
      'server_v1beta1.json',
      'server_v1beta2.json',
      'server_v1beta3.json',
      'serverauthorization_v1alpha1.json',
      'serverauthorization_v1beta1.json',
    ]);
    // Every file that the picking one names is there.
    const all = await readFile(join(out, 'all.json'), 'utf8');
    const named = [...all.matchAll(/"\$ref": "([^"]+)"/g)].map(([, path = '']) => path);
    expect(named).toHaveLength(21);
    for (const path of named) expect(await readFile(join(out, path), 'utf8')).toContain('draft-07');
    // Again, over what is there.
    await doorward('schemas', '--out', out);
    expect(await readFile(join(out, 'all.json'), 'utf8')).toBe(all);
  });

  it('says what stands in its way', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(doorward('schemas', '--out', file)).rejects.toThrow(
      `cannot make the folder \`${file}\`: a file stands in its way`,
    );
    await expect(doorward('schemas', '--out', join(file, 'inner'))).rejects.toThrow(
      `cannot make the folder \`${join(file, 'inner')}\`: a file stands in its way`,
    );
    await writeFile(join(folder, 'policy.linkerd.io'), '');
    await expect(doorward('schemas', '--out', folder)).rejects.toThrow(
      /^cannot write `.*policy\.linkerd\.io.*`: a file stands in its way$/,
    );
  });
});

describe('doorward crds', () => {
  const names = (text: string): string[] => [...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, name = '']) => name);

  it('prints a document for each kind, the same each time', async () => {
    const text = await doorward('crds');
    expect(names(text)).toEqual([
      'authorizationpolicies.policy.linkerd.io',
      'egressnetworks.policy.linkerd.io',
      'externalworkloads.workload.linkerd.io',
      'httplocalratelimitpolicies.policy.linkerd.io',
      'httproutes.policy.linkerd.io',
      'meshtlsauthentications.policy.linkerd.io',
      'networkauthentications.policy.linkerd.io',
      'serverauthorizations.policy.linkerd.io',
      'servers.policy.linkerd.io',
    ]);
    expect(text.split(/^---$/m)).toHaveLength(9);
    expect(await doorward('crds')).toBe(text);
  });

  it("adds the Gateway API's routes when asked to", async () => {
    const [without, added] = [names(await doorward('crds')), names(await doorward('crds', '--gateway-api'))];
    expect(added.filter((name) => !without.includes(name))).toEqual([
      'grpcroutes.gateway.networking.k8s.io',
      'httproutes.gateway.networking.k8s.io',
    ]);
  });
});
