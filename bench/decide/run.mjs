// How long one decision takes, by number of rules, beside other engines on an equivalent policy. bench/README.md says how to read it.
//
//   node bench/decide/run.mjs [--rules 10,100,1000,10000] [--alone] [--core DIR]
//
//   --alone   without the other engines
//   --core    another copy of packages/core to measure: a checkout of an older commit
//
// The other engines are installed into ~/.cache/doorward/bench when they are not there yet. OPA's compiler is built from the Go module
// proxy once, which takes some minutes.
import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { cpus, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { loadCedar } from './cedar.mjs';
import { doorward, loadCore } from './doorward.mjs';
import { measure } from './measure.mjs';
import { memoryOf } from './memory.mjs';
import { loadOpa } from './opa.mjs';
import { authorizationRules, caller, clientsFor, requestsFor, routeRules } from './workload.mjs';

const run = promisify(execFile);
const versions = { cedar: '4.13.0', opaWasm: '1.10.0', opa: 'v1.10.1' };
const inputCount = 4096;

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '10,100,1000,10000' },
    alone: { type: 'boolean', default: false },
    core: { type: 'string', default: join(dirname(fileURLToPath(import.meta.url)), '../../packages/core') },
  },
});
const sizes = values.rules.split(',').map(Number);

async function installed() {
  const cache = join(homedir(), '.cache/doorward/bench');
  await mkdir(cache, { recursive: true });
  const there = async (path) =>
    access(join(cache, path)).then(
      () => true,
      () => false,
    );
  const packages = { '@cedar-policy/cedar-wasm': versions.cedar, '@open-policy-agent/opa-wasm': versions.opaWasm };
  await writeFile(join(cache, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  await run('npm', ['install', '--prefix', cache, '--no-audit', '--no-fund']);
  if (!(await there('bin/opa'))) {
    console.error('building opa, once; some minutes');
    await run('go', ['install', `github.com/open-policy-agent/opa@${versions.opa}`], {
      env: { ...process.env, GOBIN: join(cache, 'bin') },
    });
  }
  return { cache: join(cache, 'package.json'), opa: join(cache, 'bin/opa') };
}

const core = doorward(await loadCore(values.core));
const tools = values.alone ? undefined : await installed();
const peers = tools === undefined ? [] : [loadCedar(tools.cache), ...(await loadOpa(tools.cache, tools.opa))];

// Before anything else fills the heap.
const memory = memoryOf(core, Math.max(...sizes));

/** Every engine has to give the answers that ours gives before it is timed. */
function agree(title, answers, inputs, ask) {
  const wrong = inputs.findIndex((input, i) => ask(input) !== answers[i]);
  if (wrong !== -1) throw new Error(`${title} says ${!answers[wrong]} to ${JSON.stringify(inputs[wrong])}`);
}

const rows = [];
const row = (subject, count, result) => {
  rows.push({ subject, count, ...result });
  console.error(`${subject}, ${count} rules: median ${format(result.medianNs)}, p99 ${format(result.p99Ns)}`);
};

function format(ns) {
  if (ns < 1000) return `${Math.round(ns)} ns`;
  return ns < 1e6 ? `${(ns / 1000).toPrecision(3)} µs` : `${(ns / 1e6).toPrecision(3)} ms`;
}

async function timePeers(kind, rules, inputs, answers, policyOf, inputOf) {
  for (const peer of peers) {
    const ask = await policyOf(peer, rules);
    // A slow engine is asked a part of the questions only; what it is asked has to be right.
    const start = performance.now();
    ask(inputOf(peer, inputs[0]));
    const asked = inputs.slice(0, performance.now() - start > 5 ? 100 : inputs.length);
    agree(peer.title, answers, asked, (input) => ask(inputOf(peer, input)));
    const ready = asked.map((input) => inputOf(peer, input));
    row(
      `${peer.title} — ${kind}`,
      rules.length,
      measure(() => ready, ask),
    );
  }
}

for (const count of sizes) {
  const rules = routeRules(count);
  const policy = core.routePolicy(rules);
  const requests = requestsFor(rules, inputCount);
  const client = core.clientOf(caller);
  const answers = requests.map((request) => core.decide(policy, client, core.requestOf(request)).verdict === 'allowed');
  row(
    'Doorward — request on an open connection',
    count,
    measure(
      () => requests.map(core.requestOf),
      (wanted) => core.decide(policy, client, wanted),
    ),
  );
  row(
    'Doorward — first request of a new connection',
    count,
    measure(
      () => requests.map((request) => ({ client: core.clientOf(caller), wanted: core.requestOf(request) })),
      (input) => core.decide(policy, input.client, input.wanted),
    ),
  );
  row(
    'Doorward — a new policy: its first decision',
    count,
    measure(
      () => Array.from({ length: 5 }, () => core.routePolicy(rules)),
      (fresh) => core.decide(fresh, client, core.requestOf(requests[0])),
    ),
  );
  await timePeers(
    'request',
    rules,
    requests,
    answers,
    (peer, rules) => peer.routes(rules),
    (peer, request) => peer.requestOf(caller, request),
  );
}

for (const count of sizes) {
  const rules = authorizationRules(count);
  const policy = core.authorizationPolicy(rules);
  const callers = clientsFor(rules, inputCount);
  const wanted = { kind: 'connection' };
  const decide = (client) => core.decide(policy, client, wanted);
  const answers = callers.map((who) => decide(core.clientOf(who)).verdict === 'allowed');
  row(
    'Doorward — new connection',
    count,
    measure(() => callers.map(core.clientOf), decide),
  );
  const refused = callers.filter((_, i) => !answers[i]);
  row(
    'Doorward — refused connection, with what came closest',
    count,
    measure(
      () => refused.map(core.clientOf),
      (client) => decide(client).closest,
    ),
  );
  row(
    'Doorward — a new list: its first decision',
    count,
    measure(
      () => Array.from({ length: 5 }, () => core.authorizationPolicy(rules)),
      (fresh) => core.decide(fresh, core.clientOf(callers[0]), wanted),
    ),
  );
  await timePeers(
    'new connection',
    rules,
    callers,
    answers,
    (peer, rules) => peer.authorizations(rules),
    (peer, who) => peer.connectionOf(who),
  );
}

const subjects = [...new Set(rows.map(({ subject }) => subject))];
console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.versions.node}; median · p99 of one decision\n`,
);
console.log(`| | ${sizes.map((size) => `${size.toLocaleString('en')} rules`).join(' | ')} |`);
console.log(`|---|${sizes.map(() => '---').join('|')}|`);
for (const subject of subjects) {
  const cells = sizes.map((size) => {
    const result = rows.find((row) => row.subject === subject && row.count === size);
    return result === undefined ? '' : `${format(result.medianNs)} · ${format(result.p99Ns)}`;
  });
  console.log(`| ${subject} | ${cells.join(' | ')} |`);
}
const mb = (bytes) => `${(Math.max(bytes, 0) / 1e6).toFixed(1)} MB`;
const { routes, authorizations } = memory;
console.log(
  `\nMemory at ${Math.max(...sizes).toLocaleString('en')} rules: routes as they came ${mb(routes.policy)}, compiled ${mb(routes.compiled)} more; ` +
    `a client that asked for every one of them ${mb(routes.client)}. Authorizations as they came ${mb(authorizations.policy)}, ` +
    `compiled ${mb(authorizations.compiled)} more.`,
);
