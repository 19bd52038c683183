// Open Policy Agent's WebAssembly build: the rules are data, the policy goes through them. Twice: as one writes it first, and with the
// rules keyed by path and by identity, as one writes it when the first is too slow.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sources = join(dirname(fileURLToPath(import.meta.url)), 'rego');

async function compiled(opa, source) {
  const folder = await mkdtemp(join(tmpdir(), 'doorward-bench-'));
  try {
    const bundle = join(folder, 'bundle.tar.gz');
    await run(opa, ['build', '-t', 'wasm', '-e', 'bench/allow', '-o', bundle, join(sources, source)]);
    await run('tar', ['-xzf', bundle, '-C', folder, '/policy.wasm']);
    return await readFile(join(folder, 'policy.wasm'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function byPath(rules) {
  const groups = { exact: {}, prefix: {}, regex: [] };
  for (const rule of rules) {
    if (rule.kind === 'regex') groups.regex.push(rule);
    else (groups[rule.kind][rule.path] ??= []).push(rule);
  }
  return groups;
}

function byWho(rules) {
  const groups = { identity: {}, suffix: {}, anybody: [] };
  for (const rule of rules) {
    if (rule.suffix !== undefined) (groups.suffix[`.${rule.suffix}`] ??= []).push(rule);
    else if (rule.identities === undefined) groups.anybody.push(rule);
    else for (const identity of rule.identities) (groups.identity[identity] ??= []).push(rule);
  }
  return groups;
}

/** @param cache a file of the folder where the package is installed @param opa the `opa` command */
export async function loadOpa(cache, opa) {
  const { loadPolicy } = createRequire(cache)('@open-policy-agent/opa-wasm');
  const prepared = async (source, data) => {
    const policy = await loadPolicy(await compiled(opa, source), { initial: 160, maximum: 32_768 });
    policy.setData(data);
    return (input) => policy.evaluate(input)[0]?.result === true;
  };
  const { stdout } = await run(opa, ['version']);
  const version = /Version: (\S+)/.exec(stdout)?.[1];
  const requests = {
    requestOf: (caller, request) => ({ ...caller, ...request }),
    connectionOf: (caller) => ({ identity: caller.identity ?? '', ip: caller.ip }),
  };
  return [
    {
      title: `OPA ${version} as WebAssembly, rules as a list`,
      routes: (rules) => prepared('routes-list.rego', { rules }),
      authorizations: (rules) => prepared('authorizations-list.rego', { rules }),
      ...requests,
    },
    {
      title: `OPA ${version} as WebAssembly, rules keyed by hand`,
      routes: (rules) => prepared('routes-keyed.rego', byPath(rules)),
      authorizations: (rules) => prepared('authorizations-keyed.rego', byWho(rules)),
      ...requests,
    },
  ];
}
